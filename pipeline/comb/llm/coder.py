"""Code segments with a language model, with a separate question for each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from comb.llm.answers import Answer, by_answers, by_probabilities, codes_in
from comb.llm.asker import Asker
from comb.llm.prompt import Prompt
from comb.llm.questions import Question, Reply, Unanswered, printable


@dataclass(frozen=True)
class Outcome:
    """The outcome for a segment: an answer, which may be "no code", or the reason why there is none."""

    answer: Answer | None
    missing: str = ""


@dataclass(frozen=True)
class Coder:
    """Asks a model for the codes of segments."""

    asker: Asker
    prompt: Prompt
    answers: int = 1
    """Number of answers from which scores are counted, if the server returns no probabilities."""
    rationale: bool = False

    def code(
        self, questions: Sequence[Question], advance: Callable[[int], object] = lambda done: None
    ) -> list[Outcome]:
        """Return the outcome of each question; see ``Asker.each``."""
        return self.asker.each(self._outcome, questions, advance)

    def _outcome(self, question: Question) -> Outcome:
        try:
            answer = self._answer(question)
            if self.rationale and answer.chosen:
                answer = replace(answer, why=self.asker.reply(self.prompt.why(question, answer.chosen), _said))
        except Unanswered as failure:
            return Outcome(None, failure.reason)
        return Outcome(answer)

    def _answer(self, question: Question) -> Answer:
        if self.prompt.scoring == "probabilities":
            return self.asker.reply(question, lambda reply: by_probabilities(reply, self.prompt))
        asked = [question, *(self.prompt.repeated(question, n) for n in range(1, self.answers))]
        found = [self.asker.reply(one, lambda reply: codes_in(reply, self.prompt)) for one in asked]
        return by_answers(found, self.prompt)


def _said(reply: Reply) -> str:
    """Return the reason given by a model. Raises Unanswered if there is none."""
    told = printable(reply.text)
    if not told:
        raise Unanswered("empty answer")
    return told
