"""Examine the user's own study: who may read it, what git and DVC could send elsewhere, what was left behind."""

import configparser
import os
import re
import stat
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from comb.privacy.doctor.disks import ask
from comb.study.layout import Study

_LEFT = re.compile(r"\.comb-\d+-.*\.tmp|\.encoder-.*|\..+\.[a-z0-9_]{8}", re.DOTALL)
"""Names of comb's temporary files, of this version and the first."""
_OF_EDITORS = re.compile(r"~\$.*|\.~lock\..*#|.*~|\..*\.sw[op]|.*\.(asd|wbk|bak|tmp)", re.IGNORECASE | re.DOTALL)
_SECTION = re.compile(r"\s*'?remote\s+\"([^\"]+)\"'?\s*")
_KEPT_OUT = ("data", "models/head", "models/tuned", "private", ".comb", ".dvc/cache")
"""What git may not contain, besides the data folder where it has another name."""
_WITHOUT_WORDS = ("data/processed/metrics/", "data/processed/plots/")


@dataclass(frozen=True)
class Readers:
    """Files of a study that people other than their owner may read; None if the system has no such permissions."""

    everybody: tuple[Path, ...]
    group: tuple[Path, ...]


def readers(study: Study) -> Readers | None:
    """Find the files that other accounts of this computer may read. Access control lists are not examined."""
    if os.name == "nt":
        return None
    everybody, group = [], []
    for path, facts in _files(study.root):
        if facts.st_mode & stat.S_IROTH and _may_enter(path.parent, stat.S_IXOTH):
            everybody.append(path)
        elif facts.st_mode & stat.S_IRGRP and _is_shared(facts.st_gid) and _may_enter(path.parent, stat.S_IXGRP):
            group.append(path)
    return Readers(tuple(everybody), tuple(group))


def _files(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    for here, _, names in os.walk(folder):
        for name in names:
            path = Path(here, name)
            try:
                yield path, path.lstat()
            except OSError:
                continue


def _may_enter(folder: Path, right: int) -> bool:
    """Return whether a class of accounts may pass through a folder and all above it."""
    wanted = right | stat.S_IXOTH
    try:
        return all(place.stat().st_mode & wanted for place in (folder, *folder.parents))
    except OSError:
        return False


def _is_shared(group: int) -> bool:
    """Return whether somebody else may be in a group: on many systems each account has one of its own."""
    if sys.platform == "win32":
        return False
    import grp
    import pwd

    try:
        own, entry = pwd.getpwuid(os.getuid()), grp.getgrgid(group)
    except KeyError:
        return True
    return entry.gr_name != own.pw_name or bool(set(entry.gr_mem) - {own.pw_name})


def by_folder(root: Path, paths: Iterable[Path]) -> tuple[str, ...]:
    """Count files by folder, without their names, which may reveal who took part.

    >>> by_folder(Path("/s"), [Path("/s/data/raw/ann.txt"), Path("/s/data/raw/bob.txt"), Path("/s/dvc.yaml")])
    ('data/raw: 2 files', 'the study itself: 1 file')
    """
    counts = Counter("/".join(path.relative_to(root).parent.parts[:2]) or "the study itself" for path in paths)
    return tuple(f"{folder}: {count} file{'s' * (count != 1)}" for folder, count in sorted(counts.items()))


@dataclass(frozen=True)
class GitState:
    """The files of a study in git."""

    tracked: tuple[str, ...]
    """Files with words that git keeps."""
    earlier: tuple[str, ...]
    """Files that it once tracked and has in its history."""
    next: tuple[str, ...]
    """Files that the next ``git add`` would add."""
    remotes: tuple[str, ...]
    """The host of each remote."""


def git_state(study: Study) -> GitState | None:
    """Ask git; None if the study is not in a repository. Raises FileNotFoundError if git is not installed."""
    root = study.root.resolve()
    if not any((folder / ".git").exists() for folder in (root, *root.parents)):
        return None
    if not _git(root, "rev-parse", "--show-toplevel"):
        raise FileNotFoundError("git")
    data = study.data.resolve()
    within = [data.relative_to(root).as_posix()] if data.is_relative_to(root) else []
    private = [*dict.fromkeys([*within, *_KEPT_OUT])]
    tracked = _names(_git(root, "ls-files", "-z", "--", *private))
    history = "log --all --pretty=format: --name-only --relative -z --diff-filter=AMR --".split()
    ever = _names(_git(root, *history, *private).replace("\n", "\0"))
    others = _names(_git(root, "ls-files", "-z", "--others", "--exclude-standard", "--", *private))
    remotes = {line.split()[0]: line.split()[1] for line in _git(root, "remote", "-v").splitlines() if line.strip()}
    hosts = tuple(f"{name} ({host_of(url)})" for name, url in sorted(remotes.items()))
    return GitState(tuple(sorted(tracked)), tuple(sorted(ever - tracked)), tuple(sorted(others)), hosts)


def _git(root: Path, *words: str) -> str:
    # No pager, no prompt; and no setting of a repository that a stranger gave may name a program to run.
    safe = ("-c", "core.fsmonitor=false", "-c", "log.showSignature=false")
    return ask(("git", "-C", str(root), "--no-pager", *safe, *words))


def _names(listed: str) -> set[str]:
    return {name for name in listed.split("\0") if name and not name.startswith(_WITHOUT_WORDS)}


def host_of(url: str) -> str:
    """Return the host of a remote, without names and passwords.

    >>> host_of("https://ann:secret@git.example.org/ann/s.git"), host_of("git@example.org:ann/s.git"), host_of("../x")
    ('git.example.org', 'example.org', 'a folder')
    """
    parts = urlsplit(url)
    if parts.scheme and parts.hostname:
        return (
            parts.hostname if parts.scheme in ("http", "https", "ssh", "git") else f"{parts.scheme}: {parts.hostname}"
        )
    short = re.match(r"(?:[^@/\\]+@)?([^:/\\]{2,}):", url)
    return short[1] if short else "a folder"


@dataclass(frozen=True)
class DvcState:
    """DVC's settings for a study."""

    remotes: tuple[str, ...]
    cache: str
    """Folder of the cache if it is not in the study; empty otherwise."""
    names_outside: bool
    """Whether DVC keeps file names in its default place, outside the study."""
    settings: Mapping[str, str]


def dvc_state(study: Study, environment: Mapping[str, str], home: Path) -> DvcState:
    """Read DVC's settings: those of the study, and otherwise those of the user."""
    own = [study.root / ".dvc" / name for name in ("config.local", "config")]
    parsers = [_read_config(path) for path in (*own, *_user_settings(environment, home))]
    remotes, settings = {}, {}
    for parser in reversed(parsers):
        for section in parser.sections():
            if named := _SECTION.fullmatch(section):
                remotes[named[1]] = host_of(parser.get(section, "url", fallback=""))
            else:
                settings.update({f"{section}.{name}": value for name, value in parser.items(section)})
    listed = tuple(f"{name} ({where})" for name, where in sorted(remotes.items()))
    notes = environment.get("DVC_SITE_CACHE_DIR") or settings.get("core.site_cache_dir", "")
    outside = not notes or not (study.root / notes).resolve().is_relative_to(study.root.resolve())
    return DvcState(listed, _cache_outside(study, settings.get("cache.dir", "")), outside, settings)


def _cache_outside(study: Study, folder: str) -> str:
    place = (study.root / ".dvc" / folder).resolve() if folder else study.root
    return "" if place.is_relative_to(study.root.resolve()) or place == study.root else str(place)


def _user_settings(environment: Mapping[str, str], home: Path) -> Sequence[Path]:
    folder = environment.get("XDG_CONFIG_HOME") or home / ".config"
    places = [Path(folder) / "dvc", home / "Library" / "Application Support" / "dvc"]
    if environment.get("LOCALAPPDATA"):
        places.append(Path(environment["LOCALAPPDATA"]) / "iterative" / "dvc")
    return [place / "config" for place in places]


def _read_config(path: Path) -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser(strict=False)
    try:
        text = path.read_text(encoding="utf-8")
        parser.read_string("\n".join(line.strip() for line in text.splitlines()))
    except (OSError, ValueError, configparser.Error):
        return configparser.RawConfigParser()
    return parser


def left_behind(study: Study) -> tuple[list[Path], list[Path]]:
    """Find temporary files of interrupted commands, and copies that editors keep beside a file."""
    own, others = [], []
    for path, _ in _files(study.root):
        parts = path.relative_to(study.root).parts
        if parts[0] in (".git", ".dvc"):
            continue
        if any(map(_LEFT.fullmatch, parts)):
            own.append(path)
        elif _OF_EDITORS.fullmatch(path.name):
            others.append(path)
    return own, others
