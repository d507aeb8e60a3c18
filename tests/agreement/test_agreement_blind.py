"""``comb agree --blind-only`` uses what was coded blind, and says how much was left out."""

import json

import pytest

from comb.codings.blind import keep_blind
from comb.codings.codings_csv import CodingsRead
from comb.records import Coding
from comb.study.files import write_rows
from tests.agreement.test_agreement_command import COLUMNS, _parts, coded  # noqa: F401

HEADER = (*COLUMNS, "blind")
PLAN = {
    "ann": {"t0": "yes", "t1": "yes", "t2": "no"},
    "ben": {"t0": "yes", "t1": "no", "t2": "yes"},
}


def write(study, plan: dict[str, dict[str, str]]) -> None:
    """Let each coder put one code on two segments of each transcript, all of it blind or not."""
    for coder, said in plan.items():
        rows = []
        for name, blind in said.items():
            for number in (0, 2):
                start, quote = _parts()[number]
                rows.append((name, start, start + len(quote), quote, "knowledge", "", coder, "", blind))
        write_rows(study.codings / f"{coder}.csv", HEADER, rows)


def test_only_what_both_coded_blind_is_compared(comb, coded) -> None:  # noqa: F811
    write(coded, PLAN)
    said = comb("agree", "--blind-only", "--json", "a.json")
    assert "--blind-only: codings used: 8, left out: 4" in said
    assert "t1, coder ben: codings left out because they were not made blind: 2." in said
    assert "t2, coder ann: codings left out because they were not made blind: 2." in said
    found = json.loads((comb.folder / "a.json").read_text())
    assert found["units"] == 5, "five segments of the one transcript that both coded blind"
    assert found["reading"] == "Only codings that people made blind are compared."
    comb("agree", "--json", "b.json")
    assert json.loads((comb.folder / "b.json").read_text())["units"] == 15


def test_only_what_is_compared_counts_as_begun_by_a_model(comb, coded) -> None:  # noqa: F811
    """Ann took over suggestions in t0, which both coded, and in t1, which she coded alone."""
    for coder, names in {"ann": ("t0", "t1"), "ben": ("t0",)}.items():
        start, quote = _parts()[0]
        model = "3f2a" if coder == "ann" else ""
        rows = [(name, start, start + len(quote), quote, "knowledge", "", coder, "", model) for name in names]
        write_rows(coded.codings / f"{coder}.csv", (*COLUMNS, "model"), rows)
    said = comb("agree")
    assert "Codings that began as suggestions of a model, and so are not independent of it: 1." in said
    assert "One transcript" in said or "Fewer than ten transcripts" in said


def test_coverage_counts_only_where_it_says_blind(comb, coded) -> None:  # noqa: F811
    write(coded, {"ann": {"t0": "yes", "t1": "yes"}, "ben": {"t0": "yes", "t1": "yes"}})
    rows = [("t0", "ann", "yes"), ("t0", "ben", "yes"), ("t1", "ann", "yes"), ("t1", "ben", "no")]
    write_rows(coded.codings / "coverage.csv", ("transcript", "coder", "blind"), rows)
    comb("agree", "--blind-only", "--json", "a.json")
    found = json.loads((comb.folder / "a.json").read_text())
    assert found["units"] == 5 + 2, "of t1, only what ben coded is known to be judged blind"


def test_nothing_blind_is_one_clear_line(comb, coded) -> None:  # noqa: F811
    write(coded, {"ann": {"t0": ""}, "ben": {"t0": "no"}})
    assert "no codings were made blind" in comb("agree", "--blind-only", code=1)


def test_unit_tables_do_not_say(comb, coded) -> None:  # noqa: F811
    (comb.folder / "units.csv").write_text("unit,coder,code\n1,a,x\n1,b,x\n2,a,y\n2,b,x\n")
    assert "--blind-only needs a study" in comb("agree", "units.csv", "--blind-only", code=1)


def coding(coder: str, code: str, blind: str, transcript: str = "t") -> Coding:
    return Coding(transcript, 0, 5, "words", code, "", coder, blind=blind)


@pytest.mark.parametrize("blind", ["no", ""])
def test_who_coded_on_after_a_look_has_not_said_no_of_the_rest(blind: str) -> None:
    read = CodingsRead((coding("ann", "a", "yes"), coding("ann", "b", blind), coding("ben", "a", "yes")), (), None)
    kept, left_out = keep_blind(read)
    assert kept.codings == (coding("ann", "a", "yes"), coding("ben", "a", "yes"))
    assert kept.coverage == {("t", "ben")}
    assert left_out == {("t", "ann"): 1}


def test_models_stay() -> None:
    read = CodingsRead((coding("ann", "a", "yes"), coding("m", "a", "")), (), None)
    assert len(keep_blind(read, {"m"})[0].codings) == 2
