"""Look at what is in the built archives: the package with its pages and the starter, and nothing of anybody's study.

Run by ``make dist``: python tests/wheel/contents.py dist
"""

import re
import sys
import tarfile
import zipfile
from collections.abc import Iterable
from pathlib import Path

NEEDED = ("comb/help/index.html", "comb/learning/starter.npz", "comb/study/template/configs/params.yaml")
AROUND = r"(PKG-INFO|README\.md|LICENSE|pyproject\.toml|setup\.cfg|pipeline/comb_coder\.egg-info/.*)?"
KINDS = "py js ts css html csv txt yaml j2 json typed woff2? svg png inv md map"
PLAIN = rf"comb/.*\.({KINDS.replace(' ', '|')})|comb/.*/(LICENSE.*|gitignore)"
PRACTICE = r"comb/help/_downloads/\w+/ward-interviews\.zip"
TEMPLATE = r"comb/study/template/.*"
NOT_OURS = r"(^|/)(data|models|\.comb|\.dvc|private)/|\.(onnx|safetensors|bin|pt|sqlite|parquet|docx|vtt)$"
STARTER = "comb/learning/starter.npz"


def names(archive: Path) -> list[str]:
    """Return the files of a wheel or a source archive, the latter without its own folder."""
    if archive.suffix == ".whl":
        return zipfile.ZipFile(archive).namelist()
    with tarfile.open(archive) as file:
        return [member.name.partition("/")[2] for member in file if member.isfile()]


def problems(found: Iterable[str]) -> list[str]:
    """Return what an archive lacks, and what it has and should not."""
    inner = {name.removeprefix("pipeline/"): name for name in found}
    lacks = [f"lacks {name}" for name in NEEDED if name not in inner]
    return lacks + [f"has {name}" for name in inner.values() if not expected(name)]


def expected(name: str) -> bool:
    """Return whether a file belongs into an archive."""
    inner = name.removeprefix("pipeline/")
    if re.search(NOT_OURS, inner) and not re.fullmatch(TEMPLATE, inner):
        return False
    about = re.fullmatch(AROUND, name) or re.match(r"comb_coder-[^/]+\.dist-info/", name)
    forms = (PLAIN, PRACTICE, TEMPLATE)
    return bool(about or inner == STARTER or any(re.fullmatch(form, inner) for form in forms))


def main() -> None:
    """Check every archive in a folder."""
    archives = sorted(path for path in Path(sys.argv[1]).iterdir() if path.name.endswith((".whl", ".tar.gz")))
    if len(archives) != 2:
        sys.exit(f"{sys.argv[1]}: a wheel and a source archive are expected")
    found = [f"{archive.name} {line}" for archive in archives for line in problems(names(archive))]
    for archive in archives:
        print(f"{archive.name}: {len(names(archive))} files, {archive.stat().st_size / 1e6:.1f} MB")
    sys.exit("\n".join(found) if found else 0)


if __name__ == "__main__":
    main()
