"""Let a local language model code the transcripts, as a coder under its own name."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase

import comb
from comb.codings.language_model import LlmRun, coder_name, folder_name
from comb.errors import BadInputError, BadParamsError, NotReadyError
from comb.llm.answers import by_probabilities
from comb.llm.asker import Asker, Effort
from comb.llm.cache import Cache
from comb.llm.coded import as_codings, counts, write_scores
from comb.llm.coder import Coder, Outcome
from comb.llm.prompt import LETTERS, Example, Prompt, Scoring, earlier, read_prompt
from comb.llm.questions import Backend, ModelFacts, NotRunning, Question, Reply, ServerGoneError, Unanswered
from comb.records import Segment, Transcript
from comb.report.reporting_items import many
from comb.stages.listener import Listener
from comb.stages.llm_results import CODINGS, CURRENT, NEW, NEW_SCORES, RUN, SCORES
from comb.stages.loading import read_all
from comb.study.atomic import together
from comb.study.files import need, read_records, write_json, write_record
from comb.study.layout import Study
from comb.transcripts.segment import segment_transcripts

TRIED = 3
"""Segments on which comb tries where scores can come from."""


@dataclass(frozen=True)
class Asked:
    """The segments for a model to code: those of ``data/raw``, then those of ``data/new``."""

    raw: list[Segment]
    new: list[Segment]

    @property
    def all(self) -> list[Segment]:
        """All segments."""
        return [*self.raw, *self.new]


@dataclass(frozen=True)
class Opened:
    """A model that can be asked, with the facts about it."""

    asker: Asker
    prompt: Prompt

    @property
    def facts(self) -> ModelFacts:
        """The facts about the model."""
        return self.asker.facts


def code(study: Study, listener: Listener, *, approved: bool = False) -> LlmRun | None:
    """Code the study's transcripts with its language model; return None if the params name none.

    ``approved`` is the person's confirmation that participants' words may be sent to a server elsewhere.
    """
    if not study.params.llm.model:
        write_json(study.llm / CURRENT, {"folder": ""})
        listener.note(
            "No language model is used: llm.model is empty. To see what runs on this machine: comb llm check."
        )
        return None
    asked = segments_to_code(study, listener)
    with _alone(study), opened(study, listener, asked.all, approved=approved) as model:
        questions = _questions(study, asked, model.prompt, listener)
        coder = Coder(model.asker, model.prompt, study.params.llm.answers, study.params.llm.rationale)
        with listener.progress(f"Asking {model.facts.name}", len(questions)) as advance:
            outcomes = coder.code(questions, advance)
        run = _run(study, model, asked, outcomes)
        _write(study, asked, outcomes, run)
    _tell(run, model.asker, listener)
    return run


def segments_to_code(study: Study, listener: Listener) -> Asked:
    """Return the segments of the transcripts that ``llm.transcripts`` names.

    Raises BadInputError if there are none.
    """
    raw = read_records(need(study.segments, "Run: comb segment."), Segment)
    new = read_all(study, study.new, listener, empty=True)
    there = raw, _cut(study, new)
    asked = Asked(*([segment for segment in part if _wanted(study, segment)] for part in there))
    if not asked.all:
        raise _nothing_to_code(study, sorted({segment.transcript for part in there for segment in part}))
    return asked


def _nothing_to_code(study: Study, ids: Sequence[str]) -> BadInputError:
    if not ids:
        remedy = f"Put transcripts with speech of participants into {study.raw} or {study.new}."
        return BadInputError("the transcripts contain nothing to code", where="data", remedy=remedy)
    remedy = f"Change it in configs/params.yaml. The ids are: {', '.join(ids[:10])}{' …' if len(ids) > 10 else ''}."
    return BadInputError("no transcript has such an id", where="llm.transcripts", remedy=remedy)


@contextmanager
def _alone(study: Study) -> Iterator[None]:
    """Let one command at a time have the model code this study: two would ask for the same segments at once."""
    from filelock import FileLock, Timeout

    study.llm_cache.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(study.llm_cache.with_suffix(".lock"), timeout=0)
    try:
        lock.acquire()
    except Timeout:
        what, remedy = "another comb llm code is running", "Wait until it has ended, or stop it: its answers are kept."
        raise NotReadyError(what, where=str(study.root), remedy=remedy) from None
    try:
        yield
    finally:
        lock.release()


def _cut(study: Study, transcripts: Sequence[Transcript]) -> list[Segment]:
    return segment_transcripts(transcripts, study.params.segment) if transcripts else []


def _wanted(study: Study, segment: Segment) -> bool:
    return any(fnmatchcase(segment.transcript, pattern) for pattern in study.params.llm.transcripts)


@contextmanager
def opened(
    study: Study, listener: Listener, segments: Sequence[Segment], *, approved: bool = False
) -> Iterator[Opened]:
    """Open the study's model; if it is not running, only its earlier answers are available."""
    params = study.params.llm
    with backend_of(study, approved=approved) as backend:
        if not backend.where.endswith("on this machine"):
            listener.note(
                "comb: WHAT PARTICIPANTS SAID IS SENT TO ANOTHER MACHINE "
                f"({params.server}{_unencrypted(params.server)}), as llm.allow_remote and --i-have-approval allow. "
                "This is recorded with the codings."
            )
        cache = Cache(study.llm_cache)
        try:
            backend = _known(study, backend, cache, listener)
            facts = backend.facts()
            effort = Effort(1 if backend.where.startswith("model folder") else params.concurrency, params.retries)
            asker = Asker(backend, cache, facts, effort)
            yield Opened(asker, prompt_of(study, scoring_of(study, asker, segments)))
        finally:
            cache.close()


def _unencrypted(url: str) -> str:
    return "" if url.strip().casefold().startswith("https:") else ", UNENCRYPTED"


@contextmanager
def backend_of(study: Study, *, approved: bool) -> Iterator[Backend]:
    """Open the backend of the study's model: the folder of that name, or the server."""
    from comb.llm.folder import Folder
    from comb.llm.server import open_server

    params = study.params.llm
    if not params.model:
        remedy = "Name a model there. To see what runs on this machine: comb llm check."
        raise BadParamsError("no language model is named", where="configs/params.yaml, llm.model", remedy=remedy)
    folder = study.root / params.model
    if folder.is_dir():
        yield Folder(folder)
        return
    server = open_server(
        params.server,
        params.model,
        params.timeout,
        params.concurrency,
        allow_remote=params.allow_remote,
        approved=approved,
    )
    try:
        yield server
    finally:
        server.close()


def _known(study: Study, backend: Backend, cache: Cache, listener: Listener) -> Backend:
    """Return the backend or, if it is not running, its earlier answers if there are any."""
    asked = f"{study.params.llm.model} {study.params.llm.server}"
    try:
        facts = backend.facts()
    except ServerGoneError:
        recalled = cache.recalled(asked)
        if recalled is None:
            raise
        listener.note("comb: the language model is not running, so only its earlier answers are used.")
        return NotRunning(recalled, backend.where)
    cache.remember(asked, facts)
    return backend


def prompt_of(study: Study, scoring: Scoring) -> Prompt:
    """Read the study's prompt."""
    llm = study.params.llm
    level = study.params.train.level
    return read_prompt(study.prompt, study.codebook, level, scoring=scoring, temperature=llm.temperature, seed=llm.seed)


def scoring_of(study: Study, asker: Asker, segments: Sequence[Segment]) -> Scoring:
    """Return the source of scores; with ``auto``, probabilities if one of the first segments gets usable ones."""
    wanted = study.params.llm.scores
    if wanted != "auto":
        return wanted
    if len(study.codebook.codes_at(study.params.train.level)) >= len(LETTERS):
        return "answers"
    prompt = prompt_of(study, "probabilities")
    tried = []
    for segment in segments[:TRIED]:
        tried.append(_tells_scores(asker, prompt, segment))
        if tried[-1]:
            break
    return "answers" if False in tried and True not in tried else "probabilities"


def _tells_scores(asker: Asker, prompt: Prompt, segment: Segment) -> bool | None:
    """Return whether the reply for a segment contains probabilities of the options; None without a reply."""

    def told(reply: Reply) -> bool:
        try:
            by_probabilities(reply, prompt)
        except Unanswered:
            return False
        return True

    try:
        return asker.reply(prompt.question(segment), told)
    except Unanswered:
        return None


def _questions(study: Study, asked: Asked, prompt: Prompt, listener: Listener) -> list[Question]:
    before = [text for part in (asked.raw, asked.new) for text in earlier(part, study.params.llm.before)]
    examples = _examples(study, asked, prompt, listener)
    return [
        prompt.question(segment, said, shown) for segment, said, shown in zip(asked.all, before, examples, strict=True)
    ]


def _examples(study: Study, asked: Asked, prompt: Prompt, listener: Listener) -> list[list[Example]]:
    """Return what each segment's question shows of other segments: nothing of its own fold, nor of its transcript."""
    if not study.params.llm.examples:
        return [[] for _ in asked.all]
    from comb.stages.llm_examples import examples_for

    return examples_for(study, asked.raw, asked.new, prompt, listener)


def _run(study: Study, model: Opened, asked: Asked, outcomes: Sequence[Outcome]) -> LlmRun:
    params, facts = study.params, model.facts
    coded, empty, missing = counts(outcomes)
    first, last = model.asker.cache.days(model.asker.used)
    return LlmRun(
        coder=coder_name(facts.name),
        model=facts.name,
        digest=facts.digest,
        licence=facts.licence,
        where=model.asker.backend.where,
        prompt=model.prompt.digest,
        scores=model.prompt.scoring,
        temperature=params.llm.temperature,
        seed=params.llm.seed,
        examples=params.llm.examples,
        level=params.train.level or study.codebook.levels[-1],
        codes=model.prompt.codes,
        transcripts=len({segment.transcript for segment in asked.all}),
        segments=len(outcomes),
        coded=coded,
        empty=empty,
        missing=missing,
        first_day=first,
        last_day=last,
        comb=comb.__version__,
    )


def _write(study: Study, asked: Asked, outcomes: Sequence[Outcome], run: LlmRun) -> None:
    from comb.codings.codings_csv import write_codings

    folder = study.llm / folder_name(run.model)
    raw, new = outcomes[: len(asked.raw)], outcomes[len(asked.raw) :]
    with together(study.root):
        for segments, own, codings, scores in ((asked.raw, raw, CODINGS, SCORES), (asked.new, new, NEW, NEW_SCORES)):
            write_codings(folder / codings, as_codings(segments, own, run.codes, run.coder))
            write_scores(folder / scores, segments, own, run.codes)
        write_record(folder / RUN, run)
        write_json(study.llm / CURRENT, {"folder": folder.name})


def _tell(run: LlmRun, asker: Asker, listener: Listener) -> None:
    missing = sum(run.missing.values())
    if len(asker.versions) > 1:
        listener.note(
            f"comb: answers of {len(asker.versions)} versions of the model or its server are mixed: "
            f"{', '.join(sorted(asker.versions))}. To have all from one: delete .comb/llm.sqlite, then comb llm code."
        )
    listener.note(
        f"{run.coder}: {run.segments} segments of {run.transcripts} transcripts: {run.coded} coded, {run.empty} read "
        f"and not coded, {missing} missing; {asker.calls} calls."
    )
    if missing:
        why = ", ".join(f"{reason} {n}" for reason, n in run.missing.items())
        listener.note(
            f"comb: {many(missing, 'segment')} without an answer ({why}): they count as not read, not as read "
            f"without a code. To try again: comb llm code.{_hint(run)}"
        )


def _hint(run: LlmRun) -> str:
    """Return what else may help against the most frequent reason."""
    most = max(run.missing, key=lambda reason: run.missing[reason])
    remedies = {
        "not an option": " If the model answers with anything but a letter, set llm.scores: answers.",
        "no probabilities": " The server returns no probabilities: set llm.scores: answers.",
        "longer than the context": " Give the model a longer context in its server (in Ollama: num_ctx).",
        "time-out": " If the model is slow, raise llm.timeout or lower llm.concurrency.",
        "not running": " Start its server first.",
    }
    return remedies.get(most, "")
