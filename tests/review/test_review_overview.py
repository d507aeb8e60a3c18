"""The overview: progress, frequencies, agreement; each person sees what that person may."""

import base64
import json
import time
from typing import Any

import pytest

from comb.review.storage.database import looks
from comb.review.storage.drafts import rows
from comb.review.storage.export import export
from tests.conftest import Comb
from tests.review.room import BOX, FORGOT, GP, NEVER, WIFE, Browser, Room
from tests.review.test_review_members import a_team
from tests.review.test_review_team import sign_in

pytestmark = pytest.mark.usefixtures("quick_hashes")

CODED = {
    "Ann": [(NEVER, "knowledge"), (WIFE, "social_influences"), (FORGOT, "knowledge"), (GP, "intentions")],
    "Ben": [(NEVER, "knowledge"), (WIFE, "environment_resources"), (FORGOT, "emotion"), (GP, "intentions")],
}


def code(browser: Browser, coder: str, name: str = "old", *, finish: bool = True) -> None:
    browser.open(name)
    for words, one in CODED[coder]:
        browser.code(words, one, valence="barrier" if one == "knowledge" else "")
    if finish:
        browser.act("finish")


def cells(browser: Browser, name: str = "old") -> dict[str, Any]:
    (row,) = [row for row in browser.get("/api/overview")["transcripts"] if row["id"] == name]
    return row["cells"]


def agreement(browser: Browser) -> dict[str, Any]:
    for _ in range(60):
        found = browser.get("/api/overview/agreement")
        if found["ready"]:
            return found
        time.sleep(0.2)
    raise AssertionError("the comparison did not end")


def counted(browser: Browser, **asked: str) -> dict[str, dict[str, Any]]:
    return {one["code"]: one for one in browser.post("/api/overview/codes", **asked)["codes"]}


# ---- progress


def test_leads_see_how_far_everybody_is_and_coders_who_has_finished(room: Room) -> None:
    team = a_team(room)
    lea, ann, ben = (sign_in(team, name) for name in ("Lea", "Ann", "Ben"))
    code(ann, "Ann")
    code(ben, "Ben", finish=False)
    assert cells(lea) == {
        "Ann": {"state": "finished", "codings": None},
        "Ben": {"state": "begun", "codings": None},
    }, "she reads it blind herself: no counts"
    lea.post("/api/transcripts/old/mode", mode="open")
    assert {name: cell["codings"] for name, cell in cells(lea).items()} == {"Ann": 4, "Ben": 4}
    assert cells(ben) == {"Ann": {"state": "finished", "codings": None}, "Ben": {"state": "begun", "codings": 4}}
    assert cells(ann) == {"Ann": {"state": "finished", "codings": 4}}, "that Ben has begun is Ben's"
    assert cells(sign_in(team, "Rhys"))["Ben"]["codings"] == 4


# ---- frequencies


def test_how_often_codes_are_used(local: Room) -> None:
    ann = local.browser("Ann")
    code(ann, "Ann")
    code(local.browser("Ben"), "Ben")
    found = counted(ann)
    assert found["knowledge"]["passages"] == 3
    assert found["knowledge"]["coders"] == {"Ann": 2, "Ben": 1}
    assert found["knowledge"]["valences"]["barrier"] == 3
    assert found["opportunity"]["passages"] == 2, "with the codes below it"
    assert counted(ann, coder="Ben")["knowledge"]["passages"] == 1
    for one in found.values():
        assert ann.post("/api/search", code=one["code"])["total"] == one["passages"], "counts open to the passages"


def test_codes_by_group_of_participants(local: Room) -> None:
    local.study.attributes.write_text("transcript,gender\nold,woman\nnew é,man\n", encoding="utf-8")
    ann = local.browser("Ann")
    code(ann, "Ann")
    code(ann, "Ann", "new é", finish=False)
    code(local.browser("Ben"), "Ben")
    answer = ann.post("/api/overview/codes", attribute="gender")
    assert answer["people"] == {"man": 1, "woman": 1}
    (one,) = [row for row in answer["codes"] if row["code"] == "knowledge"]
    assert one["groups"] == {"man": {"passages": 2, "people": 1}, "woman": {"passages": 2, "people": 1}}
    assert answer["picture"].startswith("data:image/svg+xml;base64,")
    found = ann.post("/api/search", code="knowledge", coder="Ann", attribute="gender", value="man")
    assert {place["transcript"] for place in found["places"]} == {"new é"}


def test_who_reads_blind_counts_the_own_codings_only(room: Room) -> None:
    team = a_team(room)
    ann, ben = sign_in(team, "Ann"), sign_in(team, "Ben")
    code(ann, "Ann")
    code(ben, "Ben", finish=False)
    assert counted(ben)["knowledge"]["coders"] == {"Ben": 1}
    assert "social_influences" not in counted(ben)
    assert "no two coders to compare yet" in agreement(ben)["none"]
    with room.database.read() as db:
        assert rows(db, looks, coder="Ben") == []
    ben.act("finish")
    assert counted(ben)["knowledge"]["coders"] == {"Ann": 2, "Ben": 1}
    with room.database.read() as db:
        assert {row["what"] for row in rows(db, looks, coder="Ben")} == {"codings"}


# ---- agreement


def test_agreement_is_that_of_comb_agree(local: Room, comb: Comb) -> None:
    ann, ben = local.browser("Ann"), local.browser("Ben")
    code(ann, "Ann")
    assert "two people finish the same transcripts" in agreement(ann)["none"]
    code(ben, "Ben")
    shown = agreement(ann)["tables"]
    assert "Agreement of Ann and Ben" in shown[0]["title"]
    api = local.api()
    export(api.library, api.ledger)
    comb.folder = local.study.root
    comb("segment")
    comb("agree", "--json", "found.json")
    found = json.loads((local.study.root / "found.json").read_text(encoding="utf-8"))
    values = {row[0]: row[1:3] for row in shown[0]["rows"]}
    kappa = found["overall"]["cohen_kappa"]
    assert values["Cohen's kappa"][0] == f"{kappa['value']:.2f}"
    by_code = {row[0]: row for row in shown[1]["rows"]}
    for name, row in by_code.items():
        own = found["codes"][name]["cohen_kappa"]
        assert row[2] == (f"{own['value'] + 0.0:.2f}" if own.get("value") is not None else "undefined"), name


def test_the_caveats_of_comb_agree_stand_at_its_figures_and_in_the_file(local: Room) -> None:
    ann, ben = local.browser("Ann"), local.browser("Ben")
    for browser, coder in ((ann, "Ann"), (ben, "Ben")):
        browser.post("/api/transcripts/new é/mode", mode="blind")
        for name in ("new é", "old"):
            code(browser, coder, name)
    few = "Fewer than ten transcripts: the intervals are rough, and usually too narrow."
    notes = agreement(ann)["tables"][0]["notes"]
    assert few in notes
    assert any(note.startswith("Units are segments, here sentences") for note in notes)
    saved = base64.b64decode(ann.post("/api/overview/file", what="agreement", format="csv")["data"]).decode("utf-8-sig")
    assert few in saved


def test_one_transcript_has_its_caveat_too(local: Room) -> None:
    ann, ben = local.browser("Ann"), local.browser("Ben")
    code(ann, "Ann")
    code(ben, "Ben")
    (caveat,) = [note for note in agreement(ann)["tables"][0]["notes"] if note.startswith("One transcript")]
    assert "usually too narrow" in caveat


def test_agreement_follows_the_codings_and_is_kept_until_they_change(local: Room, monkeypatch: Any) -> None:
    from comb.review.domain import overview

    made = []
    compare = overview.agree_on_material

    def counted_one(*given: Any) -> Any:
        made.append(1)
        return compare(*given)

    monkeypatch.setattr(overview, "agree_on_material", counted_one)
    ann, ben = local.browsers("Ann", number=1)[0], local.browser("Ben")
    code(ann, "Ann")
    code(ben, "Ben")
    first = agreement(ann)
    assert agreement(ann) == first
    assert len(made) == 1
    ben.act("reopen")
    ben.code(BOX, "goals")
    ben.act("finish")
    assert agreement(ann) != first
    assert len(made) == 2


# ---- files


@pytest.mark.parametrize(
    ("what", "kind", "words"),
    [
        ("progress", "csv", "4"),
        ("codes", "csv", "Knowledge"),
        ("groups", "csv", "woman: passages"),
        ("groups", "svg", "<svg"),
        ("agreement", "csv", "Cohen"),
        ("agreement", "svg", "<svg"),
    ],
)
def test_what_is_shown_is_saved(local: Room, what: str, kind: str, words: str) -> None:
    local.study.attributes.write_text("transcript,gender\nold,woman\n", encoding="utf-8")
    ann = local.browser("Ann")
    code(ann, "Ann")
    code(local.browser("Ben"), "Ben")
    agreement(ann)
    answer = ann.post("/api/overview/file", what=what, format=kind, attribute="gender")
    assert answer["name"].endswith(f".{kind}")
    assert words in base64.b64decode(answer["data"]).decode("utf-8-sig")


def test_an_empty_study_has_an_overview(local: Room) -> None:
    ann = local.browser("Ann")
    assert [row["cells"] for row in ann.get("/api/overview")["transcripts"]] == [{}, {}]
    assert ann.post("/api/overview/codes")["codes"] == []
    assert agreement(ann)["none"]
