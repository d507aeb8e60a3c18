"""Word documents with a table that has a column of codes beside the words, as transcript and codings."""

import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from comb.codings.code_labels import CodeNames, Written, split_code
from comb.errors import CombError
from comb.exchange.project import Project, Setting
from comb.records import Coding, Transcript
from comb.transcripts.code_column import SEPARATORS
from comb.transcripts.document_page import CodedRow
from comb.transcripts.file_safety import read_bytes
from comb.transcripts.reader import read_transcript, transcript_id
from comb.transcripts.word import coded_rows

ONLY_CODER = "A"
"""The coder of such codes, since the document does not name one."""
ORIGIN = "word"


def has_coded_rows(path: Path) -> bool:
    """Return whether a Word document has a table with codes beside the words."""
    if not zipfile.is_zipfile(path):
        return False  # the reader of transcripts says what is wrong with it
    try:
        return bool(coded_rows(read_bytes(path), path.name, Setting().roles.patterns))
    except CombError:
        return False


def read_coded_table(path: Path, setting: Setting) -> Project:
    """Read a Word document as a transcript, and the codes beside its words as codings of each row by one coder.

    Codes that the codebook lacks are kept as they are written, and named in the warnings.
    """
    transcript = read_transcript(path, setting.roles)
    names, unknown = CodeNames(setting.codebook), dict[str, None]()
    codings: list[Coding] = []
    for row in coded_rows(read_bytes(path), path.name, setting.roles.patterns):
        for start, end in _spoken(transcript, row):
            place = (transcript.id, start, end, transcript.text[start:end])
            codings += [
                Coding(*place, item.code, item.valence, ONLY_CODER, origin=ORIGIN)
                for item in _codes(row.codes, names, unknown)
            ]
    warnings = [f"its codes are in a column beside the words: they become codings of coder {ONLY_CODER!r}"]
    if unknown:
        warnings.append(f"not in configs/codebook.yaml yet: {', '.join(unknown)}. Add these codes before dvc repro")
    name = transcript_id(path)
    return Project(
        name,
        None,
        {name: transcript},
        tuple(dict.fromkeys(codings)),
        originals={} if name in setting.transcripts() else {name: path},
        warnings=tuple(warnings),
    )


def _spoken(transcript: Transcript, row: CodedRow) -> Iterator[tuple[int, int]]:
    """Yield the stretches of speech in a row."""
    for turn in transcript.turns:
        start, end = max(turn.start, row.start), min(turn.end, row.end)
        if start < end:
            yield start, end


def _codes(cell: str, names: CodeNames, unknown: dict[str, None]) -> Iterator[Written]:
    known = names.parse(cell)
    if known:
        yield from known
        return
    for part in filter(str.strip, SEPARATORS.split(cell)):
        found = names.one(part)
        if found is None:
            written = split_code(part)
            found = replace(written, code=" ".join(written.code.replace('"', "'").split()))
            unknown[found.code] = None
        yield found
