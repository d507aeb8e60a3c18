"""Export the codebook as a file, and add the codes of a codebook file, in any format that ``comb import`` reads."""

from datetime import UTC, datetime
from pathlib import Path

from comb.codebook import load_codebook, template_codebook
from comb.errors import BadInputError
from comb.exchange.codebook_place import place_codebook
from comb.exchange.project import Project
from comb.stages import formats
from comb.stages.importing import import_files
from comb.stages.listener import Listener
from comb.study.atomic import together, workspace
from comb.study.codebook_history import Version, add_version, codebook_file, codebook_text
from comb.study.files import write_bytes, write_text
from comb.study.layout import Study
from comb.study.names import check_name

YAML = (".yaml", ".yml")
READ = (".yaml", ".yml", ".qdc", ".docx", ".xlsx", ".csv")


def codebook_as(study: Study, kind: str) -> tuple[str, bytes]:
    """Return the name and the content of the codebook's file, as ``yaml`` (unchanged) or as ``qdc`` (REFI-QDA)."""
    if kind == "yaml":
        return "codebook.yaml", codebook_file(study).read_bytes()
    from comb.exchange.refi_qda.write import write_qdc

    with workspace(study.state) as place:
        path = place / "codebook.qdc"
        write_qdc(Project("codebook", study.codebook, {}), path)
        return path.name, path.read_bytes()


def bring_codebook(study: Study, name: str, data: bytes, by: str, listener: Listener) -> None:
    """Add the codes of a codebook's file to the study's codebook; the caller has the study's lock.

    Matching codes stay as they are in the study. Raises BadInputError for a file that is not a codebook.
    """
    suffix = Path(name).suffix.lower()
    check_name(Path(name).stem, "the file")
    if suffix not in READ or "/" in name or "\\" in name:
        remedy = f"comb reads codebooks from {', '.join(READ)}."
        raise BadInputError("this is not a codebook file", where="the file", remedy=remedy)
    before = codebook_text(study)
    with workspace(study.state) as place, together(study.root):
        path = place / name
        write_bytes(path, data)
        if suffix in YAML:
            _bring_yaml(study, path, listener)
        else:
            if formats.reader(path) is None:
                remedy = "Export the codebook of your program as REFI-QDA (.qdc), or NVivo's as Word or Excel."
                raise BadInputError("this is not a codebook file", where="the file", remedy=remedy)
            import_files(study, [path], listener)
    after = codebook_text(study)
    if after != before:
        at = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        with together(study.root):
            add_version(study, before, after, Version(0, at, by, f"codes of {name} added", "", "", ""))


def _bring_yaml(study: Study, path: Path, listener: Listener) -> None:
    book = load_codebook(path.read_text(encoding="utf-8-sig"), path.name)[1]
    placed = place_codebook(book, study, template_codebook())
    if placed.text is not None:
        write_text(codebook_file(study), placed.text)
    for note in placed.told:
        listener.note(note)
