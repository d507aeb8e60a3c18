"""The agreement report: one HTML file that needs nothing beside it."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from comb.agreement.interpretation import TDF_BAR, TDF_NOTE, TITLES, WARNING, sentence
from comb.agreement.multi_rater import ORDER
from comb.report import figures, page
from comb.report.blocks import main_kappa, number, short, tables

PRIVATE = ("text", "memo")
"""Columns of the disagreement list that hold participants' or coders' words."""


def render(
    found: Mapping[str, Any], header: Sequence[str], rows: Sequence[Sequence[object]], *, quotes: bool = True
) -> str:
    """Write the report; ``header`` and ``rows`` are the disagreement list, shown without words unless ``quotes``."""
    from markupsafe import Markup

    kappa = main_kappa(found)
    headline, *blocks = tables(found)
    drawn = {code: part[kappa] for code, part in found["codes"].items()}
    shown = [at for at, name in enumerate(header) if _is_shown(name, quotes=quotes)]
    drift = found.get("drift")
    return page.render(
        "agreement.html.j2",
        page.part("base.css") + page.part("agreement.css"),
        coders=_and(found["coders"]),
        reading=sentence(TITLES[kappa], found["overall"][kappa]),
        unit_note=found["notes"][0],
        warning=WARNING,
        tdf_note=TDF_NOTE,
        bar=TDF_BAR,
        kappa_name=TITLES[kappa],
        headline=headline,
        blocks=blocks,
        forest=Markup(figures.forest(drawn, TDF_BAR)),  # noqa: S704  (names are escaped where they are drawn)
        heat=Markup(_heat(found)) if len(found["coders"]) > 2 else "",  # noqa: S704
        confusion=Markup(figures.confusion(**found["confusion"])),  # noqa: S704
        drift=Markup(figures.drift(drift["transcripts"])) if drift else "",  # noqa: S704
        sizes={"overall": found["sample_size"]["overall"], **found["sample_size"]["codes"]},
        coefficient_names=[TITLES[name] for name in ORDER],
        coefficients={code: [_whole(part[name]) for name in ORDER] for code, part in found["codes"].items()},
        methods=methods(found),
        coreq=coreq(found),
        quotes=quotes,
        list_header=[header[at] for at in shown],
        listed=[[row[at] for at in shown] for row in rows],
        settings={name: _plain(value) for name, value in found["settings"].items()},
        signature=found["settings"]["signature"],
    )


def methods(found: Mapping[str, Any]) -> str:
    """Write the paragraph on agreement for a paper's methods and results."""
    settings, kappa = found["settings"], main_kappa(found)
    noun = "characters" if found["unit"] == "character" else f"{found['unit']}s"
    where = f" from {found['transcripts']} transcripts" if found["transcripts"] else ""
    level = f" at the level '{settings['level']}' of the codebook" if settings["level"] else ""
    kind = "each unit having one code" if settings["coding"] == "exclusive" else "each unit having any number of codes"
    pooled = (
        ""
        if settings["coding"] == "exclusive"
        else (" Over codes, observed and expected agreement were averaged before correction (De Vries et al., 2008).")
    )
    parts = [
        f"{len(found['coders'])} coders independently coded {found['units']} {noun}{where}{level}, {kind}.",
        f"{sentence(TITLES[kappa], found['overall'][kappa])}",
        f"Gwet's AC1 was {_whole(found['overall']['gwet_ac1'])}, Krippendorff's alpha"
        f" {_whole(found['overall']['krippendorff_alpha'])}, observed agreement"
        f" {_whole(found['overall']['observed_agreement'])}.{pooled}",
        f"Intervals are 95% percentile bootstrap intervals over {settings['resampled']}"
        f" ({settings['bootstrap']} replicates, seed {settings['seed']}).",
        f"Agreement was computed with comb {settings['versions']['comb']} (settings {settings['signature']}).",
    ]
    return " ".join(parts)


def coreq(found: Mapping[str, Any]) -> list[str]:
    """List what COREQ asks of coding.

    Source: Tong, Sainsbury & Craig (2007), International Journal for Quality in Health Care 19(6), items 24-27.
    """
    codes = len(found["settings"]["codes_in_use"])
    return [
        f"COREQ 24, number of data coders: {len(found['coders'])} ({_and(found['coders'])}).",
        f"COREQ 25, description of the coding tree: {codes} codes in use; add the codebook as a supplement.",
        "COREQ 26, derivation of themes: say if codes were fixed in advance (as in TDF, COM-B) or came from the data.",
        f"COREQ 27, software: comb {found['settings']['versions']['comb']}.",
    ]


def _is_shown(name: str, *, quotes: bool) -> bool:
    if name in ("consensus", "memo"):
        return False
    return quotes or name.split(" ")[0] not in PRIVATE


def _heat(found: Mapping[str, Any]) -> str:
    coders = found["coders"]
    kappas = {pair: part["cohen_kappa"].get("value") for pair, part in found["pairs"].items()}
    values = [[kappas.get(f"{a}|{b}", kappas.get(f"{b}|{a}")) for b in coders] for a in coders]
    return figures.heat(coders, coders, values, "Cohen's kappa of each pair of coders")


def _whole(figure: Mapping[str, Any]) -> str:
    if "value" not in figure:
        return str(figure["undefined"])
    low, high = figure.get("low"), figure.get("high")
    return number(figure) + (f" ({short(low)} to {short(high)})" if low is not None and high is not None else "")


def _and(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
