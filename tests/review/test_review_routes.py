"""Every address of the API, asked directly by who reads blind and by who reads openly.

To the first none shows anything of others or of the model; where one does to the second, the look is noted.
"""

import re
from collections.abc import Callable
from typing import Any

import pytest
from starlette.routing import Route

from comb.review.storage.database import looks
from comb.review.storage.drafts import rows
from tests.review.room import BOX, GP, MODEL, NEVER, WIFE, Browser, Room, key, span

NAME = "new é"
ONE = "/api/transcripts/{id}"
BOOK = "/api/codebook"
KNOWS, NONE = key(NEVER, "knowledge"), "1-2:none"
SECRETS = (MODEL, "It slipped my mind", "what Ann thought", "Ann")
PLACE = dict(zip(("start", "end"), span(BOX), strict=True))

Call = tuple[str, dict[str, Any] | None]
"""What is appended to the route, or put in the place of its parameters, and the body that is sent."""


def _act(kind: str, **more: Any) -> Call:
    return "", {"act": kind, "base": 0, **more}


CALLS: dict[str, list[Call]] = {
    "GET /api/alive": [("", None)],
    "POST /api/again": [("", {"secret": ""})],
    "GET /api/me": [("", None)],
    "GET /api/codebook": [("", None)],
    "GET /api/transcripts": [("", None)],
    f"GET {ONE}": [("", None)],
    f"GET {ONE}/suggestions/{{key:path}}": [(KNOWS, None), (NONE, None)],
    f"GET {ONE}/bulk": [("?code=knowledge&score=0", None)],
    f"GET {ONE}/history": [("", None)],
    f"GET {ONE}/speakers": [("", None)],
    f"POST {ONE}/speakers": [("", {"speakers": []})],
    f"GET {ONE}/adjudication": [("", None), ("?a=Ann&b=Cleo", None)],
    f"POST {ONE}/acts": [
        _act("accept", suggestion=KNOWS),
        _act("reject", suggestion=KNOWS),
        _act("recode", suggestion=KNOWS, code="goals"),
        _act("valence", suggestion=KNOWS, valence="both"),
        _act("memo", suggestion=KNOWS, memo="?"),
        _act("memo", suggestion=NONE, memo="?"),
        _act("unsure", suggestion=KNOWS, unsure=True),
        _act("note", memo="?"),
        _act("seen", suggestions=[KNOWS, NONE]),
        _act("bulk_accept", code="knowledge", score=0.0),
        _act("code", code="goals", **PLACE),
        _act("uncode", coding="none"),
        _act("finish"),
        _act("reopen"),
    ],
    f"POST {ONE}/queue": [
        ("", {"acts": [{"act": "seen", "suggestions": [KNOWS]}]}),
        ("", {"acts": [{"act": "memo", "base": 0, "suggestion": KNOWS, "memo": "?"}]}),
        ("", {"acts": [{"act": "adjudicate", "base": 0, "codes": [], **PLACE}]}),
        ("", {"acts": [{"act": "undo", "base": 0, "coder": "consensus"}]}),
    ],
    f"POST {ONE}/undo": [("", {"base": 0}), ("", {"base": 0, "coder": "consensus"})],
    f"POST {ONE}/redo": [("", {"base": 0}), ("", {"base": 0, "coder": "consensus"})],
    f"POST {ONE}/mode": [("", {"mode": "audit"}), ("", {"mode": "blind"})],
    f"POST {ONE}/adjudicate": [("", {"base": 0, "codes": [], **PLACE})],
    "GET /api/memos": [("", None)],
    "POST /api/memos": [("", {"base": 0, "memo": "of the study"}), ("", {"base": 0, "code": "goals", "memo": "?"})],
    "POST /api/memos/undo": [("", {"base": 0})],
    "POST /api/memos/redo": [("", {"base": 0})],
    "GET /api/notes": [("", None)],
    "GET /api/search": [("", None)],
    "POST /api/search": [
        ("", {"words": "box"}),
        ("", {"code": "knowledge"}),
        ("", {"coder": "Ann"}),
        ("", {"code": "goals", "words": "nobody says this"}),
        ("", {"decision": "open"}),
        ("", {"decision": "rejected"}),
    ],
    "POST /api/search/file": [("", {"words": "box", "format": "csv"}), ("", {"code": "knowledge", "format": "csv"})],
    "GET /api/overview": [("", None)],
    "GET /api/overview/agreement": [("", None)],
    "POST /api/overview/codes": [("", {}), ("", {"coder": "Ann"})],
    "POST /api/overview/file": [
        ("", {"what": "progress", "format": "csv"}),
        ("", {"what": "codes", "format": "csv"}),
        ("", {"what": "agreement", "format": "csv"}),
    ],
    "GET /api/team": [("", None)],
    "GET /api/team/conflicts": [("", None)],
    "POST /api/team/people": [("", {"name": "Dai", "role": "coder", "password": "long enough it is"})],
    "POST /api/team/assign": [("", {"add": [{"transcript": NAME, "coder": "Ben"}]})],
    "POST /api/team/draw": [("", {"share": 0.5, "coders": ["Ben", "Dai"]})],
    "POST /api/team/share": [("", {"coders": ["Ben"]})],
    "GET /api/train": [("", None)],
    "GET /api/jobs": [("", None)],
    "POST /api/jobs": [("", {"kind": "nothing"})],
    "POST /api/jobs/cancel": [("", None)],
    "GET /api/report": [("", None)],
    "GET /api/report/forms/{form}": [("matrix", None)],
    "POST /api/report/forms/{form}": [("matrix", {})],
    "GET /api/report/zip/{folder}": [("docx", None)],
    "GET /api/files/{path:path}": [("synthesis/report.html", None)],
    "GET /api/pseudonyms": [("", None)],
    "POST /api/pseudonyms": [("", {"rows": []})],
    "POST /api/pseudonyms/look": [("", None)],
    "POST /api/add": [("", None)],
    "POST /api/add/{batch}/files": [("", None)],
    "POST /api/add/{batch}/remove": [("", {"name": "x"})],
    "POST /api/add/{batch}/preview": [("", {"files": []})],
    "POST /api/add/{batch}/apply": [("", {"files": []})],
    "POST /api/add/{batch}/discard": [("", None)],
    "POST /api/export": [("", None)],
    "POST /api/stop": [("", None)],
    f"GET {BOOK}/page": [("", None)],
    f"GET {BOOK}/counts": [("", None)],
    f"GET {BOOK}/versions/{{version:int}}": [("0", None)],
    f"POST {BOOK}/edit": [
        ("", {"edit": {"edit": "delete", "code": "knowledge"}, "seen": "-"}),
        ("", {"edit": {"edit": "merge", "code": "knowledge", "into": "goals"}, "seen": "-", "dry_run": True}),
    ],
    f"POST {BOOK}/undo": [("", {"seen": "-"})],
    f"POST {BOOK}/restore": [("", {"seen": "-", "version": 0})],
    f"POST {BOOK}/passages": [("", {"code": "knowledge"}), ("", {"code": "knowledge", "others": True})],
    f"POST {BOOK}/give": [
        ("", {"transcript": NAME, "coding": "none", "code": "knowledge", "into": ["goals"]}),
        ("", {"transcript": NAME, "coder": "Ann", "coding": "none", "code": "knowledge", "into": ["goals"]}),
    ],
    f"POST {BOOK}/export": [("", {"format": "yaml"}), ("", {"format": "qdc"})],
    f"POST {BOOK}/import": [("", {"name": "x.yaml", "content": ""})],
    f"POST {BOOK}/wording": [("", {"text": "words"})],
    f"POST {BOOK}/proposals": [("", {"text": "a note"})],
}
EVERY = [(route, call) for route, calls in CALLS.items() for call in calls]
NAMED = (
    "GET /api/transcripts",
    "POST /api/export",
    "GET /api/search",
    "GET /api/overview",
    "GET /api/team",
    "POST /api/team/draw",
)
"""Say who coded, and how much, and nothing of what: the list of those that are read openly, an export of its files."""
FINISHED = ("POST /api/export", "GET /api/overview", "GET /api/team", "POST /api/team/draw")
"""Say also to who reads blind who has finished, or codes, a transcript; and nothing of how much, or what."""
REVEALING = [
    (route, call)
    for route, call in EVERY
    if "suggestion" in route
    or route.endswith(
        (
            "/bulk",
            "/history",
            "/adjudication",
            "/adjudicate",
            "/conflicts",
            f"{BOOK}/counts",
            "/overview/agreement",
            "/overview/codes",
            ONE,
        )
    )
    or (route.endswith("/overview/file") and "progress" not in str(call[1]))
    or (route.startswith("POST /api/search") and "box" not in str(call[1]))
    or route in ("GET /api/report/zip/{folder}", "GET /api/report/forms/{form}", "GET /api/files/{path:path}")
    or any(word in str(call[1]) for word in ("suggestion", "bulk_accept", "consensus", "adjudicate"))
    or (BOOK in route and any(word in str(call[1]) for word in ("others", "'Ann'")))
]


def ask(ben: Browser, route: str, call: Call) -> str:
    """Ask the API, whatever it answers; return the answer's words."""
    method, path = route.split(" ")
    rest, body = call
    url = path.replace("{id}", NAME)
    last = re.search(r"\{\w+(:\w+)?\}", url)
    url = url.replace(last[0], rest) if last else url + rest
    answer = ben.http.get(url) if method == "GET" else ben.http.post(url, json=body)
    assert answer.status_code < 500, answer.text
    return answer.text


def others_code(room: Room) -> None:
    """Ann and Cleo code blind, and finish; files with what they coded are there to be downloaded."""
    for coder in ("Ann", "Cleo"):
        one = room.browser(coder, "blind")
        one.open()
        one.code(NEVER, "knowledge", memo=f"what {coder} thought")
        one.act("finish")
    for place in (room.study.synthesis / "report.html", room.study.downloads / "docx" / "talk.docx"):
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("what Ann thought")


def shown(said: str, *, named: bool) -> list[str]:
    """List what an answer shows of others and of the model; names of coders are let through where they are due."""
    return [secret for secret in SECRETS if secret in said and not (named and secret == "Ann")]


def looked(room: Room) -> list[str]:
    with room.database.read() as db:
        return sorted({row["what"] for row in rows(db, looks, coder="Ben")})


def test_the_table_holds_every_route(room: Room) -> None:
    app: Any = room.browser().http.app
    routes = [route for route in app.app.routes if isinstance(route, Route) and route.path.startswith("/api/")]
    assert {f"{method} {route.path}" for route in routes for method in (route.methods or set()) - {"HEAD"}} == {*CALLS}


def test_who_reads_blind_is_shown_nothing_by_any_route(room: Room) -> None:
    others_code(room)
    for route, call in EVERY:
        if call[1] and call[1].get("act") == "finish":
            continue
        ben = room.browser("Ben", "blind")
        said = ask(ben, route, call)
        assert shown(said, named=route in FINISHED) == [], (route, call)
    assert looked(room) == []


@pytest.mark.parametrize(("route", "call"), EVERY, ids=lambda part: str(part)[:60])
def test_what_shows_something_is_noted(plain: Any, route: str, call: Call) -> None:
    room = Room(plain, plain.review)
    others_code(room)
    said = ask(room.browser("Ben"), route, call)
    if (route, call) in REVEALING:
        assert looked(room), "what it shows, or that it shows nothing, says something of others or of the model"
    else:
        assert shown(said, named=route in NAMED) == []
    room.database.close()


def test_the_history_of_what_others_took_back_is_noted(room: Room) -> None:
    ann = room.browser("Ann", name="old")
    ann.open()
    coding = ann.code(WIFE, "knowledge", memo="what Ann thought")
    ann.act("uncode", coding=coding)
    ben = room.browser("Ben", name="old")
    assert ben.open()["codings"] == []
    assert "what Ann thought" in str(ben.get("history"))
    assert looked(room) == ["codings"]


SHOWS: list[Callable[[Browser], Any]] = [
    lambda ben: ben.get(),
    lambda ben: ben.get("history"),
    lambda ben: ben.get(f"suggestions/{KNOWS}"),
    lambda ben: ben.get("bulk?code=knowledge&score=0"),
]


@pytest.mark.parametrize("number", range(len(SHOWS)))
def test_what_is_coded_after_any_look_is_not_blind(room: Room, number: int) -> None:
    ben = room.browser("Ben")
    SHOWS[number](ben)
    # Not opened before: that would be a look by itself.
    start, end = span(GP)
    ben.act("code", start=start, end=end, code="goals", base=0)
    assert ben.get()["blind"] == "no"
