"""Suggestions of a language model: a start before anybody has coded."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from comb.codings.codings_csv import read_codings, read_codings_file
from comb.codings.language_model import LlmRun
from comb.codings.machine import LLM
from comb.codings.problems import counted
from comb.evaluation.code_gate import withheld
from comb.records import UNGATED, Coding, Segment, Suggestion, Transcript
from comb.stages.listener import Listener
from comb.stages.llm_measured import LlmMetrics, measure
from comb.stages.llm_results import CODINGS, NEW, need_run
from comb.study.layout import Study
from comb.study.suggestion_files import read_suggestions, write_suggestions
from comb.transcripts.reader import read_folder
from comb.transcripts.segment import segment_transcripts

UNMEASURED = "not measured"
"""Mark after the model's name if nobody has coded the segments that it coded."""
FORMATS = ("csv", "jsonl")


def suggest(study: Study, listener: Listener, *, ungated: bool = False) -> int:
    """Write suggestions of the language model for transcripts that nobody has coded; return their number.

    If people coded some of its segments, the gate of ``comb evaluate`` decides which codes are suggested; otherwise all
    are, marked as not measured. Suggestions of a trained model stay as they are.
    """
    run, folder = need_run(study)
    metrics = measure(study, run, folder, listener)
    closed = _closed(metrics, run) if metrics else {}
    for code, reason in closed.items():
        listener.note(f"  withheld: {code} ({reason})")
    if metrics is None:
        listener.note(
            f"comb: nobody has coded the segments of {run.coder}, so its agreement with people is unknown. Its "
            "suggestions rest on the codebook alone, and are marked as not measured."
        )
    mark = {code: f" {UNGATED}" for code in closed} if metrics else dict.fromkeys(run.codes, f" {UNMEASURED}")
    texts = _transcripts(study)
    codings = [c for name in (CODINGS, NEW) for c in read_codings_file(folder / name, texts)[0]]
    kept = _open_transcripts(study, texts, {c.transcript for c in codings}, listener)
    speakers = _speakers(study, [texts[name] for name in kept])
    found: dict[str, list[Suggestion]] = {name: [] for name in kept}
    for coding in codings:
        if coding.transcript in kept and coding.code and (ungated or coding.code not in closed):
            found[coding.transcript].append(_suggestion(coding, run, mark.get(coding.code, ""), speakers))
    for name, own in found.items():
        write_suggestions(study.suggestions, name, _ranked(own), FORMATS)
    total = sum(map(len, found.values()))
    listener.note(f"Suggestions of {run.coder}: {total}, for {counted(len(found), 'transcript')} → {study.suggestions}")
    return total


def _closed(metrics: LlmMetrics, run: LlmRun) -> dict[str, str]:
    """Return the codes that are withheld: those that the gate closes, and those that too few segments show."""
    few = (code for code in run.codes if code not in metrics.gate.codes)
    return {**dict.fromkeys(few, "too few segments have it to measure it"), **withheld(metrics.gate)}


def _transcripts(study: Study) -> dict[str, Transcript]:
    folders = (study.new, study.raw)
    read = (read_folder(folder, study.roles, study.params.study.given_encodings)[0] for folder in folders)
    return {transcript.id: transcript for found in read for transcript in found}


def _open_transcripts(study: Study, texts: Mapping[str, Transcript], coded: set[str], listener: Listener) -> list[str]:
    """List the transcripts that the language model makes suggestions for, sorted."""
    people = {c.transcript for c in read_codings(study.codings, texts, study.codebook).codings if not c.by_model}
    others = {item.transcript for item in read_suggestions(study.suggestions) if not item.model.startswith(LLM)}
    if others & coded:
        listener.note(f"comb: suggestions of the trained model stay for: {', '.join(sorted(others & coded))}.")
    return sorted(coded - people - others)


def _speakers(study: Study, transcripts: Sequence[Transcript]) -> dict[tuple[str, int, int], Segment]:
    segments = segment_transcripts(transcripts, study.params.segment) if transcripts else []
    return {(s.transcript, s.start, s.end): s for s in segments}


def _suggestion(coding: Coding, run: LlmRun, mark: str, segments: Mapping[tuple[str, int, int], Segment]) -> Suggestion:
    segment = segments.get((coding.transcript, coding.start, coding.end))
    return Suggestion(
        transcript=coding.transcript,
        start=coding.start,
        end=coding.end,
        speaker=segment.speaker if segment else "",
        text=coding.quote,
        code=coding.code,
        valence="",
        score=round(coding.score or 0.0, 4),
        threshold=0.0,
        rank=0,
        model=f"{run.coder}{mark}",
    )


def _ranked(suggestions: Sequence[Suggestion]) -> list[Suggestion]:
    """Return suggestions in the order of the text, ranked by score within each segment."""
    by_place: dict[tuple[int, int], list[Suggestion]] = defaultdict(list)
    for item in suggestions:
        by_place[item.start, item.end].append(item)
    out = []
    for place in sorted(by_place):
        ordered = sorted(by_place[place], key=lambda item: (-item.score, item.code))
        out += [replace(item, rank=rank) for rank, item in enumerate(ordered, 1)]
    return out
