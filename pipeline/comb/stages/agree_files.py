"""The files that a comparison of coders is written to."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from comb.stages.listener import Listener
from comb.study.files import write_bytes, write_json, write_rows, write_text
from comb.study.layout import Study

if TYPE_CHECKING:
    from comb.agreement.results import Agreement
    from comb.stages.agree import Listed


@dataclass(frozen=True)
class AgreementFiles:
    """The path for each kind of file of a comparison; None if it is not written."""

    json: Path | None = None
    csv: Path | None = None
    html: Path | None = None
    docx: Path | None = None
    disagreements: Path | None = None

    @property
    def figures(self) -> Iterator[Path]:
        """The files with figures to write."""
        return (path for path in (self.json, self.csv, self.html, self.docx) if path)


def write_nothing(out: AgreementFiles) -> None:
    """Write the requested files without figures, since DVC requires each of them."""
    if out.json:
        write_json(out.json, {})
    for path in (out.csv, out.html):
        if path:
            write_text(path, "")


def code_names(study: Study) -> dict[str, str]:
    """Return the name of each code of a study by its id."""
    return {code.id: code.name for code in study.codebook}


def write_agreement(
    found: "Agreement",
    listed: "Listed",
    out: AgreementFiles,
    listener: Listener,
    *,
    quotes: bool,
    names: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Write a comparison, with participants' words if ``quotes``; ``names`` are those of the codes, by id."""
    header, rows = listed
    if out.json:
        from comb.agreement.results import as_json

        write_json(out.json, as_json(found))
    if out.csv:
        from comb.report.flat import COLUMNS, flat

        write_rows(out.csv, COLUMNS, flat(found))
    if out.html:
        from comb.report.agreement import render_agreement

        write_text(out.html, render_agreement(found, header, rows, quotes=quotes))
    if out.docx:
        from comb.report import agreement_docx

        write_bytes(out.docx, agreement_docx.render_agreement_docx(found, names))
    if out.disagreements:
        write_rows(out.disagreements, header, rows)
        listener.note(
            f"Disagreements: {len(rows)} → {out.disagreements}. Fill in column consensus, then: comb agree --apply FILE"
        )
    for path in out.figures:
        listener.note(f"→ {path}")


def agree_as_dvc(study: Study, listener: Listener) -> None:
    """Compare the study's coders and write the files that ``dvc repro`` writes."""
    from comb.stages.agree import AgreeOptions, agree_on_study, nothing_to_compare

    place = study.agreement
    out = AgreementFiles(place, place.with_suffix(".csv"), place.with_suffix(".html"))
    if nothing_to_compare(study):
        write_nothing(out)
        return
    found, listed = agree_on_study(study, (), AgreeOptions(), listener)
    write_agreement(found, listed, out, listener, quotes=True)
