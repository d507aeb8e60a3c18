"""Execute the notebooks and compare their outputs with the stored ones; ``--write`` stores the new ones instead.

They read what ``dvc repro`` writes: ``make notebooks`` runs both. Text must be the same and whole numbers equal;
fractions may differ by ``TOLERANCE``, since embeddings differ in the last digits from one processor to another.
Pictures are not compared, only that there are as many.
"""

import argparse
import re
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
TOLERANCE = 0.03
TEXT = ("text/html", "text/markdown", "text/plain")
"""The forms of an output that are compared, the first that it has."""
NUMBER = re.compile(r"\d+\.\d+")


def main(arguments: list[str] | None = None) -> int:
    """Run the notebooks named, or all of them; return 1 where one fails or differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("notebook", nargs="*", type=Path, default=sorted(NOTEBOOKS.glob("*.ipynb")))
    parser.add_argument("--write", action="store_true", help="store the outputs")
    options = parser.parse_args(arguments)
    found = {path: run(path, write=options.write) for path in options.notebook}
    for path, problems in found.items():
        print("\n".join([f"{path.name}: {'differs' if problems else 'ok'}", *problems]))
    return int(any(found.values()))


def run(path: Path, *, write: bool) -> list[str]:
    """Execute a notebook and store its outputs, or return where they differ from those stored."""
    import nbformat
    from nbclient import NotebookClient
    from traitlets.config import Config

    stored = nbformat.read(path, 4)
    made = nbformat.read(path, 4)
    with TemporaryDirectory() as sockets:  # the kernel opens no port
        NotebookClient(
            made,
            timeout=300,
            startup_timeout=180,
            kernel_name="python3",
            record_timing=False,
            coalesce_streams=True,
            resources={"metadata": {"path": str(path.parent)}},
            config=Config(KernelManager={"transport": "ipc", "ip": f"{sockets}/kernel"}),
        ).execute()
    if not write:
        return differences(stored, made)
    made.metadata = stored.metadata
    nbformat.write(made, path)
    return []


def differences(stored: Any, made: Any) -> list[str]:
    """Name the cells of two versions of a notebook whose outputs differ, with the first line that does."""
    problems = []
    for number, (before, after) in enumerate(zip(stored.cells, made.cells, strict=True)):
        if before.cell_type != "code":
            continue
        old, new = _lines(before), _lines(after)
        pairs = ((a, b) for a, b in zip(old, new, strict=False) if not alike(a, b))
        if len(old) != len(new):
            problems.append(f"  cell {number}: {len(old)} lines of output are stored, {len(new)} were made")
        elif pair := next(pairs, None):
            problems.append(f"  cell {number}: stored: {pair[0]}\n          made:   {pair[1]}")
    return problems


def alike(old: str, new: str) -> bool:
    """Tell whether two lines say the same, but for small differences in fractions."""
    pairs = zip(NUMBER.findall(old), NUMBER.findall(new), strict=False)
    return NUMBER.sub("#", old) == NUMBER.sub("#", new) and all(abs(float(a) - float(b)) <= TOLERANCE for a, b in pairs)


def _lines(cell: Any) -> list[str]:
    return [line for output in cell.outputs for line in _text(output).splitlines()]


def _text(output: Any) -> str:
    """Return what an output says, or its kind where it is a picture."""
    if output.output_type == "stream":
        return str(output.text)
    data = output.get("data", {})
    pictures = [kind for kind in data if kind.startswith("image/")]
    return " ".join(pictures) or next((str(data[kind]) for kind in TEXT if kind in data), output.output_type)


if __name__ == "__main__":
    sys.exit(main())
