"""Findings on the user's own study, its computer and the settings, in sentences."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import comb
from comb.errors import CombError
from comb.privacy.doctor import disks, own_study
from comb.privacy.doctor.disks import Disk
from comb.privacy.doctor.own_study import DvcState, GitState
from comb.privacy.doctor.records import Finding, State
from comb.privacy.doctor.synced import Computer, sync_services
from comb.study.layout import Study

STUDY, COMPUTER, SETTINGS = "Your study", "This computer", "Settings"


def this_computer() -> Computer:
    """Describe the computer on which comb runs."""
    mounts = Path("/proc/self/mounts")
    text = mounts.read_text(encoding="utf-8", errors="replace") if mounts.exists() else ""
    return Computer(sys.platform, Path.home(), os.environ, text)


@dataclass(frozen=True)
class Examined:
    """The study to examine, the computer, and whether file names may be shown."""

    study: Study
    computer: Computer
    names: bool = False
    disk_of: Callable[[Path], Disk] = field(default=disks.disk_of)
    swap: Callable[[], Disk] = field(default=disks.swap)

    def listed(self, paths: Sequence[Path]) -> tuple[str, ...]:
        """List files: by name if that was asked for, otherwise as counts by folder."""
        if self.names:
            return tuple(sorted(str(path) for path in paths))
        return own_study.by_folder(self.study.root, paths)


def study_findings(examined: Examined) -> Iterator[Finding]:
    """Yield the findings; anything that cannot be examined is unknown."""
    looked: tuple[tuple[str, str, Callable[[Examined], Iterator[Finding]]], ...] = (
        (STUDY, "Who may read the files", _readers),
        (STUDY, "Whether the folder is copied elsewhere", _synced),
        (STUDY, "What git contains", _git),
        (STUDY, "Where DVC may send files", _dvc),
        (STUDY, "What interrupted commands left", _left),
        (COMPUTER, "Disk encryption", _disk),
        (COMPUTER, "Memory on the disk", _swap),
        (SETTINGS, "Telemetry", _telemetry),
        (SETTINGS, "Fetching models", _download),
        (SETTINGS, "The review page's database", _database),
    )
    for topic, name, look in looked:
        try:
            yield from look(examined)
        except (CombError, OSError, ValueError, LookupError) as error:
            why = "git is not installed" if isinstance(error, FileNotFoundError) else type(error).__name__
            yield Finding(topic, "unknown", f"{name}: could not tell ({why}).")


def _readers(examined: Examined) -> Iterator[Finding]:
    found = own_study.readers(examined.study)
    if found is None:
        what = "Who may read the files: could not tell, because comb does not know this system's permissions."
        yield Finding(STUDY, "unknown", what, "Check the folder's properties, under Security.")
        return
    if found.everybody:
        what = f"Other accounts of this computer may read {_files(found.everybody)}"
        remedy = "Type, in the study: chmod -R go-rwx ."
        yield Finding(STUDY, "problem", what, remedy, examined.listed(found.everybody))
        if examined.study.review in found.everybody:
            yield Finding(STUDY, "problem", "The review page's database is among them.", remedy)
    else:
        yield Finding(STUDY, "ok", "Other accounts of this computer cannot read the study (administrators can).")
    if found.group:
        what = f"Members of a group may read {_files(found.group)}"
        remedy = "If the group includes people outside your team: chmod -R g-rwx ."
        yield Finding(STUDY, "note", what, remedy, examined.listed(found.group))


def _synced(examined: Examined) -> Iterator[Finding]:
    study = examined.study
    data = (study.data, study.raw, study.codings, study.new)
    folders = (study.root, *data, study.private, study.review.parent, study.root / ".dvc")
    services: dict[str, None] = {}
    for folder in folders:
        services.update(dict.fromkeys(sync_services(folder, examined.computer)))
    if services:
        remedy = "Move the study to a folder that stays on this computer, unless your ethics approval covers that copy."
        yield Finding(STUDY, "problem", "The study is copied to other machines:", remedy, tuple(services))
    else:
        what = "No sign that a cloud service or a network drive contains the folder. Backups are not seen."
        yield Finding(STUDY, "ok", what)


def _git(examined: Examined) -> Iterator[Finding]:
    state = own_study.git_state(examined.study)
    if state is None:
        yield Finding(STUDY, "ok", "The study is not in a git repository.")
        return
    yield from _git_files(examined, state)
    if state.remotes:
        held = bool(state.tracked or state.earlier)
        what = f"git can send the repository to: {', '.join(state.remotes)}"
        remedy = "Remove the files from its history before you push." if held else "Nothing with words is in it so far."
        yield Finding(STUDY, "problem" if held else "note", what, remedy)


def _git_files(examined: Examined, state: GitState) -> Iterator[Finding]:
    root = examined.study.root
    kinds: tuple[tuple[tuple[str, ...], State, str, str], ...] = (
        (state.tracked, "problem", "git keeps files with participants' words", "Type: git rm -r --cached FOLDER."),
        (
            state.earlier,
            "problem",
            "git's history contains files with participants' words that have since been removed",
            "Rewrite the history (git filter-repo), and treat every clone as a copy of the study.",
        ),
        (
            state.next,
            "problem",
            "git add would take files with participants' words",
            "Copy the lines of comb's .gitignore (comb init NEW-FOLDER writes it).",
        ),
    )
    for names, verdict, what, remedy in kinds:
        if names:
            paths = [root / name for name in names]
            yield Finding(STUDY, verdict, f"{what}: {_files(paths)}", remedy, examined.listed(paths))
    if not (state.tracked or state.earlier or state.next):
        yield Finding(STUDY, "ok", "git contains no transcripts, codings, keys or trained models, and never did.")


def _dvc(examined: Examined) -> Iterator[Finding]:
    state = _dvc_state(examined)
    if state.remotes:
        what = f"DVC can send transcripts and everything made from them to: {', '.join(state.remotes)}"
        remedy = "Type: dvc remote remove NAME, unless your ethics approval covers that place."
        yield Finding(STUDY, "problem", what, remedy)
    else:
        yield Finding(STUDY, "ok", "DVC has no remote to send files to.")
    if state.names_outside:
        what = "DVC keeps names of transcripts, with fingerprints, where every account of this computer may read them"
        remedy = (
            "Type, in the study: dvc config core.site_cache_dir .comb/dvc; then delete the old folder, on Linux and "
        )
        yield Finding(STUDY, "problem", f"{what}.", f"{remedy}macOS /var/tmp/dvc.")
    else:
        yield Finding(STUDY, "ok", "DVC's notes of file names and fingerprints stay in the study.")
    if state.cache:
        where = f": {state.cache}" if examined.names else ""
        remedy = "Treat that folder as you treat the study."
        yield Finding(STUDY, "note", f"DVC keeps its copies of all files outside the study{where}", remedy)


def _left(examined: Examined) -> Iterator[Finding]:
    own, others = own_study.left_behind(examined.study)
    if own:
        what = f"Interrupted commands left temporary files, which may contain participants' words: {_files(own)}"
        remedy = "Delete them when no command of comb is running."
        yield Finding(STUDY, "problem", what, remedy, examined.listed(own))
    else:
        yield Finding(STUDY, "ok", "No temporary files of interrupted commands are left in the study.")
    if others:
        what = f"Other programs left copies or lock files in the study: {_files(others)}"
        remedy = "Close the files there; delete what remains."
        yield Finding(STUDY, "note", what, remedy, examined.listed(others))


def _files(paths: Sequence[Path]) -> str:
    return f"{len(paths)} file{'s' * (len(paths) != 1)}"


def _disk(examined: Examined) -> Iterator[Finding]:
    found = examined.disk_of(examined.study.root)
    said = {
        "yes": Finding(COMPUTER, "ok", f"The disk that the study lies on is encrypted: {found.how}."),
        "no": Finding(
            COMPUTER,
            "problem",
            f"The disk that the study lies on is not encrypted: {found.how}.",
            "Turn on FileVault (macOS), BitLocker (Windows) or LUKS (Linux); ask your IT department.",
        ),
        "unknown": Finding(
            COMPUTER,
            "unknown",
            f"Whether the disk is encrypted: could not tell ({found.how}).",
            "Ask your IT department.",
        ),
    }
    yield said[found.encrypted]


def _swap(examined: Examined) -> Iterator[Finding]:
    found = examined.swap()
    state: State = {"yes": "ok", "no": "note", "unknown": "unknown"}[found.encrypted]  # type: ignore[assignment]
    doubt = "could not tell, " if found.encrypted == "unknown" else ""
    remedy = "" if found.encrypted == "yes" else "Words in memory may be written there, also when the computer sleeps."
    yield Finding(COMPUTER, state, f"Memory on the disk (swap): {doubt}{found.how}.", remedy)


def _telemetry(examined: Examined) -> Iterator[Finding]:
    settings = _dvc_state(examined).settings
    off = {"core.analytics": "its usage statistics", "core.check_update": "its check for updates"}
    on = [what for name, what in off.items() if settings.get(name, "").casefold() not in ("false", "off", "no", "0")]
    if on:
        remedy = "Type, in the study: dvc config core.analytics false; dvc config core.check_update false."
        yield Finding(SETTINGS, "problem", f"DVC has {' and '.join(on)} on when you call it yourself.", remedy)
    else:
        yield Finding(SETTINGS, "ok", "DVC's usage statistics and its check for updates are off.")
    missing = [name for name, value in comb.NO_TELEMETRY.items() if os.environ.get(name) != value]
    if missing:
        what = f"Settings that switch libraries' telemetry off were changed while comb ran: {', '.join(missing)}."
        yield Finding(SETTINGS, "problem", what, "Tell us.")
    else:
        what = "comb switches off the telemetry of onnxruntime, Hugging Face's libraries, DVC and Ray in all it starts."
        yield Finding(SETTINGS, "ok", what)


def _download(examined: Examined) -> Iterator[Finding]:
    if examined.study.params.encoder.download:
        what = "encoder.download is on: comb may fetch a model from the network, and sends its name."
        yield Finding(SETTINGS, "problem", what, "Set encoder.download: false in configs/params.yaml once it is there.")
    else:
        yield Finding(SETTINGS, "ok", "comb may not fetch models (encoder.download is off).")


def _database(examined: Examined) -> Iterator[Finding]:
    if url := examined.computer.environment.get("COMB_DATABASE", ""):
        what = f"COMB_DATABASE sends the review page's codings and memos to: {own_study.host_of(url)}"
        yield Finding(SETTINGS, "note", what, "Make sure that your ethics approval covers that machine.")


def _dvc_state(examined: Examined) -> DvcState:
    return own_study.dvc_state(examined.study, examined.computer.environment, examined.computer.home)
