"""Texts on a language model that coded: the disclosure paragraph for a paper, and the card's section.

The disclosure follows published guidance: Törnberg (2024), Best practices for text annotation with large language
models, Sociologica 18(2), 67-85 (model and version, prompt, validation against people's coding); Pangakis, Wolken &
Fasching (2023), Automated annotation with generative AI requires validation, arXiv:2306.00176 (agreement with people
on the study's own texts, before use); Gallifant et al. (2025), The TRIPOD-LLM reporting guideline for studies using
large language models, Nature Medicine 31, 60-69 (version, dates, settings, where texts were processed, human
oversight).
"""

from collections.abc import Sequence

from comb.codings.language_model import LlmRun
from comb.codings.problems import counted
from comb.evaluation.results import Beside, Estimate
from comb.learning.worth import Worth

GUIDANCE = "Törnberg (2024); Pangakis, Wolken & Fasching (2023); TRIPOD-LLM (Gallifant et al. 2025)"


def disclosure_of(run: LlmRun, agreement: str = "") -> str:
    """Write the paragraph that discloses a language model's part in the coding; ``agreement`` is a sentence or empty.

    It states the facts from the study's files, with placeholders in brackets for the researcher to fill in.
    """
    missing = sum(run.missing.values())
    answered = f"{run.segments - missing} of {run.segments}" if missing else f"{run.segments}"
    coded = f"coded {answered} segments of {counted(run.transcripts, 'transcript')}{_when(run)} with comb {run.comb}"
    sentences = (
        f"A language model ({run.model}, {_version(run)}) {coded}, under the coder name {run.coder}.",
        _place(run),
        f"It was asked about one segment at a time and chose from {len(run.codes)} codes at the level '{run.level}' of "
        f"the codebook, at temperature {run.temperature:g}, seed {run.seed}; its scores are {_scores(run)}.",
        f"The prompt (hash {run.prompt}) is in configs/llm-prompt.txt: print it in an appendix.",
        f"{_blind(run)} It wrote no quotations.",
        f"It gave no usable answer for {counted(missing, 'segment')}; these count as not read." if missing else "",
        agreement or "No person coded the same segments, so its agreement with people is not known.",
        "Its codings are never counted as people's; one became a person's coding only when a person accepted it.",
        f"[Add: what its codings were used for, and who decided. Reported following {GUIDANCE}.]",
    )
    return " ".join(filter(None, sentences))


def card_section(run: LlmRun, beside: Beside | None, worth: Sequence[Worth]) -> str:
    """Write the model card's section on a language model."""
    own = next((one for one in worth if one.opinion == run.coder), None)
    lines = [disclosure_of(run, _beside(run, beside)), *_table(beside), _joined(run, own)]
    return "\n".join(lines)


def spread(found: Estimate | None) -> str:
    """Return a figure with its interval in words."""
    if found is None or found.value is None:
        return "undefined"
    interval = f" (95% interval {found.low:.3f} to {found.high:.3f})" if found.low is not None else ""
    return f"{found.value:.3f}{interval}"


def _version(run: LlmRun) -> str:
    told = f"digest {run.digest[:16]}" if run.digest else "version not reported by its server: add it"
    return f"{told}, licence {run.licence}" if run.licence else told


def _when(run: LlmRun) -> str:
    if not run.first_day:
        return ""
    return f" on {run.first_day}" if run.first_day == run.last_day else f" from {run.first_day} to {run.last_day}"


def _place(run: LlmRun) -> str:
    if run.remote:
        return (
            "It ran on ANOTHER MACHINE, to which the segments with their context were sent; the researcher confirmed "
            "that this was approved [add: by whom, and under which agreement]."
        )
    return "It ran on the researchers' own machine; no text was sent elsewhere."


def _scores(run: LlmRun) -> str:
    if run.scores == "probabilities":
        return "the probabilities of the options for the first token of the answer"
    return "shares of repeated answers"


def _blind(run: LlmRun) -> str:
    if run.examples:
        return (
            f"It saw the codebook and, with each segment, {counted(run.examples, 'segment')} coded by people in "
            "transcripts of other folds; it was blind to people's codings of the transcripts on which it is evaluated."
        )
    return "It saw the codebook and was blind to all codings by people."


def _beside(run: LlmRun, found: Beside | None) -> str:
    if found is None or found.coder != run.coder:
        return ""
    reference = (
        f"Its Cohen's kappa with the reference was {spread(found.kappa.get(run.coder))} on {found.segments} segments"
    )
    if not found.with_people:
        return f"{reference}; no two people coded the same segments."
    return (
        f"{reference}. On the {found.shared} of them that two people coded, its mean kappa with people was "
        f"{spread(found.with_people.get(run.coder))}, that between people {spread(found.with_people.get('people'))}."
    )


def _table(found: Beside | None) -> list[str]:
    if found is None:
        return []
    head = ["", "| coder | Cohen's kappa with the reference | difference from comb's classifier |", "|---|---|---|"]
    rows = [f"| {name} | {spread(k)} | {_more(found.from_head.get(name))} |" for name, k in found.kappa.items()]
    return [*head, *rows, ""]


def _more(found: Estimate | None) -> str:
    return "–" if found is None else spread(found)


def _joined(run: LlmRun, own: Worth | None) -> str:
    if run.examples:
        return "Its scores are not used by the classifier, because they depend on coded examples."
    if own is None:
        return "Whether its scores improve the classifier has not been measured: run comb train."
    gain = f"mean logarithmic loss per segment {own.without_it:.4f} without it, {own.with_it:.4f} with it"
    if own.used:
        return f"Its scores are used by the classifier: they improve predictions for held-out transcripts ({gain})."
    return f"Its scores are not used by the classifier: they do not improve held-out predictions enough ({gain})."
