"""The agreement of coders as tables with notes: printed in the terminal, and part of the HTML and Word reports."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from comb.agreement.interpretation import WARNING, sentence, title
from comb.agreement.results import (
    Agreement,
    Drift,
    Figure,
    HumanMachine,
    MachineAgreement,
    Noninferiority,
    Saturation,
)
from comb.codings.machine import LLM
from comb.codings.problems import counted
from comb.report.number_text import names_of, number, optional, reasons, short, spread, with_interval

FEW = 4
"""Most coders in one column."""
MOST_PAIRS = 15
MOST_LINES = 10
"""Most associations shown."""


@dataclass(frozen=True)
class Block:
    """A table with a title above it and lines below."""

    title: str
    header: Sequence[str] = ()
    rows: list[list[object]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def tables(found: Agreement) -> Iterator[Block]:
    """Yield the tables in reading order."""
    yield _headline(found)
    yield _codes(found)
    if len(found.pairs) > 1:
        yield _pairs(found)
    for block in (_levels, _valence, _passages):
        yield from block(found)
    for machine in found.machine:
        yield _machine(machine)
        yield from _left_out(machine)
    yield from _against(found)
    yield _confusion(found)
    lines = [*_sample_size(found), *_apart(found)]
    yield Block("", notes=lines)
    if found.drift:
        yield _drift(found.drift)
    if found.saturation:
        yield _saturation(found.saturation)
    yield from _associations(found)
    yield Block("", notes=["", *found.notes, *_unanswerable(found), _signature(found)])


def main_kappa(found: Agreement) -> str:
    """Return the key of the kappa to read first: Cohen's for two coders, Fleiss' for more."""
    return "cohen_kappa" if len(found.coders) == 2 else "fleiss_kappa"


def headline(found: Agreement) -> str:
    """Return the key of the coefficient to read first overall: on a scale, alpha of that scale."""
    scale = found.settings.scale
    return main_kappa(found) if scale == "nominal" else f"krippendorff_alpha_{scale}"


def noun(found: Agreement) -> str:
    """Name the units in the plural."""
    return "characters" if found.unit == "character" else f"{found.unit}s"


def at_level(found: Agreement) -> str:
    """Return at which level codes were compared; empty if the codebook has one level only."""
    return f", at level {found.settings.level} of the codebook" if found.levels else ""


def who(found: Agreement) -> str:
    """Name the compared coders: people by name, a model as a model."""
    people = [name for name in found.coders if name not in found.models]
    if len(people) + len(found.models) > MOST_PAIRS:
        return f"{len(found.coders)} coders"
    if not found.models:
        return names_of(people)
    model = "the model" if len(found.models) == 1 else f"{len(found.models)} models"
    return f"{names_of(people)} with {model}" if people else model


def shown(found: Agreement, coder: str) -> str:
    """Name a coder in a column; a model is named as such, and not by its hash."""
    return "model" if found.models == (coder,) else coder


def _headline(found: Agreement) -> Block:
    rows: list[list[object]] = [[title(key), number(figure), spread(figure)] for key, figure in found.overall.items()]
    header: tuple[str, ...] = ("coefficient", "value", "95% interval")
    if any(figure.se is not None for figure in found.overall.values()):
        header = (*header, "analytic SE")
        for row, figure in zip(rows, found.overall.values(), strict=True):
            row.append("" if figure.se is None else f"{figure.se:.3f}")
    name = headline(found)
    where = f" of {found.transcripts} transcripts" if found.transcripts else ""
    head = f"Agreement of {who(found)} on {found.units} {noun(found)}{where}{at_level(found)}"
    titled = {title(key): figure for key, figure in found.overall.items()}
    lines = [*_one_person(found), *reasons(titled), sentence(title(name), found.overall[name]), WARNING]
    if found.settings.coding != "exclusive":
        lines.append(
            "For all codes together, each code is a yes or no for each unit, and observed and expected agreement are "
            "averaged over the codes. So observed agreement is not the share of units that are coded alike."
        )
    return Block(head, header, rows, [*lines, *_errors(found)])


def _one_person(found: Agreement) -> list[str]:
    people = len(found.coders) - len(found.models)
    if not found.models or people != 1:
        return []
    return ["One coder and a model: this is how far the model agrees with one person, not how far people agree."]


def _errors(found: Agreement) -> list[str]:
    """Return what the intervals and standard errors are, and Krippendorff's own interval of alpha."""
    lines = []
    if any(figure.se is not None for figure in found.overall.values()):
        lines.append(
            "The intervals are from a bootstrap over whole transcripts; the analytic SE treats units as independent."
            if found.transcripts
            else "The intervals are from a bootstrap over units; the analytic SE is by the delta method. Both treat "
            "units as independent."
        )
    for name, figure in found.overall.items():
        if figure.krippendorff and name.startswith("krippendorff_alpha"):
            own = figure.krippendorff
            low, high = short(own.low or 0), short(own.high or 0)
            lines.append(
                f"{title(name)}: 95% interval by Krippendorff's own bootstrap, which draws pairs of answers and treats "
                f"them as independent: {low} to {high}."
            )
    return lines


def _codes(found: Agreement) -> Block:
    name = main_kappa(found)
    used = {code: figures for code, figures in found.codes.items() if any(found.use[code].values())}
    few = len(found.coders) <= FEW
    rows: list[list[object]] = []
    for code, figures in used.items():
        counts = found.use[code].values()
        often: object = " / ".join(str(n) for n in counts) if few else sum(counts)
        others = (figures[key] for key in ("gwet_ac1", "krippendorff_alpha", "positive_agreement"))
        rows.append([code, often, number(figures[name]), spread(figures[name]), *map(number, others)])
    by = f"used by {' / '.join(shown(found, coder) for coder in found.coders)}" if few else "used by all"
    header = ("code", by, title(name), "95% interval", "AC1", "alpha", "F1")
    lines = [
        f"“Used by” counts the {noun(found)} to which a coder gave the code. F1 is positive agreement: of all uses of "
        "a code by two coders, the share on which they agree."
    ]
    lines += reasons({code: figures[name] for code, figures in used.items()})
    unused = [code for code in found.codes if code not in used]
    if unused:
        lines.append(f"  {', '.join(unused)}: undefined, because only one category occurs: nobody used the code.")
    return Block("By code", header, rows, lines)


def _pairs(found: Agreement) -> Block:
    keys = ("observed_agreement", "cohen_kappa", "gwet_ac1", "krippendorff_alpha")
    order = sorted(found.pairs.items(), key=lambda item: _or_least(item[1]["cohen_kappa"]))
    rows: list[list[object]] = [
        [pair.replace("|", " and "), *(number(figures[key]) for key in keys), spread(figures["cohen_kappa"])]
        for pair, figures in order[:MOST_PAIRS]
    ]
    lines = reasons({pair: figures["cohen_kappa"] for pair, figures in found.pairs.items()})
    head = "By pair" if len(order) <= MOST_PAIRS else f"By pair, the {MOST_PAIRS} of {len(order)} that agree least"
    return Block(head, ("coders", "observed", "Cohen's kappa", "AC1", "alpha", "95% interval of kappa"), rows, lines)


def _or_least(figure: Figure) -> float:
    return -2 if figure.value is None else figure.value


def _levels(found: Agreement) -> Iterator[Block]:
    if not found.levels:
        return
    name = main_kappa(found)
    rows: list[list[object]] = []
    for level, part in found.levels.items():
        figure, alpha = part.overall[name], part.overall["krippendorff_alpha"]
        rows.append([level, number(figure), spread(figure), number(alpha), part.differ, part.pairs_judged])
    header = ("level", title(name), "95% interval", "alpha", "units coded differently", "units compared")
    top, *_, bottom = found.levels.items()
    within = bottom[1].differ - top[1].differ
    lines = [f"Levels as the codebook names them, from its top level ({top[0]}) to its lowest ({bottom[0]})."]
    if within >= 0:
        differ = f"the units coded differently at level {bottom[0]} ({bottom[1].differ})"
        lines.append(f"Of {differ}, {within} agree at level {top[0]}.")
    yield Block("By level of the codebook", header, rows, lines)


def _valence(found: Agreement) -> Iterator[Block]:
    if found.valence:
        figures = {title(name): figure for name, figure in found.valence.overall.items()}
        rows: list[list[object]] = [[name, number(figure), spread(figure)] for name, figure in figures.items()]
        units = counted(found.valence.units, "unit")
        head = f"Valence, on the {units} to which at least two coders gave a code, whether the same or not"
        lines = [
            "A unit has one valence from each coder, over all codes that the coder gave to it: barrier and facilitator "
            "make both. Having none also counts as an answer: codes that never have a valence raise this agreement."
        ]
        yield Block(head, ("coefficient", "value", "95% interval"), rows, [*lines, *reasons(figures)])


def _passages(found: Agreement) -> Iterator[Block]:
    part = found.passages
    if not part:
        return
    figures = {
        title("unitizing_alpha"): part.overall,
        f"Share of passages with a match (intersection at least {part.share:.0%} of the union)": part.overlap,
        **{title(name): figure for name, figure in part.boundaries.items()},
    }
    rows: list[list[object]] = [[name, number(figure), spread(figure)] for name, figure in figures.items()]
    lines = reasons(figures)
    if part.overlap.value is not None:
        lines.append("For the share of passages with a match, no interval is computed.")
    if part.boundaries:
        lines.append(
            "Boundary similarity (Fournier 2013), Pk (Beeferman et al. 1999) and WindowDiff (Pevzner & Hearst 2002) "
            "compare only where passages begin and end, whatever their codes."
        )
    yield Block(
        "Passages as coders marked them", ("coefficient", "value", "95% interval"), rows, [*lines, part.edition]
    )


def _machine(part: MachineAgreement) -> Block:
    where = f"at level {part.level}, on {part.units} units"
    blind = f"{part.machine}, blind to people's codings,"
    who = blind if part.machine.startswith(LLM) else "The model, on transcripts held out of its training,"
    head = f"{who} compared with people, {where}"
    if part.undefined:
        return Block(head, notes=[f"{head}: {part.undefined}."])
    rows: list[list[object]] = [[title(name), *_three(three)] for name, three in part.overall.items()]
    lines = reasons({title(name): three.difference for name, three in part.overall.items()})
    header = ("coefficient (95% interval)", "between people", "model and people (mean over pairs)", "difference")
    return Block(head, header, rows, [*lines, *_verdict(part.noninferiority)])


def _three(three: HumanMachine) -> list[str]:
    figures = (three.human, three.machine, three.difference)
    return ["undefined" if figure.value is None else f"{short(figure.value)} ({spread(figure)})" for figure in figures]


def noninferiority(found: Noninferiority) -> str:
    """Return the sentence on whether the model agrees with people as people do."""
    states = {"yes": "is at most", "no": "is more than"}.get(found.verdict, "cannot yet be said to be at most")
    margin = short(found.margin)
    return (
        f"Judged by the 95% interval of the difference, the model's kappa with people {states} {margin} below that "
        f"between people (a test of non-inferiority; the margin of {margin} was set by comb, not by the researchers)."
    )


def _verdict(found: Noninferiority | None) -> list[str]:
    if found is None:
        return []
    more = f"About {found.more_units} more double-coded units would decide it." if found.more_units else ""
    return [f"{noninferiority(found)} {more}".strip()]


def _left_out(part: MachineAgreement) -> Iterator[Block]:
    if part.leave_one_out:
        rows: list[list[object]] = [
            [left.coder, with_interval(left.person), with_interval(left.machine)] for left in part.leave_one_out
        ]
        lines = ["Mean Cohen's kappa with all other people, on the same units, with 95% intervals."]
        header = ("person", "this person with the others", "the model with the same others")
        yield Block("Each person compared with the others, and the model in that person's place", header, rows, lines)


def _against(found: Agreement) -> Iterator[Block]:
    if found.against:
        rows: list[list[object]] = [
            [coder, *(number(scores.overall[key]) for key in ("precision", "recall", "f1"))]
            for coder, scores in found.against.coders.items()
        ]
        yield Block(f"Compared with {found.against.reference}", ("coder", "precision", "recall", "F1"), rows)


def _confusion(found: Agreement) -> Block:
    codes, counts = found.confusion.codes, found.confusion.counts
    pairs = [(counts[i][j], codes[i], codes[j]) for i in range(len(codes)) for j in range(i) if counts[i][j]]
    rows: list[list[object]] = [[f"{b} and {a}", n] for n, a, b in sorted(pairs, reverse=True)[:10]]
    lines = ["(none): the other coder gave no code in its place. The two may still agree on other codes of this unit."]
    return Block("Most frequent disagreements", ("code of one coder and of the other", "times"), rows, lines)


def _sample_size(found: Agreement) -> list[str]:
    part = found.sample_size.overall
    if part.half_width is None:
        return [f"Units to double-code for a 95% interval of ± 0.10: {part.undefined}."]
    now = f"the 95% interval of {title(headline(found))} is now about ± {part.half_width:.2f}"
    if not part.more:
        enough = f"For all codes together, enough {noun(found)} are double-coded for a 95% interval of ± 0.10"
        return [f"{enough}: {now}. Single codes may need more."]
    where = f" (about {counted(part.more_transcripts, 'transcript')} more)" if part.more_transcripts is not None else ""
    return [f"For a 95% interval of ± 0.10, double-code about {part.more} more {noun(found)}{where}: {now}."]


def _apart(found: Agreement) -> list[str]:
    if not found.apart:
        return []
    lines = ["Coders, least agreement first (mean Cohen's kappa with the others; alpha without this coder):"]
    return lines + [f"  {row.coder}: {optional(row.mean_kappa)}; {optional(row.alpha_without)}" for row in found.apart]


def _drift(part: Drift) -> Block:
    rows: list[list[object]] = [[row.coder, *map(optional, (*row.codes_per_unit, *row.kappa))] for row in part.coders]
    early, late = (optional(half) for half in part.halves)
    lines = [f"Transcripts in the order of coding: Conger's kappa {early} in the first half, {late} in the second."]
    header = ("coder", "codes per unit, early", "late", "kappa with the others, early", "late")
    return Block("Drift from the first half of the transcripts to the second", header, rows, lines)


def _saturation(part: Saturation) -> Block:
    sizes = sorted({1, 2, part.base, part.base + part.run, *range(10, len(part.curve), 10), len(part.curve)})
    rows: list[list[object]] = [[size, f"{part.curve[size - 1]:.1f}"] for size in sizes if size <= len(part.curve)]
    header = ("transcripts drawn at random", "expected number of different codes")
    whose = (
        "All codings of these coders count here, even those in transcripts that only one of them coded. The command "
        "'comb saturation' counts belief statements, too, and only those codings that the report counts."
    )
    return Block("Saturation", header, rows, [part.reason, whose, part.critics])


def _associations(found: Agreement) -> Iterator[Block]:
    if found.cooccurrence:
        rows: list[list[object]] = [
            [f"{pair.first} and {pair.second}", pair.together, f"{pair.expected:.1f}"]
            for pair in found.cooccurrence[:MOST_LINES]
        ]
        only = f"; the first {MOST_LINES} pairs" if len(found.cooccurrence) > MOST_LINES else ""
        head = f"Codes that one coder gave to the same unit, those furthest above chance first{only}"
        yield Block(head, ("codes", "times, summed over coders", "expected by chance"), rows)
    if found.groups:
        least = sorted(found.groups, key=lambda item: item.p)[:MOST_LINES]
        rows = [
            [
                f"{item.code}, by {item.attribute}",
                "; ".join(f"{group} {share:.0%}" for group, share in item.shares.items()),
                f"{item.p:.3f}",
                f"{item.smallest_expected:.1f}",
            ]
            for item in least
        ]
        lines = [
            f"Tests made: {len(found.groups)}; those with the smallest p are shown. p is from a permutation test of "
            "the chi-squared statistic and is not corrected for the number of tests: without any difference, one in "
            "twenty would be below .05."
        ]
        header = ("code, by group", "share of transcripts", "p", "smallest expected count")
        yield Block("Codes by group of transcripts", header, rows, lines)


def _unanswerable(found: Agreement) -> list[str]:
    if not found.unanswerable:
        return []
    return ["What these data cannot answer:", *(f"  {line}" for line in found.unanswerable)]


def _signature(found: Agreement) -> str:
    settings = found.settings
    return f"Intervals: {settings.interval} over {settings.resampled}, {settings.bootstrap} replicates, seed " + (
        f"{settings.seed}; comb {settings.versions['comb']}; settings {settings.signature}."
    )
