"""The agreement report: one self-contained HTML file."""

import json
from collections.abc import Sequence

from comb.agreement.interpretation import TDF_BAR, TDF_NOTE, sentence, title
from comb.agreement.multi_rater import ORDER
from comb.agreement.results import Agreement, as_json
from comb.report import figures, page
from comb.report.agreement_text import coreq, disclosure, independence, methods, srqr
from comb.report.blocks import headline, main_kappa, tables, who
from comb.report.number_text import coefficients_of

PRIVATE = ("text", "memo")
"""Columns of the disagreement list that contain participants' or coders' words."""
MOST_LISTED = 500
"""Most disagreements that the page shows; the CSV list contains all."""


def render_agreement(
    found: Agreement, header: Sequence[str], rows: Sequence[Sequence[object]], *, quotes: bool = True
) -> str:
    """Write the report; ``header`` and ``rows`` are the disagreement list, shown without words unless ``quotes``."""
    from markupsafe import Markup

    kappa = main_kappa(found)
    first, *blocks = tables(found)
    drawn = {code: part[kappa] for code, part in found.codes.items()}
    kept = [at for at, name in enumerate(header) if _is_shown(name, quotes=quotes)]
    return page.render(
        "agreement.html.j2",
        page.part("base.css") + page.part("agreement.css"),
        coders=who(found),
        one_coder=len(found.coders) - len(found.models) < 2,
        reading=sentence(title(headline(found)), found.overall[headline(found)]),
        how_read=found.reading,
        unit_note=found.notes[0],
        tdf_note=TDF_NOTE,
        bar=TDF_BAR,
        kappa_name=title(kappa),
        headline=first,
        blocks=blocks,
        forest=Markup(figures.forest(drawn, TDF_BAR)),  # noqa: S704  (names are escaped where they are drawn)
        heat=Markup(_heat(found)) if len(found.coders) > 2 else "",  # noqa: S704
        confusion=Markup(figures.confusion(found.confusion.codes, found.confusion.counts)),  # noqa: S704
        drift=Markup(figures.drift(found.drift.transcripts)) if found.drift else "",  # noqa: S704
        sizes={"overall": found.sample_size.overall, **found.sample_size.codes},
        clustered=found.transcripts > 0,
        of_table=bool(found.settings.shape),
        coefficient_names=[title(name) for name in ORDER],
        coefficients={code: coefficients_of(part, ORDER) for code, part in found.codes.items()},
        methods=methods(found),
        independence=independence(found),
        disclosure=disclosure(found),
        checklists=[("COREQ (32 items)", coreq(found)), ("SRQR (21 items)", srqr(found))],
        quotes=quotes,
        disagreements=len(rows),
        list_header=[header[at] for at in kept],
        listed=[[row[at] for at in kept] for row in rows[:MOST_LISTED]],
        settings={name: _plain(value) for name, value in as_json(found.settings).items()},
        signature=found.settings.signature,
    )


def _is_shown(name: str, *, quotes: bool) -> bool:
    if name in ("consensus", "memo"):
        return False
    return quotes or name.split(" ")[0] not in PRIVATE


def _heat(found: Agreement) -> str:
    kappas = {pair: part["cohen_kappa"].value for pair, part in found.pairs.items()}
    values = [[kappas.get(f"{a}|{b}", kappas.get(f"{b}|{a}")) for b in found.coders] for a in found.coders]
    return figures.heat(found.coders, found.coders, values, "Cohen's kappa of each pair of coders")


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
