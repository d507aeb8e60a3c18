"""Two coders side by side, the figures of their agreement, and the consensus."""

import pytest

from comb.agreement.coefficients import cohen_kappa
from comb.study.files import read_rows, write_rows
from tests.review.room import BOX, FORGOT, GP, NEVER, WIFE, Browser, Room, span

HEADER = ("transcript", "quote", "code", "valence", "coder", "memo")
SAID = {
    "Ann": [(NEVER, "knowledge", "barrier"), (GP, "intentions", ""), (BOX, "goals", ""), (FORGOT, "emotion", "")],
    "Ben": [(NEVER, "knowledge", "barrier"), (GP, "intentions", "both"), (BOX, "environment_resources", "")],
}


def both_code(room: Room, extra: list[tuple] | None = None) -> None:
    rows = [("old", *coding, coder, f"{coder}'s memo") for coder, found in SAID.items() for coding in found]
    write_rows(room.study.codings / "both.csv", HEADER, rows + (extra or []))


def unit(browser: Browser, words: str) -> dict:
    return next(u for u in browser.get("adjudication")["units"] if u["quote"] == words)


def settle(browser: Browser, words: str, *codes: str, status: int = 200, **more: object) -> dict:
    start, end = span(words)
    base = browser.get("adjudication")["version"]
    given = [{"code": code, "valence": ""} for code in codes]
    return browser.post("adjudicate", status, **{"base": base, "start": start, "end": end, "codes": given, **more})


def offered(browser: Browser) -> bool:
    """Return whether the list of transcripts offers to compare the coders of one."""
    return next(one for one in browser.get("/api/transcripts") if one["id"] == "old")["comparable"]


@pytest.fixture
def lead(room: Room) -> Browser:
    both_code(room)
    return room.browser("Lea", name="old")


def test_two_coders_side_by_side(lead: Browser) -> None:
    found = lead.get("adjudication")
    assert found["coders"] == ["Ann", "Ben"]
    assert [(u["quote"], u["agree"], u["consensus"]) for u in found["units"]] == [
        (NEVER, True, None),
        (FORGOT, False, None),
        (GP, False, None),
        (BOX, False, None),
    ]
    shown = unit(lead, GP)
    assert shown["a"] == [{"code": "intentions", "valence": "", "memo": "Ann's memo"}]
    assert shown["b"] == [{"code": "intentions", "valence": "both", "memo": "Ben's memo"}]
    assert shown["before"].endswith("shut. ")
    assert unit(lead, FORGOT)["b"] == [], "read, and no code"
    swapped = lead.get("adjudication?a=Ben&b=Ann")
    assert (swapped["coders"], swapped["choices"]) == (["Ben", "Ann"], ["Ann", "Ben"])


def test_figures_are_those_of_comb_agree(lead: Browser) -> None:
    figures = lead.get("adjudication")["agreement"]
    n = figures["units"]
    by_code = {c["code"]: c for c in figures["codes"]}
    assert by_code["knowledge"] == {"code": "knowledge", "n_a": 1, "n_b": 1, "both": 1, "kappa": 1.0}
    assert (by_code["goals"]["n_a"], by_code["goals"]["n_b"], by_code["goals"]["both"]) == (1, 0, 0)
    # Over the five codes in use: 2 × both used, 3 × one alone, the rest neither.
    import numpy as np

    counts = np.array([[5 * n - 5, 1.0], [2.0, 2.0]])
    assert figures["kappa"] == pytest.approx(float(cohen_kappa(counts)), abs=0.1)
    assert figures["percent"] == pytest.approx(1 - 3 / (5 * n), abs=1e-3)
    assert (figures["agreed"], figures["disputed"], figures["settled"]) == (n - 3, 3, 0)


def test_figures_are_of_the_deepest_level_at_which_every_coding_counts(room: Room) -> None:
    both_code(room, [("old", WIFE, "social_opportunity", "", "Ann", ""), ("old", WIFE, "motivation", "", "Ben", "")])
    figures = room.browser("Lea", name="old").get("adjudication")["agreement"]
    assert figures["level"] == "domain (top level)"
    assert {code["code"] for code in figures["codes"]} == {"capability", "opportunity", "motivation"}


def test_settling_with_reasons(lead: Browser) -> None:
    done = settle(lead, BOX, "goals", "environment_resources", memo="both are said", why_not="not one alone")
    assert done["unit"]["consensus"] == [
        {"code": "environment_resources", "valence": ""},
        {"code": "goals", "valence": ""},
    ]
    assert (done["unit"]["memo"], done["unit"]["why_not"]) == ("both are said", "not one alone")
    assert (done["agreement"]["settled"], done["finished"]) == (1, False)
    assert unit(lead, BOX) == done["unit"]
    settle(lead, FORGOT)
    assert unit(lead, FORGOT)["consensus"] == [], "settled as no code"
    assert lead.get("adjudication")["agreement"]["settled"] == 2


def test_the_last_one_settled_completes_the_consensus(room: Room, lead: Browser) -> None:
    settle(lead, BOX, "goals", memo="m", why_not="w")
    assert "not complete" in lead.post("/api/export")["notes"][0]
    settle(lead, FORGOT)
    assert settle(lead, GP, "intentions")["finished"]
    assert unit(lead, NEVER)["consensus"] == [{"code": "knowledge", "valence": "barrier"}], "agreed units go in"
    assert lead.post("/api/export")["files"] == ["consensus.csv"]
    rows = [row for _, row in read_rows(room.study.codings / "consensus.csv", ("memo",))]
    assert {(r["quote"], r["code"], r["coder"], r["origin"]) for r in rows} == {
        (NEVER, "knowledge", "consensus", "adjudication"),
        (GP, "intentions", "consensus", "adjudication"),
        (BOX, "goals", "consensus", "adjudication"),
        (FORGOT, "", "consensus", "adjudication"),
    }
    assert {r["memo"] for r in rows if r["code"] == "goals"} == {"m\nWhy not the other code: w"}
    room.restart()
    lead = room.browser("Lea", name="old")
    assert lead.get("adjudication")["finished"]
    assert lead.post("/api/export")["files"] == []


def test_undo_and_redo_of_the_consensus(lead: Browser) -> None:
    settle(lead, BOX, "goals")
    settle(lead, FORGOT)
    settle(lead, GP, "intentions")
    version = lead.get("adjudication")["version"]
    done = lead.undo(base=version, coder="consensus")
    assert not done["finished"]
    assert {u["quote"]: u["consensus"] for u in done["units"]} == {NEVER: None, GP: None}
    done = lead.redo(base=done["version"], coder="consensus")
    assert done["finished"]
    lead.undo(409, base=version, coder="consensus")


def test_a_unit_is_settled_anew(lead: Browser) -> None:
    settle(lead, BOX, "goals")
    assert settle(lead, BOX, "emotion")["unit"]["consensus"] == [{"code": "emotion", "valence": ""}]
    assert lead.get("adjudication")["agreement"]["settled"] == 1


def test_two_leads_do_not_overwrite_each_other(lead: Browser) -> None:
    settle(lead, BOX, "goals")
    settle(lead, GP, "intentions", base=0)
    told = settle(lead, BOX, "emotion", base=0, status=409)
    assert told["version"] == 2
    assert unit(lead, BOX)["consensus"] == [{"code": "goals", "valence": ""}]


def test_a_consensus_over_several_units_is_cut_where_one_is_settled_anew(room: Room) -> None:
    passage = f"{NEVER} 🙂 {WIFE}"
    both_code(room, [("old", passage, "goals", "", "consensus", "")])
    lead = room.browser("Lea", name="old")
    assert unit(lead, NEVER)["consensus"] == [{"code": "goals", "valence": ""}]
    settle(lead, NEVER, "knowledge")
    assert unit(lead, NEVER)["consensus"] == [{"code": "knowledge", "valence": ""}]
    others = [u for u in lead.get("adjudication")["units"] if u["consensus"] == [{"code": "goals", "valence": ""}]]
    assert [u["quote"] for u in others if WIFE in u["quote"]] != []


def test_only_who_has_finished_is_compared(room: Room) -> None:
    rows = [("old", *coding, "Ann", "") for coding in SAID["Ann"]]
    write_rows(room.study.codings / "Ann.csv", HEADER, rows)
    ben = room.browser("Ben", name="old")
    ben.open()
    ben.code(NEVER, "knowledge")
    assert "1 have" in ben.get("adjudication", 400)["error"]
    assert not offered(ben)
    ben.act("finish")
    assert offered(ben)
    assert ben.get("adjudication")["coders"] == ["Ann", "Ben"]
    ben.get("adjudication?a=Nobody", 400)


def test_a_coder_who_coded_nothing_disagrees(room: Room) -> None:
    rows = [("old", *coding, "Ann", "") for coding in SAID["Ann"]]
    write_rows(room.study.codings / "Ann.csv", HEADER, rows)
    ben = room.browser("Ben", name="old")
    ben.open()
    ben.act("finish")
    found = ben.get("adjudication")
    assert found["agreement"]["disputed"] == len(SAID["Ann"])
    assert found["agreement"]["kappa"] == 0.0


@pytest.mark.parametrize(
    ("wish", "status"),
    [
        ({"start": 0, "end": 3}, 404),
        ({"codes": [{"code": "none such", "valence": ""}]}, 400),
        ({"codes": [{"code": "goals", "valence": ""}, {"code": "goals", "valence": "both"}]}, 400),
        ({"codes": [{"code": "goals", "valence": "high"}]}, 400),
    ],
)
def test_nonsense_is_refused(lead: Browser, wish: dict, status: int) -> None:
    settle(lead, BOX, status=status, **wish)
    assert lead.get("adjudication")["version"] == 0


def test_exclusive_codebook_settles_on_one_code(room: Room) -> None:
    codes = ", ".join(f"{{id: {c}}}" for c in ("knowledge", "intentions", "goals", "emotion", "environment_resources"))
    (room.study.root / "configs" / "codebook.yaml").write_text(f"coding: exclusive\ncodes: [{codes}]\n")
    both_code(room)
    lead = room.browser("Lea", name="old")
    assert "one code" in settle(lead, BOX, "goals", "emotion", status=400)["error"]
    settle(lead, BOX, "goals")
