"""Does with a .qdpx what QualCoder 4.0-beta does when it opens one, as its source code (``refi.py``) has it.

The coder of all codings of a selection is the selection's; their memo is its description; a coding that the same coder
has already is dropped; a code below a code is a sub-code (``supercid``); notes without a file are left out.
"""

import sqlite3
import zipfile
from pathlib import Path
from typing import Any

from lxml import etree

TABLES = """
create table project (databaseversion text, date text, memo text, about text);
create table source (id integer primary key, name text, fulltext text, mediapath text, memo text, owner text,
  date text, av_text_id integer, risid integer, unique(name));
create table code_text (ctid integer primary key, cid integer, fid integer, seltext text, pos0 integer, pos1 integer,
  owner text, date text, memo text, avid integer, important integer, unique(cid,fid,pos0,pos1,owner));
create table code_cat (catid integer primary key, name text, owner text, date text, memo text, supercatid integer);
create table code_name (cid integer primary key, name text, memo text, catid integer, owner text, date text,
  color text, supercid integer, unique(name));
create table annotation (anid integer primary key, fid integer, pos0 integer, pos1 integer, memo text, owner text,
  date text);
insert into project values ('v14', '2026-01-01', '', 'QualCoder');
"""


def tag(element: Any) -> str:
    return etree.QName(element).localname


def through_qualcoder(given: Path, folder: Path) -> Path:
    """Make a QualCoder project of a .qdpx."""
    folder.mkdir()
    with zipfile.ZipFile(given) as archive:
        root = etree.fromstring(archive.read("project.qde"))
        texts = {Path(name).name: archive.read(name).decode() for name in archive.namelist() if name.endswith(".txt")}
    with sqlite3.connect(folder / "data.qda") as database:
        database.executescript(TABLES)
        users = {user.get("guid"): user.get("name") for user in root.iter("{*}User")}
        codes: dict[str, int] = {}
        for code in root.iterfind("{*}CodeBook/{*}Codes/{*}Code"):
            add_code(database, code, None, codes)
        for source in root.iterfind("{*}Sources/{*}TextSource"):
            text = texts[source.get("plainTextPath").removeprefix("internal://")]
            values = (source.get("name"), text, "default", time(source))
            fid = database.execute("insert into source(name,fulltext,owner,date) values(?,?,?,?)", values).lastrowid
            for selection in source.iterfind("{*}PlainTextSelection"):
                add_codings(database, selection, fid, text, users, codes)
        for note in root.iterfind("{*}Notes/{*}Note"):
            note.get("creationDateTime").replace("T", " ")  # QualCoder stops at a note without a time
    database.close()
    return folder


def add_code(database: sqlite3.Connection, code: Any, above: int | None, codes: dict[str, int]) -> None:
    memo = "".join(child.text or "" for child in code if tag(child) == "Description")
    values = (code.get("name"), memo, code.get("color"), above)
    cid = database.execute("insert into code_name(name,memo,color,supercid) values(?,?,?,?)", values).lastrowid
    codes[code.get("guid")] = cid
    for child in code.iterfind("{*}Code"):
        add_code(database, child, cid, codes)


def add_codings(
    database: sqlite3.Connection,
    selection: Any,
    fid: int | None,
    text: str,
    users: dict[str, str],
    codes: dict[str, int],
) -> None:
    start, end = int(selection.get("startPosition")), int(selection.get("endPosition"))
    owner = users.get(selection.get("creatingUser"), "default")
    memo = "".join(child.text or "" for child in selection if tag(child) == "Description")
    place = (fid, start, end, owner, memo, time(selection))
    elements = [child for child in selection if tag(child) == "Coding"]
    for element in elements:
        cid = codes[element[0].get("targetGUID")]
        insert = "insert or ignore into code_text(cid,fid,pos0,pos1,owner,memo,date,seltext) values(?,?,?,?,?,?,?,?)"
        database.execute(insert, (cid, *place, text[start:end]))
    if not elements:
        database.execute("insert into annotation(fid,pos0,pos1,owner,memo,date) values(?,?,?,?,?,?)", place)


def time(element: Any) -> str:
    found = element.get("creationDateTime") or element.get("modifiedDateTime") or "2026-11-25T12:00:00Z"
    return found.replace("T", " ").replace("Z", "")
