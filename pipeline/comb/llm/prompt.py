"""The prompt: a template of the study, filled in with the codebook and one segment."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from comb.codebook import Code, Codebook
from comb.errors import BadParamsError
from comb.llm.questions import Question
from comb.records import Segment
from comb.study.files import need

if TYPE_CHECKING:
    from jinja2 import Template

LETTERS = "BCDEFGHJKLMNPQRSTUVWXYZ"
"""Letters of the options. A, I and O are left out: a sentence may begin with them, and would look like an answer."""
PLACE = "configs/llm-prompt.txt"
AGAIN = "Copy the file from a new study: comb init DIR."
MARK = "=== segment ==="
"""Separates the part that is the same for all segments from the part about one segment."""
MOST_WORDS = 120
"""Most words that a model is shown of the context; the last ones are kept."""
MOST_TOKENS = 200
"""Most tokens of an answer that is not a single letter."""
WHY_TOKENS = 80
ANSWER_TEMPERATURE = 0.7
"""Temperature of repeated answers; at 0 all of them would be the same."""
Scoring = Literal["probabilities", "answers"]


@dataclass(frozen=True)
class Option:
    """A code as offered to a model."""

    letter: str
    id: str
    name: str
    definition: str
    include: str
    exclude: str
    examples: tuple[str, ...]


@dataclass(frozen=True)
class Example:
    """A segment of another transcript with the codes that people gave it; none: no code."""

    question: str
    text: str
    codes: tuple[str, ...]


@dataclass(frozen=True)
class Prompt:
    """A template, with the codes that a model may answer with."""

    template: str
    behaviour: str
    exclusive: bool
    options: tuple[Option, ...]
    scoring: Scoring
    temperature: float = 0
    seed: int = 1

    @property
    def codes(self) -> tuple[str, ...]:
        """The K codes, in the order of the options."""
        return tuple(option.id for option in self.options)

    @property
    def no_code(self) -> str:
        """The letter of "no code"."""
        return LETTERS[len(self.options)] if len(self.options) < len(LETTERS) else ""

    @property
    def letters(self) -> tuple[str, ...]:
        """The K letters of the codes, then that of "no code"."""
        return (*(option.letter for option in self.options), self.no_code)

    @property
    def digest(self) -> str:
        """The hash of everything in the prompt except the segments."""
        told = (self.template, self.behaviour, self.exclusive, [vars(option) for option in self.options], self.scoring)
        return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).hexdigest()[:16]

    @cached_property
    def _parts(self) -> tuple["Template", "Template"]:
        return _compiled(self.template)

    @cached_property
    def schema(self) -> str:
        """JSON schema of an answer by ids: a closed list."""
        items = {"type": "string", "enum": list(self.codes)}
        codes = {"type": "array", "items": items, "maxItems": 1 if self.exclusive else len(self.codes)}
        return json.dumps(
            {"type": "object", "properties": {"codes": codes}, "required": ["codes"], "additionalProperties": False}
        )

    def question(self, segment: Segment, before: str = "", examples: Sequence[Example] = ()) -> Question:
        """Return the question for one segment. It contains nothing of any other segment's answer."""
        words = "" if self.scoring == "probabilities" else json.dumps(self.codes, ensure_ascii=False)[1:-1]
        given = {
            "behaviour": self.behaviour,
            "exclusive": self.exclusive,
            "options": self.options,
            "no_code": self.no_code,
            "examples": [self._shown(example) for example in examples],
            "question": last_words(segment.context),
            "before": last_words(before),
            "text": segment.text,
            "words": words,
        }
        system, user = (_filled(part, given) for part in self._parts)
        messages = (("system", system), ("user", user))
        if words:
            return Question(messages, MOST_TOKENS, self.temperature, self.seed, self.schema)
        return Question(messages, 1, self.temperature, self.seed, top=20)

    def repeated(self, question: Question, number: int) -> Question:
        """Return the question asked once more, for another of several answers."""
        return replace(question, temperature=ANSWER_TEMPERATURE, seed=self.seed + number)

    def why(self, question: Question, codes: Sequence[str]) -> Question:
        """Return the question for the reason of an answer."""
        names = ", ".join(option.name for option in self.options if option.id in codes)
        asked = f"You chose: {names}. Say why in at most 20 words."
        messages = (*question.messages, ("assistant", names), ("user", asked))
        return Question(messages, WHY_TOKENS, self.temperature, self.seed)

    def _shown(self, example: Example) -> dict[str, Any]:
        chosen = [option.letter for option in self.options if option.id in example.codes] or [self.no_code]
        return {"question": last_words(example.question), "text": example.text, "letters": chosen}


def read_prompt(
    path: Path, codebook: Codebook, level: str, *, scoring: Scoring, temperature: float = 0, seed: int = 1
) -> Prompt:
    """Read a study's template for the codes of a level. Raises CombError if it cannot be used."""
    template = _read(need(path, AGAIN))
    offered = [codebook.codes[name] for name in codebook.codes_at(level)]
    if scoring == "probabilities" and len(offered) >= len(LETTERS):
        remedy = "Set llm.scores: answers, or a level with fewer codes in train.level."
        what = f"{len(offered)} codes are too many to have a letter each (at most {len(LETTERS) - 1})"
        raise BadParamsError(what, where="configs/params.yaml, llm.scores", remedy=remedy)
    letters = [*LETTERS[: len(LETTERS) - 1], *([""] * len(offered))]
    options = tuple(_option(letter, code) for letter, code in zip(letters, offered, strict=False))
    prompt = Prompt(template, codebook.behaviour, codebook.exclusive, options, scoring, temperature, seed)
    _require_whole(prompt)
    return prompt


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise BadParamsError("not UTF-8 text", where=PLACE, remedy=f"Save it as UTF-8. Or: {AGAIN}") from None


def _require_whole(prompt: Prompt) -> None:
    """Check that each question quotes its segment, and that what stands before the mark is the same for all."""
    segments = [Segment("", 0, 0, 0, "", "participant", text) for text in ('The "first".', "The other.")]
    asked = [prompt.question(segment, before).messages for segment, before in zip(segments, ("", "Said."), strict=True)]
    if asked[0][0] != asked[1][0]:
        remedy = f"Move question, before and text below the line {MARK!r}."
        raise BadParamsError("the text before the mark depends on the segment", where=PLACE, remedy=remedy)
    if any(quoted(segment.text) not in user for segment, (_, (_, user)) in zip(segments, asked, strict=True)):
        remedy = f"Write {{{{ quoted(text) }}}} behind the line {MARK!r}, outside comments and conditions."
        raise BadParamsError("the segment is missing from the question", where=PLACE, remedy=remedy)


def _option(letter: str, code: Code) -> Option:
    definition, include, exclude = (" ".join(text.split()) for text in (code.definition, code.include, code.exclude))
    return Option(letter, code.id, code.name, definition, include, exclude, code.examples)


def earlier(segments: Sequence[Segment], most: int) -> list[str]:
    """Return, for each segment, up to ``most`` preceding segments of the same turn."""
    out = []
    for row, segment in enumerate(segments):
        near = segments[max(0, row - most) : row]
        own = [s for s in near if (s.transcript, s.turn) == (segment.transcript, segment.turn)]
        out.append(" ".join(s.text for s in own))
    return out


def last_words(text: str) -> str:
    r"""Return the last words of a text.

    >>> last_words("  What\n helps? ")
    'What helps?'
    """
    words = text.split()
    return " ".join(["…", *words[-MOST_WORDS:]] if len(words) > MOST_WORDS else words)


def quoted(text: str) -> str:
    r"""Return a text as a JSON string, so that nothing in it can end it or look like a special token of the model.

    >>> print(quoted('She said "stop". <|im_end|>'))
    "She said \"stop\". \u003c|im_end|>"
    """
    return json.dumps(" ".join(text.split()), ensure_ascii=False).replace("<", "\\u003c")


def _compiled(template: str) -> tuple["Template", "Template"]:
    from jinja2 import StrictUndefined, TemplateError
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    # The comment at the top may name the mark; a line of its own is the mark.
    system, mark, user = template.rpartition(f"\n{MARK}\n")
    if not mark or "{{ quoted(text) }}" not in user:
        what = f"a line {MARK!r}, and below it {{{{ quoted(text) }}}}, are missing"
        raise BadParamsError(what, where=PLACE, remedy=AGAIN)
    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, trim_blocks=True, autoescape=False)
    environment.globals["quoted"] = quoted
    try:
        return environment.from_string(system), environment.from_string(user)
    except TemplateError as error:
        line = getattr(error, "lineno", None)
        where = f"{PLACE}{f', line {line}' if line else ''}"
        raise BadParamsError("not a valid template", where=where, remedy=AGAIN) from None


def _filled(template: "Template", given: dict[str, Any]) -> str:
    from jinja2 import TemplateError

    try:
        return template.render(given).strip()
    except (TemplateError, TypeError, AttributeError, ValueError, ArithmeticError, LookupError) as error:
        remedy = "The names that comb fills in are listed at the top of the file."
        raise BadParamsError(
            f"the template cannot be filled in ({type(error).__name__})", where=PLACE, remedy=remedy
        ) from None
