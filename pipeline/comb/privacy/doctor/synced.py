"""Check whether a folder is copied to other machines by a cloud service, a synchronising program or a network drive.

The evidence is what these programs leave: environment variables, files that list the folders they copy, marker files,
attributes of Windows, and finally the names of folders. A renamed folder of a program that leaves none of these is not
noticed.
"""

import configparser
import json
import os
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_NAMES = {
    "OneDrive": r"onedrive( ?- .*)?|skydrive",
    "SharePoint": r"sharepoint( - .*)?",
    "Dropbox": r"dropbox( \(.*\))?",
    "iCloud Drive": r"icloud ?drive|com~apple~clouddocs|mobile documents",
    "Google Drive": r"google ?drive( .*|-.*)?|googledrive-.*|my drive|\.shortcut-targets-by-id",
    "Nextcloud": r"nextcloud\d*",
    "ownCloud": r"owncloud\d*",
    "sciebo": r"sciebo",
    "Box": r"box( sync)?|box-box",
    "pCloud": r"pcloud ?(drive|sync)",
    "MEGA": r"mega(sync)?",
    "Seafile": r"seafile|seadrive.*",
    "Proton Drive": r"proton ?drive|protondrive-.*",
    "Syncthing": r"syncthing",
}
_BY_NAME = {service: re.compile(pattern, re.IGNORECASE) for service, pattern in _NAMES.items()}
_MARKERS = {
    ".dropbox": "Dropbox",
    ".dropbox.cache": "Dropbox",
    ".owncloudsync.log": "ownCloud",
    ".nextcloudsync.log": "Nextcloud",
    ".tmp.drivedownload": "Google Drive",
    ".tmp.driveupload": "Google Drive",
    ".stfolder": "Syncthing",
    ".seafile-data": "Seafile",
    ".sync/ID": "Resilio Sync",
    ".849C9593-D756-4E56-8D6E-42412F2A707B": "OneDrive",
}
_SYNC_DATABASE = re.compile(r"\.(_)?sync_[0-9a-f]+\.db")
_VARIABLES = {
    "OneDrive": "OneDrive",
    "OneDriveCommercial": "OneDrive",
    "OneDriveConsumer": "OneDrive",
    "DROPBOX_PATH": "Dropbox",
}
_CLOUD_TAG, _CLOUD_MASK = 0x9000001A, 0xFFFF0FFF
"""Reparse tags of Windows for files that a cloud service keeps."""
_NETWORK = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "fuse.sshfs", "fuse.rclone"}
_NETWORK |= {"davfs", "fuse.davfs2", "fuse.google-drive-ocamlfuse", "fuse.gvfsd-fuse", "fuse.onedriver"}


@dataclass(frozen=True)
class Computer:
    """Facts about a computer from which to see what it copies; tests make up others."""

    system: str
    """linux, darwin or win32."""
    home: Path
    environment: Mapping[str, str]
    mounts: str = ""
    """The content of /proc/self/mounts, if it exists."""


def sync_services(folder: Path, computer: Computer) -> list[str]:
    """Return the services that copy a folder, with the evidence; none if nothing was noticed."""
    found: dict[str, str] = {}
    for path in dict.fromkeys((folder.absolute(), folder.resolve())):
        for service, how in _of(path, computer):
            found.setdefault(service, how)
    return [f"{service} ({how})" for service, how in found.items()]


def _of(path: Path, computer: Computer) -> Iterator[tuple[str, str]]:
    for root, service, how in (*_variables(computer), *_configured(computer)):
        if _is_below(path, root):
            yield service, how
    for parent in (path, *path.parents):
        yield from _by_markers(parent)
    for part in path.parts:
        for service in (service for service, pattern in _BY_NAME.items() if pattern.fullmatch(part)):
            yield service, "by the folder's name"
    yield from _of_macos(path, computer)
    if kind := _network_drive(path, computer.mounts):
        yield "a network drive", f"a file system of kind {kind}"


def _variables(computer: Computer) -> Iterator[tuple[Path, str, str]]:
    """Yield folders that variables name, with their service and how that was told."""
    for name, service in _VARIABLES.items():
        if computer.environment.get(name):
            yield Path(computer.environment[name]), service, f"the variable {name} names the folder"


def _configured(computer: Computer) -> Iterator[tuple[Path, str, str]]:
    """Yield folders that settings of programs name."""
    homes = [computer.home]
    homes += [Path(computer.environment[name]) for name in ("APPDATA", "LOCALAPPDATA") if name in computer.environment]
    for home in homes:
        for folder in ("Dropbox", ".dropbox"):
            for path in _dropbox_folders(home / folder / "info.json"):
                yield path, "Dropbox", "its settings name the folder"
    for program in ("Nextcloud", "ownCloud"):
        for home in (*homes, computer.home / ".config", computer.home / "Library" / "Preferences"):
            for path in _nextcloud_folders(home / program / f"{program.lower()}.cfg"):
                yield path, program, "its settings name the folder"


def _by_markers(folder: Path) -> Iterator[tuple[str, str]]:
    if service := _marked(folder):
        yield service, "it leaves marker files there"
    if _is_cloud_file(folder):
        yield "a cloud service", "Windows marks the folder so"


def _dropbox_folders(settings: Path) -> list[Path]:
    try:
        accounts: Any = json.loads(settings.read_text(encoding="utf-8"))
        return [Path(account["path"]) for account in accounts.values()]
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return []


def _nextcloud_folders(settings: Path) -> list[Path]:
    parser = configparser.RawConfigParser(strict=False)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    try:
        parser.read_string(settings.read_text(encoding="utf-8"))
    except (OSError, ValueError, configparser.Error):
        return []
    pairs = [pair for section in parser.sections() for pair in parser.items(section)]
    return [Path(value) for name, value in pairs if name.endswith("localPath") and value]


def _is_below(path: Path, root: Path) -> bool:
    return any(path == place or path.is_relative_to(place) for place in (root, root.resolve()))


def _marked(folder: Path) -> str:
    for name, service in _MARKERS.items():
        if (folder / name).exists() and not (name == ".dropbox" and (folder / name).is_dir()):
            return service  # ~/.dropbox is where Dropbox keeps its settings: home is not copied for that
    try:
        names = os.listdir(folder)
    except OSError:
        return ""
    return "Nextcloud or ownCloud" if any(map(_SYNC_DATABASE.fullmatch, names)) else ""


def _is_cloud_file(path: Path) -> bool:
    try:
        facts = path.lstat()
    except OSError:
        return False
    tag = getattr(facts, "st_reparse_tag", 0)
    recalled = getattr(facts, "st_file_attributes", 0) & getattr(stat, "FILE_ATTRIBUTE_RECALL_ON_DATA_ACCESS", 0)
    return bool(recalled) or tag & _CLOUD_MASK == _CLOUD_TAG


def _of_macos(path: Path, computer: Computer) -> Iterator[tuple[str, str]]:
    if computer.system != "darwin":
        return
    library = computer.home / "Library"
    if _is_below(path, library / "CloudStorage"):
        yield "a cloud service", "macOS keeps the folders of cloud services there"
    for name in ("Desktop", "Documents"):
        copied = library / "Mobile Documents" / "com~apple~CloudDocs" / name
        if _is_below(path, computer.home / name) and copied.exists():
            yield "iCloud Drive", f"your {name} folder is kept in iCloud"


def _network_drive(path: Path, mounts: str) -> str:
    """Return the kind of file system that a path lies on where that is on another machine."""
    best, kind = "", ""
    for line in mounts.splitlines():
        fields = line.split()
        if len(fields) < 3:
            continue
        point = re.sub(r"\\(\d{3})", lambda code: chr(int(code[1], 8)), fields[1])
        if len(point) >= len(best) and _is_below(path, Path(point)):
            best, kind = point, fields[2]
    return kind if kind in _NETWORK else ""
