"""Makes .qdpx files as other programs write them, good and bad."""

import zipfile
from collections.abc import Mapping
from pathlib import Path

NAMESPACE = "urn:QDA-XML:project:1.0"
USER = "11111111-1111-1111-1111-111111111111"
CODE = "22222222-2222-2222-2222-222222222222"
SOURCE = "33333333-3333-3333-3333-333333333333"
CODEBOOK = f'<CodeBook><Codes><Code guid="{CODE}" name="Cost" isCodable="true"/></Codes></CodeBook>'
USERS = f'<Users><User guid="{USER}" name="Ann" id="A"/></Users>'


def selection(start: int | str, end: int | str, number: int = 0, inside: str | None = None, **attributes: str) -> str:
    """Make a selection, coded with the one code by the one user unless ``inside`` says otherwise."""
    reference = f'<CodeRef targetGUID="{CODE}"/>'
    coding = f'<Coding guid="44444444-4444-4444-4444-{number:012d}" creatingUser="{USER}">{reference}</Coding>'
    more = "".join(f' {key}="{value}"' for key, value in attributes.items())
    guid = f"55555555-5555-5555-5555-{number:012d}"
    content = coding if inside is None else inside
    place = f'startPosition="{start}" endPosition="{end}"'
    return f'<PlainTextSelection guid="{guid}" {place}{more}>{content}</PlainTextSelection>'


def source(inside: str = "", path: str = "internal://a.txt", **attributes: str) -> str:
    """Make a text source."""
    more = "".join(f' {key}="{value}"' for key, value in {"name": "P01", "plainTextPath": path, **attributes}.items())
    return f'<TextSource guid="{SOURCE}"{more}>{inside}</TextSource>'


def project(sources: str = "", before: str = USERS + CODEBOOK, after: str = "", origin: str = "Test 1") -> str:
    """Make a whole project."""
    inside = f"{before}<Sources>{sources}</Sources>{after}" if sources else before + after
    head = f'<Project xmlns="{NAMESPACE}" name="p" origin="{origin}">'
    return f'<?xml version="1.0" encoding="utf-8"?>\n{head}{inside}</Project>'


def qdpx(
    path: Path,
    xml: str | bytes,
    files: Mapping[str, bytes] = {},
    name: str = "project.qde",
    method: int = zipfile.ZIP_STORED,
) -> Path:
    """Write a .qdpx."""
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr(name, xml)
        for other, content in files.items():
            archive.writestr(other, content)
    return path


def coded(path: Path, text: bytes, *selections: str, **attributes: str) -> Path:
    """Write a .qdpx with one text and its selections."""
    return qdpx(path, project(source("".join(selections), **attributes)), {"sources/a.txt": text})
