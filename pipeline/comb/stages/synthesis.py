"""Make the tables, pictures and report of a paper from the codes, and the forms that people fill in."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from comb.agreement.results import Agreement
from comb.agreement.units import CONSENSUS
from comb.codings.codings_csv import CodingsRead, read_codings, read_decisions
from comb.codings.problems import counted
from comb.errors import CombError, NotReadyError
from comb.exchange.attributes import read_attributes
from comb.records import TAKEN_OVER, Coding, Segment, Transcript
from comb.report.html_report import html_report
from comb.report.reporting_items import CodingFacts
from comb.report.study_report import ReportFacts, blocks
from comb.report.synthesis_pictures import Picture, pictures, write_pictures
from comb.report.word_report import word_report
from comb.stages.listener import Listener
from comb.stages.measured import read_metrics, read_optional
from comb.stages.pseudonym_gate import check_pseudonyms
from comb.study.atomic import together
from comb.study.files import (
    need,
    read_array,
    read_record,
    read_records,
    read_transcripts,
    write_bytes,
    write_record,
    write_rows,
    write_text,
)
from comb.study.layout import Study
from comb.synthesis.beliefs import count_belief, passage_vectors, propose
from comb.synthesis.findings import Findings, Wanted, assemble
from comb.synthesis.form_pages import PAGES, SHEETS_OF
from comb.synthesis.forms import read_form, write_form
from comb.synthesis.matrices import read_matrices
from comb.synthesis.matrix_workbook import write_matrix
from comb.synthesis.passages import coded_passages
from comb.synthesis.people import read_sample
from comb.synthesis.saturation import Step
from comb.synthesis.sheets import REPORTING, SHEETS, read_sheet
from comb.synthesis.tables import tables

MANIFEST = "report.json"
REPORTS = ("report.docx", "report.html")


@dataclass(frozen=True)
class Manifest:
    """The inputs of a report: the content of ``report.json``."""

    digest: str
    inputs: dict[str, str]
    """SHA-256 of each file, by its place in the study."""


def read_findings(study: Study, by: str = "") -> Findings:
    """Read the study and compute all results, without writing anything.

    ``by`` is the attribute to compare, by default that of the params. Raises NotReadyError if the transcripts are not
    read yet, and BadInputError listing all invalid rows in the study's tables.
    """
    return _findings(study, *_read(study), by or study.params.synthesis.group)


def _read(study: Study) -> tuple[dict[str, Transcript], CodingsRead]:
    need(study.transcripts, "Run: comb segment.")
    transcripts = read_transcripts(study.transcripts)
    return transcripts, read_codings(study.codings, transcripts, study.codebook)


def _findings(study: Study, transcripts: Mapping[str, Transcript], read: CodingsRead, by: str) -> Findings:
    params = study.params.synthesis
    attributes = read_attributes(study.attributes)
    tables_of_people = (study.people, study.participants, attributes)
    sample = read_sample(transcripts, *tables_of_people, by, params.transcripts)
    coded = coded_passages(read, transcripts, sample, study.codebook, params.coders)
    problems: list[str] = []
    filled = {sheet.name: read_sheet(study.sheets, sheet, problems) for sheet in SHEETS}
    matrices = read_matrices(study.sheets / "wheel", params.edition)
    wanted = Wanted(params.quotes, params.quote_words)
    return assemble(study.codebook, sample, coded, filled, matrices, wanted, problems)


def synthesise(study: Study, listener: Listener, *, require_pseudonyms: bool = False) -> Findings:
    """Write tables, pictures, the framework matrix and the report to data/processed/synthesis."""
    with listener.status("Counting"):
        found = _tell(read_findings(study), listener)
        proposed = proposals(study, found)
    check_pseudonyms(study, listener, "the report", require=require_pseudonyms)
    out = study.synthesis
    with together(study.root):
        with listener.status("Drawing"):
            drawn = pictures(found)
            made = write_pictures(out / "pictures", drawn)
        for table in tables(found):
            rows = ([*line.cells, "; ".join(line.passages)] for line in table.lines)
            write_rows(out / "tables" / f"{table.name}.csv", (*table.columns, "passages"), rows)
        _write_data(out, found, proposed)
        write_matrix(out / "matrix.xlsx", found)
        with listener.status("Writing the report"):
            write_report(study, out, found, drawn, made)
    listener.note(
        f"{counted(len({p.id for p in found.passages}), 'passage')}, "
        f"{counted(len(found.sample.participants), 'participant')} → {out}"
    )
    return found


def _tell(found: Findings, listener: Listener) -> Findings:
    for note in found.notes:
        listener.note(f"comb: {note}.")
    return found


def proposals(study: Study, found: Findings) -> list[str]:
    """Return the proposed group of similar passages for each passage; empty before there are embeddings."""
    if not (study.embeddings.exists() and study.segments.exists()) or not found.passages:
        return [""] * len(found.passages)
    segments = read_records(study.segments, Segment)
    vectors = passage_vectors(found.passages, segments, read_array(study.embeddings, 3)[:, 0])
    return propose(found.passages, vectors, study.params.synthesis.likeness)


def _write_data(out: Path, found: Findings, proposed: Sequence[str]) -> None:
    """Write what the tables are made of: counts, passages, quotations, beliefs, saturation and the matrices used."""
    for name, (columns, rows) in {
        "counts.csv": (COUNTS, _count_rows(found)),
        "passages.csv": (PASSAGES, _passage_rows(found, proposed)),
        "quotes.csv": (QUOTES, _quote_rows(found)),
        "beliefs.csv": (BELIEFS, _belief_rows(found)),
        "saturation.csv": (SATURATION, map(_saturation_row, found.saturation)),
        "matrix.csv": (MATRIX, _matrix_rows(found)),
        "wheel-matrices.csv": (CELLS, _cell_rows(found)),
        "techniques.csv": (TECHNIQUES, _technique_rows(found)),
    }.items():
        write_rows(out / name, columns, rows)


COUNTS = (
    *(
        "code",
        "level",
        "valence",
        "group",
        "participants",
        "of_participants",
        "interviews",
        "of_interviews",
        "passages",
    ),
    *("focus_groups", "participant_ids", "interview_ids", "passage_ids", "focus_group_passage_ids"),
)
PASSAGES = (
    "passage",
    "transcript",
    "start",
    "end",
    "code",
    "valence",
    "coder",
    "kind",
    "participants",
    "groups",
    "proposal",
    "words",
)
BELIEFS = (
    "belief",
    "code",
    "statement",
    "side",
    "state",
    "strong",
    "conflicts_with",
    "participants",
    "of_participants",
    "focus_groups",
    "passages",
)
SATURATION = ("number", "transcript", "new_codes", "codes", "new_beliefs", "beliefs", "new_code_ids", "new_belief_ids")

QUOTES = ("code", "valence", "passage", "participants", "chosen_by", "words")
MATRIX = ("case", "code", "passages", "summary", "author", "state", "ids")
CELLS = ("matrix", "from", "to", "linked", "state", "status", "source", "detail", "from_study")
TECHNIQUES = ("number", "name", "bcio", "bcio_label", "match")


def _count_rows(found: Findings) -> Iterator[list[object]]:
    levels = found.codebook.levels
    for c in found.counts:
        level = levels[len(found.codebook.codes[c.code].path) - 1]
        figures = (len(c.participants), c.of_participants, len(c.interviews), c.of_interviews, len(c.passages))
        ids = (c.focus_groups, c.participants, c.interviews, c.passages, c.focus_group_passages)
        yield [c.code, level, c.valence, c.group, *figures, *("; ".join(names) for names in ids)]


def counts_json(found: Findings) -> list[dict[str, object]]:
    """Return every count in a form for JSON, with ids as lists."""
    keys = ("focus_groups", "participant_ids", "interview_ids", "passage_ids", "focus_group_passage_ids")
    return [
        {
            **dict(zip(COUNTS, row, strict=True)),
            **{key: str(value).split("; ") if value else [] for key, value in zip(keys, row[-5:], strict=True)},
        }
        for row in _count_rows(found)
    ]


def _passage_rows(found: Findings, proposed: Sequence[str]) -> Iterator[list[object]]:
    for p, group in zip(found.passages, proposed, strict=True):
        place = (p.id, p.transcript, p.start, p.end, p.code, p.valence, p.coder, p.kind)
        yield [*place, "; ".join(p.participants), "; ".join(p.groups), group, p.text]


def _quote_rows(found: Findings) -> Iterator[list[object]]:
    for q in found.quotes:
        people = "; ".join(q.passage.participants)
        yield [q.code, q.valence, q.passage.id, people, q.chosen_by, q.passage.text]


def _matrix_rows(found: Findings) -> Iterator[list[object]]:
    for c in found.matrix:
        yield [c.case, c.code, len(c.ids), c.summary, c.author, c.state, "; ".join(c.ids)]


def _cell_rows(found: Findings) -> Iterator[list[object]]:
    for c in (cell for cells in found.matrices.cells.values() for cell in cells):
        linked = "" if c.linked is None else int(c.linked)
        link = (c.matrix, c.source_item, c.target_item, linked, c.state)
        yield [*link, c.status, c.source, c.detail, "yes" if c.own else "no"]


def _technique_rows(found: Findings) -> Iterator[list[object]]:
    for t in found.matrices.techniques.values():
        yield [t.number, t.name, t.bcio, t.bcio_label, t.match]


def _belief_rows(found: Findings) -> Iterator[list[object]]:
    for b in found.beliefs:
        c = count_belief(found.sample, b)
        said = (b.id, b.code, b.statement, b.side, b.state, "yes" if b.strong else "", "; ".join(b.conflicts_with))
        yield [*said, len(c.participants), c.of_participants, "; ".join(c.focus_groups), "; ".join(c.evidence)]


def _saturation_row(step: Step) -> list[object]:
    ids = ("; ".join(step.new_codes), "; ".join(step.new_beliefs))
    return [step.number, step.transcript, len(step.new_codes), step.codes, len(step.new_beliefs), step.beliefs, *ids]


def write_report(
    study: Study, out: Path, found: Findings, drawn: Sequence[Picture], made: Mapping[str, Mapping[str, bytes]]
) -> None:
    """Write the report as Word and HTML, and its inputs, so that ``check_report`` can detect a change.

    ``made`` are the pictures as ``write_pictures`` returned them.
    """
    inputs = digests(study)
    facts = _facts(study, found, _short(inputs))
    title = f"Report: {found.codebook.behaviour or found.codebook.name or study.root.name}"
    parts = list(blocks(found, facts, drawn))
    write_bytes(out / REPORTS[0], word_report(title, parts, made["png"]))
    write_text(out / REPORTS[1], html_report(title, parts, made["svg"], found))
    write_record(out / MANIFEST, Manifest(_short(inputs), inputs))


def _facts(study: Study, found: Findings, digest: str) -> ReportFacts:
    params = study.params.synthesis
    counted = _counted(study, found)
    coders: Counter[str] = Counter()
    for transcript, coder in {(c.transcript, c.coder) for c in _read(study)[1].codings if not c.by_model}:
        coders[coder] += transcript in found.everyone.sessions
    problems: list[str] = []
    written = {row["item"]: row["text"] for row in read_sheet(study.sheets, REPORTING, problems)}
    agreement = read_optional(study.agreement, Agreement, "Run: dvc repro agreement.")
    compared = len(set(agreement.coders) - {*agreement.models, CONSENSUS}) if agreement else 0
    people = {coder: n for coder, n in sorted(coders.items()) if n and coder != CONSENSUS}
    return ReportFacts(
        agreement,
        read_metrics(study),
        CodingFacts(people, compared if compared > 1 else 0),
        coders[CONSENSUS],
        len(counted),
        sum(coding.origin == TAKEN_OVER for coding in counted),
        dict(sorted(Counter(d.verdict for d in read_decisions(study.decisions)).items())),
        written,
        params.first,
        params.stop,
        digest,
    )


def _counted(study: Study, found: Findings) -> list[Coding]:
    kept = {(p.transcript, p.start, p.end, p.code, p.coder) for p in found.passages}
    return [
        c for c in _read(study)[1].codings if (c.transcript, c.start, c.end, c.code, c.coder) in kept and not c.by_model
    ]


def digests(study: Study) -> dict[str, str]:
    """Return the SHA-256 of every input of the report, by its place in the study, and of its params."""
    files: list[Path] = []
    for folder in (study.raw, study.codings, study.sheets, study.transcripts):
        files += [path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(".")]
    files += [study.people, study.attributes, study.speakers, study.decisions]
    files += [study.agreement, study.metrics / "evaluate.json"]
    files += [study.root / "configs" / "codebook.yaml"]
    found = {p.relative_to(study.root).as_posix(): _sha(p.read_bytes()) for p in sorted(set(files)) if p.exists()}
    params = f"{study.params.study.model_dump_json()}{study.params.synthesis.model_dump_json()}"
    return {**found, "configs/params.yaml (study, synthesis)": _sha(params.encode("utf-8"))}


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _short(inputs: Mapping[str, str]) -> str:
    return _sha("".join(f"{name} {digest}\n" for name, digest in sorted(inputs.items())).encode("utf-8"))[:16]


def check_report(study: Study) -> str:
    """Return the digest of the report; raise NotReadyError naming what has changed since it was written."""
    remedy = "Write it again: comb report (or: dvc repro)."
    manifest = read_record(study.synthesis / MANIFEST, Manifest, remedy)
    for name in REPORTS:
        need(study.synthesis / name, remedy)
    before, now = manifest.inputs, digests(study)
    changed = sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name))
    if changed:
        listed = ", ".join(changed[:10]) + (f" and {len(changed) - 10} more" if len(changed) > 10 else "")
        raise NotReadyError(
            f"the study has changed since the report was written: {listed}", where=MANIFEST, remedy=remedy
        )
    return manifest.digest


def new_form(study: Study, kind: str, path: Path, listener: Listener) -> None:
    """Write a workbook to fill in; ``kind`` is a key of PAGES. An existing file is never overwritten."""
    found = _tell(read_findings(study), listener)
    proposed = proposals(study, found) if kind == "beliefs" else []
    write_form(path, [make(found, proposed) for make in PAGES[kind]])
    listener.note(f"Fill in the yellow cells of {path}, then: comb {kind} --read {path.name}")


def take_form(study: Study, kind: str, path: Path, listener: Listener) -> dict[str, int]:
    """Read a completed workbook into data/synthesis; return the number of changed rows, by sheet.

    Raises BadInputError, with nothing written, if a row is invalid. The result is then read once; if it names something
    unknown, the files are restored.
    """
    sheets = SHEETS_OF[kind]
    before = {sheet.path(study.sheets): _content(sheet.path(study.sheets)) for sheet in sheets}
    changed = read_form(path, sheets, study.sheets)
    try:
        _tell(read_findings(study), listener)
    except CombError:
        for file, content in before.items():
            if content is None:
                file.unlink(missing_ok=True)
            else:
                write_bytes(file, content)
        raise
    return changed


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None
