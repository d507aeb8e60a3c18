"""Draw the pictures of the README anew from the example study, after ``dvc repro``.

Run in the repository's root: python docs/images/make.py
"""

import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

import rich.console

from comb.cli import run

HERE = Path(__file__).parent
PLOTS = HERE.parent.parent / "data" / "processed" / "plots"
NEW = "data/example/new/insulin-01.txt"


def suggest() -> None:
    """Draw what ``comb suggest`` prints."""
    drawn: list[Any] = []
    usual = rich.console.Console

    def recording(**options: Any) -> rich.console.Console:
        console = usual(**options, width=80, record=not options)
        drawn.extend([] if options else [console])
        return console

    rich.console.Console = recording  # type: ignore[assignment,misc]
    with tempfile.TemporaryDirectory() as folder:
        if run(["suggest", NEW, "--out", folder]):
            raise SystemExit("comb suggest failed: run dvc repro first")
    console = usual(width=80, record=True)
    console.print(f"$ comb suggest {NEW}", highlight=False)
    for part in drawn:
        for line in part.export_text(styles=False).splitlines():
            console.print(line.rstrip(), highlight=False, markup=False)
    svg = console.export_svg(title="comb suggest", unique_id="comb")
    # rich asks a web server for its font; a picture that asks nobody is drawn with the reader's own.
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL).replace("Fira Code", "DejaVu Sans Mono, Menlo")
    (HERE / "suggest.svg").write_text(svg, encoding="utf-8")


def plots() -> None:
    """Take the plots that ``comb evaluate`` and ``comb synthesis`` drew."""
    for name in ("confusion.svg", "calibration.svg"):
        shutil.copyfile(PLOTS / name, HERE / name)
    picture = "barriers-facilitators.svg"
    shutil.copyfile(PLOTS.parent / "synthesis" / "pictures" / picture, HERE / picture)


if __name__ == "__main__":
    suggest()
    plots()
