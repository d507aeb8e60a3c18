"""Taguette out: a project that Taguette imports (``.sqlite3``), and its codebook as CSV.

In Taguette, everything in an imported project belongs to the person who imports it, and there are no valences or memos.
Coder and valence are written as tags of comb's own beside the codes, so that Taguette shows them and comb can read them
back; memos are lost.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from html import escape
from itertools import accumulate
from pathlib import Path

from comb.codebook import Code, Codebook
from comb.errors import BadInputError
from comb.exchange.note_fields import Fields, write_description
from comb.exchange.project import Project
from comb.exchange.tables.spreadsheet_cells import write_csv
from comb.records import Coding
from comb.study.atomic import workspace
from comb.study.files import copy_file

MARKS = ("coder", "valence")
"""Parents of comb's own tags, with which their descriptions begin: ``comb coder: Ann``."""
VERSION = "db5e31a0233d"
"""The version of its tables that Taguette 1.5.2 writes; later ones bring an older file up to date."""
LONGEST_NAME, LONGEST_PATH = 50, 200
TABLES = """
CREATE TABLE users (login VARCHAR(30) NOT NULL PRIMARY KEY, created DATETIME NOT NULL, hashed_password VARCHAR(192),
 disabled BOOLEAN NOT NULL, password_set_date DATETIME, language VARCHAR(10), email VARCHAR(256), email_sent DATETIME);
CREATE TABLE project_members (project_id INTEGER NOT NULL, user_login VARCHAR(30) NOT NULL,
 privileges VARCHAR(11) NOT NULL, PRIMARY KEY (project_id, user_login));
CREATE TABLE projects (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, name VARCHAR(200) NOT NULL,
 description TEXT NOT NULL, created DATETIME NOT NULL);
CREATE TABLE documents (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, name VARCHAR(200) NOT NULL,
 description TEXT NOT NULL, filename VARCHAR(200) NOT NULL, created DATETIME NOT NULL, project_id INTEGER NOT NULL,
 text_direction VARCHAR(13) NOT NULL, contents TEXT NOT NULL);
CREATE TABLE commands (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, date DATETIME NOT NULL,
 user_login VARCHAR(30) NOT NULL, project_id INTEGER NOT NULL, document_id INTEGER, payload TEXT NOT NULL);
CREATE TABLE tags (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, project_id INTEGER NOT NULL,
 path VARCHAR(200) NOT NULL, description TEXT NOT NULL, UNIQUE (project_id, path));
CREATE TABLE highlights (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, document_id INTEGER NOT NULL,
 start_offset INTEGER NOT NULL, end_offset INTEGER NOT NULL, snippet TEXT NOT NULL);
CREATE TABLE highlight_tags (highlight_id INTEGER NOT NULL, tag_id INTEGER NOT NULL,
 PRIMARY KEY (highlight_id, tag_id));
CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY);
"""


def write_tags(project: Project, path: Path) -> list[str]:
    """Write the codebook as Taguette imports it: the columns ``tag`` and ``description``.

    Raises BadInputError if there is none.
    """
    if project.codebook is None:
        raise BadInputError("there is no codebook", where=path.name, remedy="Write configs/codebook.yaml first.")
    write_csv(path, (("tag", "description"), list(_tags(project.codebook))))
    return []


def write_taguette(project: Project, path: Path) -> list[str]:
    """Write a project that Taguette can import; return warnings on things that it cannot contain."""
    with workspace(path.parent) as folder:
        file = folder / "project.sqlite3"
        try:
            with closing(sqlite3.connect(file)) as database, database:
                database.executescript(TABLES)
                database.execute("INSERT INTO alembic_version VALUES (?)", (VERSION,))
                _fill(database, project)
        except sqlite3.OperationalError:  # SQLite says no more than that it could not write
            remedy = "Make room on the disk, or write to another folder (--out)."
            raise BadInputError("the project cannot be written", where=path.name, remedy=remedy) from None
        copy_file(file, path)
    lost = {
        "memos": sum(bool(coding.memo) for coding in project.codings),
        "spans that were read without a code": sum(not coding.code for coding in project.codings),
        "suggestions": len(project.suggestions),
        "attributes of transcripts": sum(map(len, project.attributes.values())),
    }
    return [f"{count} {what}: Taguette has no place for them" for what, count in lost.items() if count]


def _fill(database: sqlite3.Connection, project: Project) -> None:
    created = (project.changed or "1970-01-01T00:00:00Z").replace("T", " ").replace("Z", ".000000")
    name = project.name[:LONGEST_NAME] or "comb"
    database.execute("INSERT INTO projects VALUES (1, ?, '', ?)", (name, created))
    tags = _write_tags(database, project)
    coded: dict[str, list[Coding]] = defaultdict(list)
    for coding in project.codings:
        if coding.code:
            coded[coding.transcript].append(coding)
    for number, (key, transcript) in enumerate(sorted(project.transcripts.items()), 1):
        lines = transcript.text.split("\n")
        contents = "".join(f"<p>{escape(line, quote=False)}</p>" for line in lines if line.strip())
        insert = "INSERT INTO documents VALUES (?, ?, '', ?, ?, 1, 'LEFT_TO_RIGHT', ?)"
        database.execute(insert, (number, key[:LONGEST_NAME], f"{key[:90]}.txt", created, contents))
        _write_highlights(database, number, transcript.text, coded[key], tags)


def _write_tags(database: sqlite3.Connection, project: Project) -> dict[str, int]:
    """Write all tags; return the id of each by its code, coder or valence."""
    rows: dict[str, tuple[str, str]] = {}
    if project.codebook is not None:
        rows = dict(zip(project.codebook.codes, _tags(project.codebook), strict=True))
    for coding in project.codings:
        if coding.code:
            rows.setdefault(coding.code, (coding.code[:LONGEST_PATH], ""))
            for kind, value in zip(MARKS, (coding.coder, coding.valence), strict=True):
                if value:
                    path = f"{kind}.{value.replace('.', ' ')}"[:LONGEST_PATH]
                    rows.setdefault(f"{kind}: {value}", (path, f"comb {kind}: {value}"))
    ids = {key: number for number, key in enumerate(rows, 1)}
    insert = "INSERT INTO tags VALUES (?, 1, ?, ?)"
    database.executemany(insert, [(ids[key], path, description) for key, (path, description) in rows.items()])
    return ids


def _write_highlights(
    database: sqlite3.Connection, document: int, text: str, codings: Sequence[Coding], tags: Mapping[str, int]
) -> None:
    """Write a highlight for each span, coder and valence."""
    found: dict[tuple[int, int, str, str], dict[str, None]] = defaultdict(dict)
    for coding in sorted(codings, key=lambda one: (one.start, one.end, one.coder, one.valence, one.code)):
        found[coding.start, coding.end, coding.coder, coding.valence][coding.code] = None
    byte = _bytes_before(text)
    for (start, end, coder, valence), codes in found.items():
        snippet = "".join(f"<p>{escape(line, quote=False)}</p>" for line in text[start:end].split("\n") if line.strip())
        insert = "INSERT INTO highlights(document_id, start_offset, end_offset, snippet) VALUES (?, ?, ?, ?)"
        number = database.execute(insert, (document, byte[start], byte[end], snippet)).lastrowid
        marks = [f"coder: {coder}", *([f"valence: {valence}"] if valence else [])]
        database.executemany(
            "INSERT INTO highlight_tags VALUES (?, ?)", [(number, tags[key]) for key in (*codes, *marks)]
        )


def _bytes_before(text: str) -> list[int]:
    """Count, for each place in a text, the bytes before it that stand in paragraphs; blank lines are none."""
    sizes: list[int] = []
    for line in text.split("\n"):
        kept = bool(line.strip())
        sizes += [len(char.encode("utf-8", "replace")) if kept else 0 for char in line]
        sizes.append(0)
    return list(accumulate(sizes, initial=0))


def _tags(book: Codebook) -> Iterator[tuple[str, str]]:
    """List paths and descriptions of a codebook's codes; a path is made of names with dots between."""
    taken: set[str] = set()
    for code in book:
        path = ".".join(book.codes[one].name.replace(".", " ") for one in code.path)
        path = path if len(path) <= LONGEST_PATH and path not in taken else code.id[:LONGEST_PATH]
        taken.add(path)
        yield path, _description(code)


def _description(code: Code) -> str:
    fields: Fields = [(key, getattr(code, key)) for key in ("include", "exclude") if getattr(code, key)]
    fields += [("example", example) for example in code.examples]
    return write_description(code.definition, [*fields, ("id", code.id)])
