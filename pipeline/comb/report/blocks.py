"""The agreement dictionary as tables with notes: printed in the terminal, and part of the HTML report."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from comb.agreement.interpretation import TITLES, WARNING, sentence

Block = tuple[str, Sequence[str], list[list[object]], list[str]]
"""Title, header, rows, and lines below the table."""
FEW = 4
"""Coders that one column has room for."""
MOST_PAIRS = 15


def tables(found: Mapping[str, Any]) -> Iterator[Block]:
    """Give the tables in the order of reading."""
    yield _headline(found)
    yield _codes(found)
    if len(found["pairs"]) > 1:
        yield _pairs(found)
    for block in (_levels, _valence, _passages):
        yield from block(found)
    for machine in found.get("machine") or ():
        yield _machine(machine)
    yield from _against(found)
    yield _confusion(found)
    yield "", (), [], [*_sample_size(found), *_apart(found), *_drift(found), "", *found["notes"], _signature(found)]


def spread(figure: Mapping[str, Any]) -> str:
    """Write an interval, or that there is none."""
    low, high = figure.get("low"), figure.get("high")
    return f"{short(low)} to {short(high)}" if low is not None and high is not None else "none"


def short(value: float) -> str:
    """Write a value with two decimals, never -0.00."""
    return f"{round(value, 2) + 0.0:.2f}"


def number(figure: Mapping[str, Any]) -> str:
    """Write a value, or that it is undefined."""
    return short(figure["value"]) if "value" in figure else "undefined"


def reasons(figures: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Say why figures are undefined, those with one reason together."""
    why: dict[str, list[str]] = defaultdict(list)
    for name, figure in figures.items():
        if "undefined" in figure:
            why[figure["undefined"]].append(name)
        elif "interval" in figure:
            why[f"interval {figure['interval']}"].append(name)
    return [f"  {', '.join(names)}: {text}." for text, names in why.items()]


def main_kappa(found: Mapping[str, Any]) -> str:
    """Name the kappa to read first: Cohen's for two coders, Fleiss' for more."""
    return "cohen_kappa" if len(found["coders"]) == 2 else "fleiss_kappa"


def _headline(found: Mapping[str, Any]) -> Block:
    rows: list[list[object]] = []
    for name, figure in found["overall"].items():
        error = f"{figure['se']:.3f}" if "se" in figure else ""
        rows.append([TITLES[name], number(figure), spread(figure) if "value" in figure else "", error])
    name = main_kappa(found)
    noun = "characters" if found["unit"] == "character" else f"{found['unit']}s"
    where = f" of {found['transcripts']} transcripts" if found["transcripts"] else ""
    coders = found["coders"]
    who = ", ".join(coders) if len(coders) <= MOST_PAIRS else f"{len(coders)} coders"
    title = f"Agreement of {who} on {found['units']} {noun}{where}"
    titled = {TITLES[key]: figure for key, figure in found["overall"].items()}
    lines = [*reasons(titled), sentence(TITLES[name], found["overall"][name]), WARNING]
    return title, ("coefficient", "value", "95% interval", "analytic SE"), rows, lines


def _codes(found: Mapping[str, Any]) -> Block:
    name = main_kappa(found)
    used = {code: figures for code, figures in found["codes"].items() if any(found["use"][code].values())}
    few = len(found["coders"]) <= FEW
    rows: list[list[object]] = [
        [
            code,
            " / ".join(str(n) for n in found["use"][code].values()) if few else sum(found["use"][code].values()),
            *(number(figures[key]) for key in (name,)),
            spread(figures[name]) if "value" in figures[name] else "",
            *(number(figures[key]) for key in ("gwet_ac1", "krippendorff_alpha", "positive_agreement")),
        ]
        for code, figures in used.items()
    ]
    who = f"used by {' / '.join(found['coders'])}" if few else "used by all"
    header = ("code", who, TITLES[name], "95% interval", "AC1", "alpha", "F1")
    lines = reasons({code: figures[name] for code, figures in used.items()})
    unused = [code for code in found["codes"] if code not in used]
    if unused:
        lines.append(f"  {', '.join(unused)}: undefined, because only one category occurs: nobody used the code.")
    return "By code", header, rows, lines


def _pairs(found: Mapping[str, Any]) -> Block:
    keys = ("observed_agreement", "cohen_kappa", "gwet_ac1", "krippendorff_alpha")
    rows: list[list[object]] = []
    order = sorted(found["pairs"].items(), key=lambda item: item[1]["cohen_kappa"].get("value", -2))
    for pair, figures in order[:MOST_PAIRS]:
        kappa = figures["cohen_kappa"]
        cells = [number(figures[key]) for key in keys]
        rows.append([pair.replace("|", " and "), *cells, spread(kappa) if "value" in kappa else ""])
    lines = reasons({pair: figures["cohen_kappa"] for pair, figures in found["pairs"].items()})
    title = "By pair" if len(order) <= MOST_PAIRS else f"By pair, the {MOST_PAIRS} of {len(order)} that agree least"
    return title, ("coders", "observed", "Cohen's kappa", "AC1", "alpha", "95% interval of kappa"), rows, lines


def _levels(found: Mapping[str, Any]) -> Iterator[Block]:
    if not found.get("levels"):
        return
    name = main_kappa(found)
    rows: list[list[object]] = []
    for level, part in found["levels"].items():
        figure = part["overall"][name]
        cells = [number(figure), spread(figure) if "value" in figure else ""]
        rows.append(
            [level, *cells, number(part["overall"]["krippendorff_alpha"]), part["differ"], part["pairs_judged"]]
        )
    header = ("level", TITLES[name], "95% interval", "alpha", "judged differently", "of")
    top, *_, bottom = found["levels"].items()
    within = bottom[1]["differ"] - top[1]["differ"]
    lines = [f"Of {bottom[1]['differ']} differences at level {bottom[0]}, {within} agree at level {top[0]}."]
    yield "By level of the codebook", header, rows, lines if within >= 0 else []


def _valence(found: Mapping[str, Any]) -> Iterator[Block]:
    part = found.get("valence")
    if part:
        figures = {TITLES[name]: figure for name, figure in part["overall"].items()}
        rows: list[list[object]] = [
            [name, number(figure), spread(figure) if "value" in figure else ""] for name, figure in figures.items()
        ]
        title = f"Valence, on the {part['units']} units where two coders put a code"
        yield title, ("coefficient", "value", "95% interval"), rows, reasons(figures)


def _passages(found: Mapping[str, Any]) -> Iterator[Block]:
    part = found.get("passages")
    if part:
        alpha, overlap = part["overall"], part["overlap"]
        lines = ["Passages as coders marked them:"]
        lines.append(f"  Krippendorff's alpha for unitizing: {_words(alpha)}")
        lines.append(f"  Passages with a partner that overlaps by {part['share']:.0%}: {_words(overlap)}")
        yield "", (), [], lines


def _words(figure: Mapping[str, Any]) -> str:
    if "value" not in figure:
        return str(figure["undefined"])
    return f"{figure['value']:.2f}" + (f" ({spread(figure)})" if figure.get("low") is not None else "")


def _machine(part: Mapping[str, Any]) -> Block:
    where = f"at level {part['level']}, on {part['units']} units"
    title = f"The machine ({part['machine']}, held out) beside the people, {where}"
    if "undefined" in part:
        return title, (), [], [f"{title}: {part['undefined']}."]
    rows: list[list[object]] = []
    for name, three in part["overall"].items():
        cells = [f"{number(f)} ({spread(f)})" if "value" in f else "undefined" for f in three.values()]
        rows.append([TITLES[name], *cells])
    lines = reasons({TITLES[name]: three["difference"] for name, three in part["overall"].items()})
    return title, ("coefficient", "people with people", "machine with people", "difference"), rows, lines


def _against(found: Mapping[str, Any]) -> Iterator[Block]:
    part = found.get("against")
    if part:
        rows: list[list[object]] = [
            [coder, *(number(figures["overall"][key]) for key in ("precision", "recall", "f1"))]
            for coder, figures in part["coders"].items()
        ]
        yield f"Against {part['reference']}", ("coder", "precision", "recall", "F1"), rows, []


def _confusion(found: Mapping[str, Any]) -> Block:
    codes, counts = found["confusion"]["codes"], found["confusion"]["counts"]
    pairs = [(counts[i][j], codes[i], codes[j]) for i in range(len(codes)) for j in range(i) if counts[i][j]]
    rows: list[list[object]] = [[f"{b} and {a}", n] for n, a, b in sorted(pairs, reverse=True)[:10]]
    return "Codes taken for one another", ("one coder and the other", "times"), rows, []


def _sample_size(found: Mapping[str, Any]) -> list[str]:
    part = found["sample_size"]["overall"]
    if "undefined" in part:
        return [f"Units to code twice for ± 0.10: {part['undefined']}."]
    now = f"the interval is now ± {part['half_width']:.2f}"
    if not part["more"]:
        return [f"Enough is coded twice for ± 0.10: {now}."]
    where = f" (about {part['more_transcripts']} more transcripts)" if "more_transcripts" in part else ""
    return [f"For ± 0.10, code about {part['more']} more {found['unit']}s twice{where}; {now}."]


def _apart(found: Mapping[str, Any]) -> list[str]:
    if not found["apart"]:
        return []
    lines = ["Coders, those who stand apart first (mean kappa with the others; alpha without this coder):"]
    for row in found["apart"]:
        cells = ["undefined" if row[key] is None else f"{row[key]:.2f}" for key in ("mean_kappa", "alpha_without")]
        lines.append(f"  {row['coder']}: {'; '.join(cells)}")
    return lines


def _drift(found: Mapping[str, Any]) -> list[str]:
    part = found.get("drift")
    if not part:
        return []
    early, late = ("undefined" if half is None else f"{half:.2f}" for half in part["halves"])
    return [f"Over transcripts in coding order: kappa {early} in the first half, {late} in the second."]


def _signature(found: Mapping[str, Any]) -> str:
    settings = found["settings"]
    return f"{settings['interval']} over {settings['resampled']}, {settings['bootstrap']} replicates, seed " + (
        f"{settings['seed']}; comb {settings['versions']['comb']}; settings {settings['signature']}."
    )
