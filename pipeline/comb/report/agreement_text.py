"""The words of an agreement report: the methods paragraph, the disclosure of a model, and the reporting checklists."""

from collections.abc import Sequence

from comb.agreement.interpretation import title
from comb.agreement.results import Agreement, ModelFacts
from comb.codings.machine import LLM
from comb.codings.problems import counted
from comb.report.blocks import headline, noninferiority, noun
from comb.report.llm_text import disclosure_of
from comb.report.number_text import names_of, with_interval

FOR_RESEARCHER = "to be completed by the researcher"
"""What stands in a checklist where the study does not contain the answer."""
Item = tuple[str, str, str]
"""Number, name and answer."""


def methods(found: Agreement) -> str:
    """Write the paragraph on agreement for a paper's methods and results; it claims nothing beyond the study's data."""
    settings, kappa = found.settings, headline(found)
    where = f" from {counted(found.transcripts, 'transcript')}" if found.transcripts else ""
    level = f" at the level '{settings.level}' of the codebook" if settings.level else ""
    kind = "with one code for each" if settings.coding == "exclusive" else "with any number of codes for each"
    pooled = (
        ""
        if settings.coding == "exclusive"
        else " These figures are pooled: observed and expected agreement were averaged over the codes, then corrected "
        "for chance (De Vries et al., 2008)."
    )
    scale = (
        ""
        if settings.scale == "nominal"
        else f" Codes were treated as {'ranks' if settings.scale == 'ordinal' else settings.scale + ' data'}."
    )
    parts = [
        f"{_who_coded(found)} {found.units} {noun(found)}{where}{level}, {kind}.{scale}",
        f"{title(kappa)} was {with_interval(found.overall[kappa], level=True)}.",
        f"Gwet's AC1 was {with_interval(found.overall['gwet_ac1'])}, Krippendorff's alpha"
        f" {with_interval(found.overall['krippendorff_alpha'])}, observed agreement"
        f" {with_interval(found.overall['observed_agreement'])}.{pooled}",
        *_valence(found),
        *_machine(found),
        f"Values in parentheses are 95% percentile bootstrap intervals over {settings.resampled}"
        f" ({settings.bootstrap:,} replicates, seed {settings.seed}).",
        f"Agreement was computed with comb {settings.versions['comb']} (settings {settings.signature}).",
    ]
    return " ".join(parts)


def _who_coded(found: Agreement) -> str:
    people = [name for name in found.coders if name not in found.models]
    if not found.models:
        return f"Codings by {len(people)} coders were compared on"
    model = _models(found.models)
    if len(people) == 1:
        return f"One coder's codes were compared with {model} (this is not agreement between people) on"
    return f"{len(people)} coders and {model} were compared on"


def _models(models: Sequence[str]) -> str:
    """Name what models did: held-out suggestions of classifiers, codes of language models that saw no coding."""
    language = [name for name in models if name.startswith(LLM)]
    held_out = len(models) - len(language)
    said = ["a model's held-out suggestions" if held_out == 1 else "held-out suggestions of models"] if held_out else []
    return " and ".join([*said, *(f"the codes of {name}" for name in language)])


def _valence(found: Agreement) -> list[str]:
    if not found.valence:
        return []
    return [
        "These values are for codes. For the valence of a unit (barrier, facilitator, both or none, over all codes "
        "that a coder gave to it), Krippendorff's alpha was "
        f"{with_interval(found.valence.overall['krippendorff_alpha'])}, on the "
        f"{counted(found.valence.units, 'unit')} to which at least two coders gave a code."
    ]


def _machine(found: Agreement) -> list[str]:
    lines = []
    for part in found.machine:
        three = part.overall.get("cohen_kappa")
        if three is None:
            continue
        at = f" at the level '{part.level}'" if part.level else ""
        lines.append(
            f"{_how_it_judged(part.machine)}, Cohen's kappa{at} was {with_interval(three.human)} between people and "
            f"{with_interval(three.machine)} between the model and people (mean over pairs) on the same {part.units} "
            f"units; difference {with_interval(three.difference)}."
        )
        if part.noninferiority:
            lines.append(noninferiority(part.noninferiority))
    return lines


def _how_it_judged(machine: str) -> str:
    if machine.startswith(LLM):
        return f"With {machine} blind to people's codings"
    return "On transcripts held out of the model's training"


def independence(found: Agreement) -> str:
    """Return a sentence on what the figures cannot show about the coders' work."""
    if len(found.coders) - len(found.models) < 2:
        return "A second person's coding of some transcripts would show how far people agree."
    return (
        "Every coder other than the models named here counts as a person. The figures do not show who coded, or "
        "whether the coders worked independently: state both in the paper."
    )


def disclosure(found: Agreement) -> str:
    """Write the paragraphs that disclose the part of models in the coding; empty if they had none."""
    paragraphs = [_classifier(found, found.model_facts)]
    paragraphs += [disclosure_of(run, agreement_of(found, run.coder)) for run in found.language_models]
    return "\n\n".join(filter(None, paragraphs))


def agreement_of(found: Agreement, coder: str) -> str:
    """Return a sentence on a language model's agreement with people; empty if they were not compared."""
    for part in found.machine:
        if part.machine == coder and "cohen_kappa" in part.overall:
            three = part.overall["cohen_kappa"]
            return (
                f"Its Cohen's kappa with people was {with_interval(three.machine, level=True)}, that between people "
                f"{with_interval(three.human)}, on the same {part.units} units."
            )
    pairs = {pair: figures["cohen_kappa"] for pair, figures in found.pairs.items() if coder in pair.split("|")}
    told = [f"{pair.replace('|', ' and ')} {with_interval(kappa)}" for pair, kappa in pairs.items()]
    return f"Cohen's kappa: {'; '.join(told)}." if told else ""


def _classifier(found: Agreement, facts: ModelFacts | None) -> str:
    """Write the paragraph on the classifier; empty if there was none.

    It covers what journals and guidance on AI-assisted coding ask for: the tool and its version, what it was trained
    on, what it did not see, what it was used for, and who decided.
    """
    if facts is None:
        return ""
    trained = f"{facts.segments} segments of {counted(facts.transcripts, 'coded transcript')}"
    scheme = f"{facts.folds}-fold cross-validation by transcript" if facts.folds else "whole transcripts held out"
    return (
        f"A supervised text classifier (comb {found.settings.versions['comb']}, model {facts.id}, encoder "
        f"{facts.encoder}) was trained on {trained}, at the level '{facts.level}' of the codebook, on the "
        "researchers' own machine; no text was sent elsewhere. It is not a generative language model. For each figure "
        f"reported here, the model had not been trained on the transcript in question ({scheme}); it was not blind to "
        "the codebook or to the coders' codings of other transcripts. Suggestions became codings only when a person "
        "accepted them. [Add: the date of training, what suggestions were used for, and who decided.]"
    )


def coreq(found: Agreement) -> list[Item]:
    """Fill the 32 items of COREQ where the study contains the answer.

    Source: Tong, Sainsbury & Craig (2007), International Journal for Quality in Health Care 19(6).
    """
    answers = _answers(found)
    known = {12: answers["sample"], 24: answers["coders"], 25: answers["tree"], 27: answers["software"]}
    return [(str(n), name, known.get(n) or FOR_RESEARCHER) for n, name in enumerate(COREQ, 1)]


def srqr(found: Agreement) -> list[Item]:
    """Fill the 21 items of SRQR where the study contains the answer.

    Source: O'Brien, Harris, Beckman, Reed & Cook (2014), Academic Medicine 89(9).
    """
    answers = _answers(found)
    known = {12: answers["sample"], 13: answers["processing"], 14: answers["tree"], 15: answers["trust"]}
    return [(f"S{n}", name, known.get(n) or FOR_RESEARCHER) for n, name in enumerate(SRQR, 1)]


def _answers(found: Agreement) -> dict[str, str]:
    people = [name for name in found.coders if name not in found.models]
    beside = " The model that was compared with them is not counted." if found.models or found.machine else ""
    kappa = headline(found)
    sample = f"{counted(found.transcripts, 'transcript')} coded by two or more coders" if found.transcripts else ""
    version = found.settings.versions["comb"]
    return {
        "sample": f"{sample} ({found.units} {noun(found)}); the number of participants is {FOR_RESEARCHER}."
        if sample
        else "",
        "coders": f"{len(people)} ({names_of(people)}).{beside}" if people else f"None; a model only.{beside}",
        "tree": f"{counted(len(found.codes_used), 'code')} in use; add the codebook as a supplement.",
        "software": f"comb {version}.",
        "processing": f"Transcripts were divided into {noun(found)} with comb {version}.",
        "trust": f"Double coding: {title(kappa)} {with_interval(found.overall[kappa], level=True)}."
        if len(people) > 1
        else "",
    }


COREQ: Sequence[str] = (
    "Interviewer or facilitator", "Credentials", "Occupation", "Gender", "Experience and training",
    "Relationship established", "Participant knowledge of the interviewer", "Interviewer characteristics",
    "Methodological orientation and theory", "Sampling", "Method of approach", "Sample size", "Non-participation",
    "Setting of data collection", "Presence of non-participants", "Description of sample", "Interview guide",
    "Repeat interviews", "Audio or visual recording", "Field notes", "Duration", "Data saturation",
    "Transcripts returned", "Number of data coders", "Description of the coding tree", "Derivation of themes",
    "Software", "Participant checking", "Quotations presented", "Data and findings consistent",
    "Clarity of major themes", "Clarity of minor themes",
)  # fmt: skip
SRQR: Sequence[str] = (
    "Title", "Abstract", "Problem formulation", "Purpose or research question",
    "Qualitative approach and research paradigm", "Researcher characteristics and reflexivity", "Context",
    "Sampling strategy", "Ethical issues pertaining to human subjects", "Data collection methods",
    "Data collection instruments and technologies", "Units of study", "Data processing", "Data analysis",
    "Techniques to enhance trustworthiness", "Synthesis and interpretation", "Links to empirical data",
    "Integration with prior work, implications, transferability and contributions", "Limitations",
    "Conflicts of interest", "Funding",
)  # fmt: skip
