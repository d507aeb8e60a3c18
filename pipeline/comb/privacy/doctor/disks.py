"""Check whether the disk of a folder is encrypted, as far as the system says without administrator rights."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Encrypted = Literal["yes", "no", "unknown"]
Ask = Callable[[Sequence[str]], str]
"""Runs a program and returns its output; empty if it cannot be run."""
_ENCRYPTED_KINDS = {"ecryptfs", "fuse.encfs", "fuse.gocryptfs", "fuse.cryfs", "fuse.veracrypt"}
_SECONDS = 20
_WINDOWS = (
    "(New-Object -ComObject Shell.Application).NameSpace('{drive}')"
    ".Self.ExtendedProperty('System.Volume.BitLockerProtection')"
)
_BITLOCKER: dict[str, Encrypted] = {"1": "yes", "2": "no", "3": "no", "4": "no", "5": "no", "6": "yes"}
"""Values of System.Volume.BitLockerProtection: on, off, encrypting, decrypting, suspended, locked."""


@dataclass(frozen=True)
class Disk:
    """The answer, with its reason."""

    encrypted: Encrypted
    how: str


def ask(argv: Sequence[str]) -> str:
    """Run a program of the system and return its output."""
    program = shutil.which(argv[0])
    if program is None:
        return ""
    try:
        done = subprocess.run(  # noqa: S603
            [program, *argv[1:]], capture_output=True, text=True, errors="replace", timeout=_SECONDS, check=False
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout


def disk_of(folder: Path, system: str = sys.platform, ask: Ask = ask, root: Path = Path("/")) -> Disk:
    """Return whether the disk of a folder is encrypted; ``root`` is the folder that contains /sys and /proc."""
    try:
        if system == "darwin":
            return file_vault(ask)
        if system == "win32":
            return bit_locker(folder, ask)
        return luks(folder, root)
    except (OSError, ValueError):
        return Disk("unknown", "the system does not say")


def file_vault(ask: Ask) -> Disk:
    """Ask macOS; its answer is in English on every machine."""
    said = ask(("fdesetup", "status"))
    if "FileVault is On" in said:
        return Disk("yes", "FileVault is on")
    if "FileVault is Off" in said:
        return Disk("no", "FileVault is off")
    return Disk("unknown", "fdesetup gave no answer")


def bit_locker(folder: Path, ask: Ask) -> Disk:
    """Ask Windows: first for a numeric status, which needs no rights; then manage-bde, in English only."""
    drive = folder.resolve().drive or "C:"
    said = ask(("powershell", "-NoProfile", "-NonInteractive", "-Command", _WINDOWS.format(drive=drive))).strip()
    if said in _BITLOCKER:
        answer = _BITLOCKER[said]
        return Disk(
            answer, "BitLocker protects the drive" if answer == "yes" else "BitLocker does not protect the drive"
        )
    said = ask(("manage-bde", "-status", drive))
    if "Protection On" in said:
        return Disk("yes", "BitLocker protects the drive")
    if "Protection Off" in said:
        return Disk("no", "BitLocker does not protect the drive")
    return Disk("unknown", "Windows tells this only to administrators")


def luks(folder: Path, root: Path = Path("/")) -> Disk:
    """Look on Linux for an encrypted layer below the file system."""
    kind, source, device = _mount(folder, (root / "proc/self/mountinfo").read_text(encoding="utf-8"))
    if kind in _ENCRYPTED_KINDS:
        return Disk("yes", f"an encrypted file system ({kind})")
    if kind in ("tmpfs", "ramfs"):
        return Disk("unknown", "it is in memory, not on a disk")
    block = root / "sys/dev/block" / device
    if not block.exists() and source.startswith("/dev/"):
        block = root / "sys/class/block" / os.path.basename(os.path.realpath(source))
    if not block.exists():
        return Disk("unknown", f"a file system of kind {kind}; the system does not name its disk")
    if _is_encrypted(block.resolve()):
        return Disk("yes", "the system encrypts it (LUKS)")
    if _is_virtual(root):
        return Disk("unknown", "a virtual machine: only its host can tell")
    return Disk("no", "no encryption below the file system; comb cannot detect a disk that encrypts itself")


def _mount(folder: Path, mountinfo: str) -> tuple[str, str, str]:
    """Return kind, source and device (major:minor) of the file system that a folder lies on."""
    best, found, path = -1, ("", "", ""), folder.resolve()
    for line in mountinfo.splitlines():
        left, _, right = line.partition(" - ")
        fields, (kind, source) = left.split(), right.split()[:2]
        point = re.sub(r"\\(\d{3})", lambda code: chr(int(code[1], 8)), fields[4])
        if len(point) >= best and (path == Path(point) or path.is_relative_to(point)):
            best, found = len(point), (kind, source, fields[2])
    return found


def _is_encrypted(block: Path) -> bool:
    """Return whether a block device, or all that it lies on, is a mapping of dm-crypt."""
    identity = block / "dm" / "uuid"
    if identity.exists() and identity.read_text(encoding="ascii").startswith("CRYPT-"):
        return True
    below = block / "slaves"
    slaves = list(below.iterdir()) if below.is_dir() else []
    return bool(slaves) and all(_is_encrypted(slave.resolve()) for slave in slaves)


def _is_virtual(root: Path) -> bool:
    path = root / "proc/cpuinfo"
    return path.exists() and " hypervisor" in path.read_text(encoding="utf-8", errors="replace")


def swap(root: Path = Path("/"), system: str = sys.platform) -> Disk:
    """Return whether memory that the system writes to the disk, which may contain words, is encrypted."""
    if system == "darwin":
        return Disk("yes", "macOS encrypts its swap files")
    path = root / "proc/swaps"
    if system == "win32" or not path.exists():
        return Disk("unknown", "the system does not say")
    areas = [line.split()[0] for line in path.read_text(encoding="utf-8").splitlines()[1:] if line.strip()]
    on_disk = [area for area in areas if "/zram" not in area]
    if not on_disk:
        return Disk("yes", "nothing is swapped to a disk")
    if all(_area_is_encrypted(area, root) for area in on_disk):
        return Disk("yes", "the swap area is encrypted")
    return Disk("no", "the swap area is not encrypted, or comb cannot tell")


def _area_is_encrypted(area: str, root: Path) -> bool:
    block = root / "sys/class/block" / os.path.basename(os.path.realpath(area))
    if block.exists():
        return _is_encrypted(block.resolve())
    return luks(Path(area).parent, root).encrypted == "yes"
