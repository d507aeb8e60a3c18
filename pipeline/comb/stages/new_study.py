"""Make a new study with a preset codebook, a YAML file, or the codebook of another program."""

import shutil
from pathlib import Path

from comb.codebook import read_codebook
from comb.errors import BadInputError
from comb.stages import formats
from comb.stages.importing import import_files
from comb.stages.listener import Listener
from comb.study.files import write_bytes, write_text
from comb.study.layout import Study
from comb.study.new import Design, new_study, with_behaviour


def make_study(folder: Path, design: Design, listener: Listener, codebook: Path | None = None) -> Study:
    """Make a study; ``codebook`` is a file that replaces the preset.

    Raises BadInputError if the folder is a study already, or if the codebook cannot be read; in both cases, nothing is
    made.
    """
    if (folder / "configs" / "params.yaml").exists():
        raise BadInputError(
            "this folder is a study already", where=folder.name, remedy="Open it, or choose another name."
        )
    own = codebook is not None and codebook.suffix.lower() in (".yaml", ".yml")
    if codebook is not None and own:
        read_codebook(codebook)
    elif codebook is not None and formats.reader(codebook) is None:
        remedy = f"comb reads its own codebook.yaml, and {_codebooks()}."
        raise BadInputError("comb cannot read this as a codebook", where=codebook.name, remedy=remedy)
    new = not folder.exists()
    try:
        return _make(folder, design, listener, codebook, own=own)
    except BaseException:
        if new:  # it would stand in the way of the next attempt
            shutil.rmtree(folder, ignore_errors=True)
        raise


def _make(folder: Path, design: Design, listener: Listener, codebook: Path | None, *, own: bool) -> Study:
    # Another program's codebook takes the place of the template's only where that is as it was.
    new_study(folder, design if codebook is None else Design(unit=design.unit), git=True)
    study = Study(folder)
    if codebook is None:
        return study
    _forget_level(study)
    place = folder / "configs" / "codebook.yaml"
    if own:
        write_bytes(place, codebook.read_bytes())
    else:
        import_files(study, [codebook], listener)
    write_text(place, with_behaviour(place.read_text(encoding="utf-8-sig"), design.behaviour))
    return Study(folder)


def _forget_level(study: Study) -> None:
    """Let the deepest level be trained: another codebook may have no components."""
    path = study.root / "configs" / "params.yaml"
    text = path.read_text(encoding="utf-8")
    write_text(path, text.replace("level: component ", 'level: ""        '))


def _codebooks() -> str:
    """List the formats of other programs that contain a codebook."""
    return ", ".join(
        dict.fromkeys(f"{one.title} ({one.suffix})" for one in formats.FORMATS if one.read and "codebook" in one.title)
    )
