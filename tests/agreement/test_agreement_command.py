"""``comb agree`` as a researcher runs it: exit codes, what it prints, the files that it writes."""

import csv
import json
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from comb.records import Segment, Transcript, Turn
from comb.study.files import write_records, write_rows, write_text, write_transcripts

COLUMNS = ("transcript", "start", "end", "quote", "code", "valence", "coder", "memo")
CODEBOOK = """
name: test
coding: {coding}
levels: [domain, code]
codes:
- {{id: capability, children: [{{id: knowledge}}, {{id: skills}}]}}
- {{id: motivation, children: [{{id: goals}}, {{id: emotion}}]}}
- {{id: other}}
"""
WORDS = "I know that. I can do it. I want to. It scares me. And so on. "


@pytest.fixture
def coded(study):
    """A study of six transcripts with five segments each, ready for codings; gives a function that writes them."""
    transcripts, segments = [], []
    for number in range(6):
        name = f"t{number}"
        transcripts.append(Transcript(name, WORDS, (Turn("P", "participant", 0, len(WORDS)),)))
        for start, end in [(s, s + len(part)) for s, part in _parts()]:
            segments.append(Segment(name, start, end, 0, "P", "participant", WORDS[start:end]))
    write_transcripts(study.transcripts, transcripts)
    write_records(study.segments, Segment, segments)
    write_text(study.root / "configs" / "codebook.yaml", CODEBOOK.format(coding="multiple"))
    write_text(
        study.root / "configs" / "params.yaml", "train: {level: code, min_examples: 2}\nagreement: {bootstrap: 100}\n"
    )
    return study


def _parts() -> list[tuple[int, str]]:
    return [(m.start(), m.group()) for m in re.finditer(r"\S[^.]*\.", WORDS)]


def code(study, coder: str, said: dict[str, list[tuple[int, str, str]]]) -> None:
    """Write one coder's codings: transcript → (segment, code, valence)."""
    rows = []
    for name, given in said.items():
        for number, label, valence in given:
            start, quote = _parts()[number]
            rows.append(
                (name, start, start + len(quote), quote, label, valence, coder, f"why {coder}" if label else "")
            )
    write_rows(study.codings / f"{coder}.csv", COLUMNS, rows)


def two_coders(study) -> None:
    usual = [(0, "knowledge", "facilitator"), (2, "goals", "facilitator"), (3, "emotion", "barrier")]
    code(study, "A", {f"t{n}": usual for n in range(6)})
    other = {f"t{n}": usual for n in range(6)}
    other["t0"] = [(0, "skills", "facilitator"), (2, "goals", "barrier"), (3, "emotion", "barrier")]
    other["t1"] = [(0, "knowledge", "facilitator"), (2, "goals", "facilitator")]
    code(study, "B", other)


def load(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))


def test_a_study(comb, coded):
    two_coders(coded)
    out = comb("agree", "--json", "a.json", "--csv", "a.csv", "--html", "a.html")
    found = load(coded.root / "a.json")
    assert found["unit"] == "segment"
    assert found["units"] == 30
    assert found["coders"] == ["A", "B"]
    assert found["pairs"]["A|B"]["cohen_kappa"]["value"] == found["overall"]["cohen_kappa"]["value"]
    assert set(found["overall"]["cohen_kappa"]) >= {"value", "low", "high"}
    assert found["codes"]["emotion"]["cohen_kappa"]["value"] == pytest.approx(0.889, abs=1e-3)
    assert "nobody used the code" in found["codes"]["other"]["cohen_kappa"]["undefined"]
    assert "nobody used the code" in out
    assert not re.search(r"\bnan\b", out, re.IGNORECASE)
    levels = found["levels"]
    assert levels["code"]["differ"] == 2
    assert levels["domain"]["differ"] == 1  # knowledge against skills agrees above
    assert found["valence"]["units"] == 17
    assert found["settings"]["resampled"] == "transcripts"
    with (coded.root / "a.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {row["scope"] for row in rows} == {"overall", "code", "pair", "level", "valence", "passages"}


def test_the_report_stands_alone(comb, coded):
    two_coders(coded)
    comb("agree", "--html", "a.html")
    page = (coded.root / "a.html").read_text(encoding="utf-8")
    assert not re.findall(r"""(?:src|href)\s*=\s*["']|@import|url\(""", page)
    assert set(re.findall(r"https?://[^\"'\s<]+", page)) <= {"http://www.w3.org/2000/svg"}
    assert "@media print" in page
    assert "Landis" in page
    assert "COREQ (32 items)" in page
    assert "Number of data coders" in page
    assert "independently coded" not in page  # comb cannot know
    assert "It scares me." in page
    comb("agree", "--html", "bare.html", "--no-quotes")
    bare = (coded.root / "bare.html").read_text(encoding="utf-8")
    assert "It scares me." not in bare
    assert "why A" not in bare


def test_an_interval_of_no_width_is_explained_wherever_it_is_printed(comb, coded):
    import docx

    two_coders(coded)
    write_text(coded.codings / "B.csv", (coded.codings / "A.csv").read_text(encoding="utf-8").replace(",A,", ",B,"))
    out = comb("agree", "--html", "a.html", "--docx", "a.docx")
    why = "all resamples give the same value, so the interval does not show how uncertain this value is"
    assert f"knowledge, goals, emotion: {why}." in " ".join(out.split())
    assert why in (coded.root / "a.html").read_text(encoding="utf-8")
    notes = [p.text for p in docx.Document(str(coded.root / "a.docx")).paragraphs if p.text.startswith("Note.")]
    assert sum(why in note for note in notes) == 2, "overall, and by code"
    assert sum("Fewer than ten transcripts" in note for note in notes) == 1


def test_the_report_says_how_more_units_are_computed_and_what_its_answers_are_about(comb, coded):
    two_coders(coded)
    comb("agree", "--html", "a.html")
    page = (coded.root / "a.html").read_text(encoding="utf-8")
    assert "Computed from the present interval, before rounding" in page
    assert "double-code ten transcripts or more, however few units are named here" in page
    assert "about what is compared here" in page
    assert "Codes are named by their ids" in page
    assert "from its top level (domain) to its lowest (code)" in page
    write_rows(coded.root / "table.csv", ("unit", "A", "B"), [(n, n % 2, (n + n // 5) % 2) for n in range(20)])
    comb("agree", "table.csv", "--html", "table.html")
    page = (coded.root / "table.html").read_text(encoding="utf-8")
    assert "Computed from the present interval" in page
    assert "ten transcripts" not in page, "a unit table has no transcripts"
    assert "named by their ids" not in page


@pytest.mark.parametrize(("unit", "segments"), [("sentence", "sentences"), ("turn", "whole turns")])
def test_what_a_segment_is_is_said(comb, coded, unit, segments):
    two_coders(coded)
    params = coded.root / "configs" / "params.yaml"
    text = params.read_text(encoding="utf-8")
    write_text(params, f"{text}segment: {{unit: {unit}}}\n")
    comb("agree", "--json", "a.json")
    assert f"Units are segments, here {segments}:" in load(coded.root / "a.json")["notes"][0]


def test_one_transcript_has_its_caveat(comb, coded):
    usual = [(0, "knowledge", ""), (2, "goals", ""), (3, "emotion", "")]
    code(coded, "A", {"t0": usual})
    code(coded, "B", {"t0": usual[:2]})
    comb("agree", "--json", "a.json")
    notes = load(coded.root / "a.json")["notes"]
    assert "One transcript: the intervals treat units as independent, and are usually too narrow." in notes


def test_names_are_escaped_in_the_report(comb, coded):
    two_coders(coded)
    text = (coded.codings / "B.csv").read_text(encoding="utf-8").replace(",B,", ",<b>&B,")
    write_text(coded.codings / "B.csv", text)
    comb("agree", "--html", "a.html")
    page = (coded.root / "a.html").read_text(encoding="utf-8")
    assert "<b>" not in page
    assert "&lt;b&gt;&amp;B" in page


def test_same_seed_same_bytes(comb, coded):
    two_coders(coded)
    for name in ("one", "two"):
        comb("agree", "--json", f"{name}.json", "--html", f"{name}.html")
    for suffix in ("json", "html"):
        assert (coded.root / f"one.{suffix}").read_bytes() == (coded.root / f"two.{suffix}").read_bytes()


@pytest.mark.parametrize(("unit", "units"), [("turn", 6), ("transcript", 6), ("character", 6 * len(WORDS))])
def test_units(comb, coded, unit, units):
    two_coders(coded)
    out = comb("agree", "--unit", unit, "--json", "a.json")
    found = load(coded.root / "a.json")
    assert found["units"] == units
    assert found["notes"][0] in out
    if unit != "character":  # t0 differs in knowledge/skills, t1 in emotion
        assert found["codes"]["emotion"]["observed_agreement"]["value"] == pytest.approx(5 / 6, abs=1e-6)


def test_the_trap_of_long_passages(comb, coded):
    """10,000 characters, each marks 8,000, 6,400 in common: what chance would give, so kappa is nought."""
    text = "x" * 10_000
    write_transcripts(coded.transcripts, [Transcript("long", text, (Turn("P", "participant", 0, 10_000),))])
    write_records(coded.segments, Segment, [Segment("long", 0, 10_000, 0, "P", "participant", text)])
    for coder, start in (("A", 0), ("B", 1600)):
        write_rows(
            coded.codings / f"{coder}.csv",
            COLUMNS,
            [("long", start, start + 8000, text[:8000], "goals", "", coder, "")],
        )
    comb("agree", "--unit", "character", "--json", "a.json")
    goals = load(coded.root / "a.json")["codes"]["goals"]
    assert goals["cohen_kappa"]["value"] == 0.0
    assert goals["observed_agreement"]["value"] == pytest.approx(0.68)
    assert str(goals["cohen_kappa"]["value"]) == "0.0"


def test_a_model_beside_two_people(comb, coded):
    two_coders(coded)
    rows = []
    for n in range(6):
        for number, (start, quote) in enumerate(_parts()):
            label = {0: "knowledge", 2: "goals"}.get(number, "")
            rows.append((f"t{n}", start, start + len(quote), quote, label, "", "m1", "", "", "model", "m1", ""))
    header = (*COLUMNS, "created_at", "origin", "model", "score")
    write_rows(coded.heldout, header, rows)
    comb("agree", "--json", "a.json")
    found = load(coded.root / "a.json")
    assert found["coders"] == ["A", "B"]
    (machine,) = found["machine"]
    assert machine["machine"] == "m1"
    assert machine["units"] == 30
    assert set(machine["codes"]) == {"knowledge", "goals"}  # it never suggests the others: no judgement of them
    three = machine["overall"]["cohen_kappa"]
    assert three["difference"]["value"] == pytest.approx(three["machine"]["value"] - three["human"]["value"], abs=2e-6)
    assert three["difference"]["low"] <= three["difference"]["value"] <= three["difference"]["high"]
    (coded.codings / "B.csv").unlink()
    comb("agree", "--json", "a.json")
    assert load(coded.root / "a.json")["coders"] == ["A", "m1"]


def test_a_stale_model_is_left_out(comb, coded):
    two_coders(coded)
    write_rows(coded.heldout, COLUMNS, [("gone", 0, 3, "abc", "goals", "", "m1", "")])
    out = comb("agree", "--json", "a.json")
    assert "heldout.csv is from other transcripts" in out
    assert load(coded.root / "a.json")["machine"] == []


def test_what_was_settled_on_stands_in_for_a_single_coder(comb, coded):
    two_coders(coded)
    (coded.codings / "B.csv").unlink()
    text = (coded.codings / "A.csv").read_text(encoding="utf-8").replace(",A,", ",consensus,")
    write_text(coded.codings / "A.csv", text)
    start, quote = _parts()[0]
    row = ("t0", start, start + len(quote), quote, "knowledge", "", "m1", "", "", "model", "m1", "")
    write_rows(coded.heldout, (*COLUMNS, "created_at", "origin", "model", "score"), [row])
    comb("agree", "--json", "a.json")
    assert load(coded.root / "a.json")["coders"] == ["consensus", "m1"]


def test_against_a_reference(comb, coded):
    two_coders(coded)
    comb("agree", "--reference", "B", "--json", "a.json")
    scores = load(coded.root / "a.json")["against"]["coders"]["A"]["codes"]["emotion"]
    assert scores["recall"]["value"] == 1
    assert scores["precision"]["value"] == pytest.approx(5 / 6, abs=1e-6)


def test_coverage_tells_unread_from_unused(comb, coded):
    two_coders(coded)
    code(coded, "B", {"t0": [(0, "knowledge", "")]})
    write_rows(coded.codings / "coverage.csv", ("transcript", "coder"), [(f"t{n}", "A") for n in range(6)])
    said = "only what the coder coded is compared: coder B in 1 transcript."
    assert said in " ".join(comb("agree", "--json", "a.json").split())
    assert load(coded.root / "a.json")["units"] == 1  # B read what B coded, and no more
    write_rows(
        coded.codings / "coverage.csv", ("transcript", "coder"), [(f"t{n}", c) for n in range(6) for c in ("A", "B")]
    )
    assert "only what the coder coded" not in " ".join(comb("agree", "--json", "a.json").split())
    assert load(coded.root / "a.json")["units"] == 30


def read_list(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        return list(reader.fieldnames or ()), list(reader)


def test_adjudication_round_trip(comb, coded):
    two_coders(coded)
    before = {path.name: path.read_bytes() for path in coded.codings.iterdir()}
    comb("agree", "--disagreements", "list.csv")
    header, rows = read_list(coded.root / "list.csv")
    assert [(r["transcript"], r["codes"], r["differs"], r["agree_at"]) for r in rows] == [
        ("t1", "(none) × emotion", "code", ""),
        ("t0", "goals [barrier] × goals [facilitator]", "valence", "code"),
        ("t0", "knowledge × skills", "code", "domain"),
    ]
    assert rows[0]["text"] == "It scares me."
    assert rows[0]["memo A"] == "why A"
    rows[0]["consensus"], rows[0]["memo"] = "emotion [barrier]", "clear fear"
    rows[1]["consensus"] = "goals"
    write_rows(coded.root / "list.csv", header, [list(row.values()) for row in rows])
    out = comb("agree", "--apply", "list.csv")
    assert "t0: rows not decided yet: 1" in out
    _, written = read_list(coded.codings / "consensus.csv")
    assert {row["coder"] for row in written} == {"consensus"}
    assert [(r["transcript"], r["code"], r["valence"]) for r in written if r["code"]] == [
        ("t1", "knowledge", "facilitator"), ("t1", "goals", "facilitator"), ("t1", "emotion", "barrier"),
    ]  # fmt: skip
    assert len(written) == 5  # every unit, so that read and not coded stays known
    assert "clear fear" in [row["memo"] for row in written]
    rows[2]["consensus"] = "none"
    write_rows(coded.root / "list.csv", header, [list(row.values()) for row in rows])
    out = comb("agree", "--apply", "list.csv")
    assert "t1 already has a consensus" in out
    _, more = read_list(coded.codings / "consensus-2.csv")
    assert {row["transcript"] for row in more} == {"t0"}
    assert {name: (coded.codings / name).read_bytes() for name in before} == before
    assert "consensus" not in load_coders(comb, coded)


def load_coders(comb, study) -> list[str]:
    comb("agree", "--json", "c.json")
    return load(study.root / "c.json")["coders"]


@pytest.mark.parametrize(
    ("cell", "words"),
    [("anger", "not a code in column consensus"), ("goals [good]", "unknown valence in column consensus")],
)
def test_a_list_filled_wrongly(comb, coded, cell, words):
    two_coders(coded)
    comb("agree", "--disagreements", "list.csv")
    header, rows = read_list(coded.root / "list.csv")
    rows[0]["consensus"] = cell
    write_rows(coded.root / "list.csv", header, [list(row.values()) for row in rows])
    out = comb("agree", "--apply", "list.csv", code=1)
    assert words in out
    assert "list.csv, row 2" in out
    assert not (coded.codings / "consensus.csv").exists()


def test_exclusive_codebook(comb, coded):
    write_text(coded.root / "configs" / "codebook.yaml", CODEBOOK.format(coding="exclusive"))
    two_coders(coded)
    comb("agree", "--json", "a.json")
    found = load(coded.root / "a.json")
    assert found["settings"]["coding"] == "exclusive"
    assert found["settings"]["categories"][-1] == "(none)"
    assert found["overall"]["observed_agreement"]["value"] == pytest.approx(28 / 30, abs=1e-6)
    assert "krippendorff_alpha_masi" not in found["overall"]
    comb("agree", "--unit", "turn", "--json", "a.json", "--disagreements", "d.csv")
    assert load(coded.root / "a.json")["settings"]["coding"] == "multiple"  # a turn holds several segments
    _, rows = read_list(coded.root / "d.csv")
    assert [row["coder A"] for row in rows if row["transcript"] == "t1"] == [
        "emotion [barrier]; goals [facilitator]; knowledge [facilitator]"
    ]


def write(comb, name: str, text: str) -> str:
    write_text(comb.folder / name, text)
    return name


def test_one_hot_tables(comb):
    first = write(comb, "first.csv", "unit,x,y\n1,1,0\n2,0,1\n3,1,1\n4,0,\n")
    second = write(comb, "second.csv", "unit,x,y\n1,1,0\n2,0,0\n3,1,1\n4,0,1\n5,1,1\n")
    comb("agree", first, second, "--json", "a.json", "--disagreements", "d.csv")
    found = load(comb.folder / "a.json")
    assert found["coders"] == ["first", "second"]
    assert found["codes"]["y"]["observed_agreement"]["value"] == pytest.approx(2 / 3, abs=1e-6)  # blank is missing
    assert found["codes"]["x"]["cohen_kappa"]["value"] == 1
    _, rows = read_list(comb.folder / "d.csv")
    assert [row["unit"] for row in rows] == ["2", "4"]


def test_long_table_of_three_coders(comb):
    rows = ["unit,coder,code"]
    rng = np.random.default_rng(2)
    for unit in range(30):
        truth = rng.choice(["a", "b", ""])
        rows += [f"{unit},{c},{truth if rng.random() < 0.8 else rng.choice(['a', 'b', ''])}" for c in ("P", "Q", "R")]
    table = write(comb, "long.csv", "\n".join(rows))
    out = comb("agree", table, "--json", "a.json", "--html", "a.html")
    found = load(comb.folder / "a.json")
    assert found["settings"]["categories"] == ["a", "b", "(none)"]
    assert set(found["pairs"]) == {"P|Q", "P|R", "Q|R"}
    mean = np.mean([part["cohen_kappa"]["value"] for part in found["pairs"].values()])
    assert found["overall"]["cohen_kappa"]["value"] == pytest.approx(mean, abs=1e-6)
    assert {row["coder"] for row in found["apart"]} == set("PQR")
    assert "least agreement first" in out


def test_undefined_is_said_in_words(comb):
    table = write(comb, "long.csv", "unit,coder,code\n1,A,x\n1,B,x\n2,A,x\n2,B,x\n")
    out = comb("agree", table, "--json", "a.json", "--csv", "a.csv", "--html", "a.html")
    found = load(comb.folder / "a.json")
    assert found["overall"]["cohen_kappa"] == {
        "undefined": "undefined, because only one category occurs: every coder used the code in every unit"
    }
    for text in (out, *((comb.folder / name).read_text(encoding="utf-8") for name in ("a.csv", "a.html", "a.json"))):
        assert "only one category occurs" in text
        assert not re.search(r"\bnan\b", text, re.IGNORECASE)


@pytest.mark.parametrize(
    ("tables", "words"),
    [
        ({"a.csv": "unit,x\n1,1\n1,0\n", "b.csv": "unit,x\n1,1\n"}, "a.csv, row 3: unit '1' occurs twice"),
        ({"a.csv": "unit,x\n1,1\n", "b.csv": "unit,y\n1,1\n"}, "code 'x' is a column of a.csv but not of b.csv"),
        ({"a.csv": "unit,x\n1,maybe\n", "b.csv": "unit,x\n1,1\n"}, "the cell of code 'x' is not 0, 1 or blank"),
        ({"a.csv": "unit,x\n1,1\n"}, "only coder 'a' judged anything"),
        ({"a.csv": "unit,x\n1,1\n", "b.csv": "unit,x\n2,1\n"}, "coders 'a', 'b' have no unit in common"),
        (
            {"a.csv": "unit,coder,code\n1,A,x\n1,A,x\n"},
            "coder 'A' gives unit '1' code 'x' again (first in a.csv, row 2)",
        ),
        ({"a.csv": "unit,coder,code\n1,A,x\n1,A,\n"}, "a code and, in another row, none"),
        ({"a.csv": "unit,coder,code\n1,,x\n"}, "a.csv, row 2: no coder"),
        ({"a.csv": "unit,coder,code\n1,A,x\n", "b.csv": "unit,x\n1,1\n"}, "some tables are long and some are one-hot"),
        ({"a.csv": "unit,coder,code\n1,A,\n1,B,\n"}, "no coder used any code"),
    ],
)
def test_bad_tables_get_one_line(comb, tables, words):
    names = [write(comb, name, text) for name, text in tables.items()]
    out = comb("agree", *names, code=1)
    assert words in out
    assert len(out.strip().splitlines()) == 1
    assert out.rstrip().endswith(".") or "(none)" in out or ":" in out


def test_bad_studies_get_one_line(comb, coded):
    assert "there are no codings" in comb("agree", code=1)
    code(coded, "A", {"t0": [(0, "knowledge", "")]})
    assert "only coder 'A' judged anything" in comb("agree", code=1)
    code(coded, "B", {"t1": [(0, "knowledge", "")]})
    out = comb("agree", code=1)
    assert "coders 'A', 'B' have no segment in common" in out
    assert "there is no coder 'C'" in comb("agree", "--coder", "A", "--coder", "C", code=1)
    code(coded, "B", {"t0": [(0, "joy", "")]})
    assert "the codebook has no code 'joy'" in comb("agree", code=1)
    comb("agree", "--unit", "page", code=2)


def test_annomi_ten_coders(comb, shared):
    """SOURCE.txt: Fleiss' kappa 0.467 (212 client utterances) and 0.737 (216 therapist utterances)."""
    with (shared / "annomi" / "annomi-ten-coders.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for who, column, kappa, units in (
        ("client", "client_talk_type", 0.467, 212),
        ("therapist", "main_therapist_behaviour", 0.737, 216),
    ):
        cells = [
            (f"{r['transcript_id']}:{r['utterance_id']}", f"c{r['annotator_id']}", r[column])
            for r in rows
            if r["interlocutor"] == who
        ]
        write_rows(comb.folder / f"{who}.csv", ("unit", "coder", "code"), cells)
        comb("agree", f"{who}.csv", "--bootstrap", "20", "--json", "a.json")
        found = load(comb.folder / "a.json")
        assert found["units"] == units
        assert len(found["coders"]) == 10
        assert round(found["overall"]["fleiss_kappa"]["value"], 3) == kappa


def test_nothing_heavy_is_imported(coded):
    two_coders(coded)
    write_text(coded.root / "a.csv", "unit,coder,code\n1,A,x\n1,B,x\n2,A,y\n2,B,x\n")
    program = (
        "import sys; from comb.cli import run; "
        "assert run(['agree', 'a.csv', '--html', 'a.html']) == run(['agree']) == 0; "
        "heavy = {'spacy', 'torch', 'sklearn', 'transformers', 'scipy', 'matplotlib'}; "
        "sys.exit(', '.join(heavy & set(sys.modules)) or 0)"
    )
    path = {"PYTHONPATH": str(Path(__file__).parents[2] / "pipeline")}
    done = subprocess.run([sys.executable, "-c", program], cwd=coded.root, env=path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def heldout(study, coder: str, said: dict[int, str]) -> None:
    """Write what a model said of every segment: segment → code."""
    rows = []
    for n in range(6):
        for number, (start, quote) in enumerate(_parts()):
            place = (f"t{n}", start, start + len(quote), quote)
            rows.append((*place, said.get(number, ""), "", coder, "", "", "model", coder, ""))
    write_rows(study.heldout, (*COLUMNS, "created_at", "origin", "model", "score"), rows)


def test_one_person_and_a_model_are_not_two_coders(comb, coded):
    two_coders(coded)
    (coded.codings / "B.csv").unlink()
    heldout(coded, "0f0f0f0f", {0: "knowledge", 2: "goals"})
    out = comb("agree", "--html", "a.html", "--json", "a.json")
    page = (coded.root / "a.html").read_text(encoding="utf-8")
    assert "Agreement of A with the model" in out
    assert "One coder and a model: this is" in out
    assert "One coder and a model." in page
    assert "<title>Agreement of A with the model</title>" in page
    assert "2 coders" not in page
    assert "One coder&#39;s codes were compared with a model&#39;s held-out suggestions" in page
    assert "1 (A). The model that was compared with them is not counted." in page
    assert load(coded.root / "a.json")["models"] == ["0f0f0f0f"]
    assert "How far people agree: only one person coded" in out


def test_the_disclosure_names_the_trained_model_and_not_its_held_out_predictions(comb, coded, monkeypatch):
    two_coders(coded)
    heldout(coded, "0f0f0f0f", {0: "knowledge", 2: "goals"})
    protocol = SimpleNamespace(segments=30, transcripts=6, folds=5)
    metrics = SimpleNamespace(model="abc123", codes={"knowledge": None, "goals": None}, protocol=protocol)
    monkeypatch.setattr("comb.stages.agree.read_metrics", lambda study: metrics)
    comb("agree", "--html", "a.html")
    page = (coded.root / "a.html").read_text(encoding="utf-8")
    assert "model abc123, encoder" in page
    assert "was trained on 30 segments of 6 coded transcripts" in page


def test_the_word_tables_of_two_people_and_a_model_are_not_called_those_of_one_coder(comb, coded):
    import docx

    two_coders(coded)
    heldout(coded, "0f0f0f0f", {0: "knowledge", 2: "goals"})
    notes = {}
    for name, coders in (("both", ("A", "B", "0f0f0f0f")), ("one", ("A", "0f0f0f0f"))):
        comb("agree", *(word for coder in coders for word in ("--coder", coder)), "--docx", f"{name}.docx")
        document = docx.Document(coded.root / f"{name}.docx")
        notes[name] = any("One coder and a model" in paragraph.text for paragraph in document.paragraphs)
    assert notes == {"both": False, "one": True}


def test_the_machine_is_judged_by_a_margin_and_in_each_persons_place(comb, coded):
    two_coders(coded)
    text = (coded.codings / "A.csv").read_text(encoding="utf-8")
    write_text(coded.codings / "C.csv", text.replace(",A,", ",C,"))
    heldout(coded, "m1", {0: "knowledge", 2: "goals", 3: "emotion"})
    out = comb("agree", "--json", "a.json")
    (machine,) = load(coded.root / "a.json")["machine"]
    assert machine["noninferiority"]["verdict"] == "yes"  # it says what A and C say
    assert "with people is at most 0.05 below that between people (a test of non-inferiority" in out
    left = {row["coder"]: row for row in machine["leave_one_out"]}
    assert set(left) == {"A", "B", "C"}
    assert left["B"]["machine"]["value"] == 1  # with A and C it agrees wholly
    assert left["B"]["person"]["value"] < 1
    assert left["A"]["person"]["value"] == left["A"]["machine"]["value"]
    heldout(coded, "m1", {0: "goals", 2: "knowledge", 3: "emotion"})
    comb("agree", "--json", "a.json")
    (machine,) = load(coded.root / "a.json")["machine"]
    assert machine["noninferiority"]["verdict"] == "no"


def test_times_alone_give_an_order(comb, coded):
    two_coders(coded)
    out = comb("agree", "--json", "a.json")
    assert load(coded.root / "a.json")["drift"] is None
    assert "the codings have no times" in out
    for name, day in (("A", "2024-05-0{}T10:00:00Z"), ("B", "2000-01-01T00:00:00Z")):
        _, rows = read_list(coded.codings / f"{name}.csv")
        dated = [[*row.values(), day.format(9 - int(row["transcript"][1]))] for row in rows]
        write_rows(coded.codings / f"{name}.csv", (*COLUMNS, "created_at"), dated)
    comb("agree", "--json", "a.json")
    found = load(coded.root / "a.json")
    assert found["saturation"]["reached_at"] is None  # t0, the last, still brings skills
    drift = found["drift"]
    assert [row["transcript"] for row in drift["transcripts"]] == ["t5", "t4", "t3", "t2", "t1", "t0"]
    assert {row["coder"] for row in drift["coders"]} == {"A", "B"}


def test_tables_for_word(comb, coded):
    import docx

    two_coders(coded)
    for name in ("a.docx", "b.docx"):
        comb("agree", "--docx", name)
    assert (coded.root / "a.docx").read_bytes() == (coded.root / "b.docx").read_bytes()
    document = docx.Document(coded.root / "a.docx")
    words = "\n".join(paragraph.text for paragraph in document.paragraphs)
    assert "Table 1" in words
    assert "Codings by 2 coders were compared on 30 segments from 6 transcripts" in words
    first, by_code, coreq, srqr = document.tables
    assert first.rows[2].cells[0].text == "Cohen's kappa"
    assert len(coreq.rows) == 33
    assert len(srqr.rows) == 22
    assert {row.cells[0].text for row in by_code.rows} >= {"Knowledge", "Emotion"}, "names, not ids"
    assert "It scares me." not in words


def test_boundaries_of_passages(comb, coded):
    two_coders(coded)
    comb("agree", "--json", "a.json")
    passages = load(coded.root / "a.json")["passages"]
    assert 0 < passages["boundaries"]["boundary_similarity"]["value"] < 1
    assert 0 < passages["boundaries"]["pk"]["value"] < 1
    assert "2nd ed." in passages["edition"]


def test_saturation_needs_times_only_for_base_and_run(comb, coded):
    two_coders(coded)
    out = comb("agree", "--json", "a.json")
    found = load(coded.root / "a.json")["saturation"]
    assert found["reached_at"] is None
    assert found["ordered"] is False
    assert found["curve"][-1] == 4  # knowledge, skills, goals, emotion
    assert found["curve"][0] == pytest.approx((3 * 5 + 4) / 6, abs=1e-6)  # t0 alone has four
    assert "The order of coding is unknown" in out


def test_plans(comb):
    out = comb("plan", "--kappa", "0.8", "--at-least", "0.6", "--prevalence", "0.05", "--theme", "0.2")
    assert "expected to be 0.6 with 217 segments coded by two people" in out
    assert "with a probability of 95%, a theme that 20% of participants would voice: 14 interviews" in out
    comb("plan", "--kappa", "0.5", "--at-least", "0.6", code=2)


def test_a_project_of_other_software_is_compared_directly(comb, coded):
    two_coders(coded)
    comb("agree", "--json", "study.json")
    for number in range(6):
        write_text(coded.raw / f"t{number}.txt", f"P: {WORDS}")
    before = {path.name: path.read_bytes() for path in coded.codings.iterdir()}
    comb("segment")
    rows = [(f"t{n}", "", "", quote, code_, "", coder, "") for n in range(6) for coder, code_, quote in (
        ("A", "knowledge", "I know that."), ("B", "knowledge" if n else "skills", "I know that."),
        ("A", "emotion", "It scares me."), ("B", "emotion", "It scares me."),
    )]  # fmt: skip
    for name in before:
        (coded.codings / name).unlink()
    write_rows(coded.codings / "both.csv", COLUMNS, rows)
    comb("agree", "--json", "study.json", "--level", "code")
    comb("export", "--format", "qdpx", "--out", "p.qdpx")
    comb("agree", "p.qdpx", "--bootstrap", "2000", "--json", "project.json")
    study, project = (load(coded.root / f"{name}.json") for name in ("study", "project"))
    assert project["coders"] == ["A", "B"]
    assert project["units"] == study["units"]
    for name, figures in project["codes"].items():
        assert figures["cohen_kappa"]["value"] == study["codes"][name]["cohen_kappa"]["value"]
    assert project["codes"]["emotion"]["cohen_kappa"]["value"] == 1
    assert "needs a study" in comb("agree", "p.qdpx", "--apply", "x.csv", code=1)


def test_codes_together_and_by_group(comb, coded):
    two_coders(coded)
    code(
        coded,
        "A",
        {f"t{n}": [(0, "knowledge", ""), (0, "skills", "")] if n < 3 else [(0, "goals", "")] for n in range(6)},
    )
    code(coded, "B", {f"t{n}": [(0, "knowledge", "")] if n < 3 else [(0, "goals", "")] for n in range(6)})
    assert "differ between groups of transcripts" in comb("agree")
    write_rows(coded.attributes, ("transcript", "ward"), [(f"t{n}", "north" if n < 3 else "south") for n in range(6)])
    out = comb("agree", "--json", "a.json")
    found = load(coded.root / "a.json")
    pair = found["cooccurrence"][0]
    assert (pair["first"], pair["second"], pair["together"]) == ("knowledge", "skills", 3)
    assert pair["expected"] == pytest.approx(3 * 3 / 30)
    goals = next(row for row in found["groups"] if row["code"] == "goals")
    assert goals["shares"] == {"north": 0.0, "south": 1.0}
    assert goals["p"] == pytest.approx(2 / 20, abs=0.02)  # 2 of the 20 ways to part six
    assert goals["enough"] is False
    assert "differ between groups of transcripts" not in out
    assert "Codes by group of transcripts" in out


def test_one_person_and_the_model_by_name_are_compared_at_the_models_level(comb, coded):
    two_coders(coded)
    write_text(
        coded.root / "configs" / "params.yaml", "train: {level: domain, min_examples: 2}\nagreement: {bootstrap: 100}\n"
    )
    heldout(coded, "0f0f0f0f", {0: "capability", 2: "motivation"})
    out = comb("agree", "--coder", "A", "--coder", "0f0f0f0f", "--json", "a.json")
    assert "at the level it is trained at (domain)" in out
    assert load(coded.root / "a.json")["settings"]["level"] == "domain"


def test_a_filled_list_names_all_rows_that_cannot_be_read(comb, coded):
    two_coders(coded)
    comb("agree", "--disagreements", "list.csv")
    header, rows = read_list(coded.root / "list.csv")
    for row, cell in zip(rows, ("Golas", "Emotion [Barrier]", "golas"), strict=True):
        row["consensus"] = cell
    write_rows(coded.root / "list.csv", header, [list(row.values()) for row in rows])
    out = comb("agree", "--apply", "list.csv", code=1)
    assert "2 rows cannot be read (rows 2, 4)" in out
    assert "did you mean goals?" in out


def test_codings_are_known_by_the_columns_of_other_programs(comb, coded):
    two_coders(coded)
    header, rows = read_list(coded.codings / "A.csv")
    _, more = read_list(coded.codings / "B.csv")
    names = ("transcript", "code", "start", "end", "quote", "coder")
    assert set(names) <= set(header)
    columns = ("Document name", "Code", "Beginning", "End", "Segment", "Created by")
    write_rows(coded.root / "maxqda.csv", columns, [[row[name] for name in names] for row in (*rows, *more)])
    comb("agree", "maxqda.csv", "--json", "other.json")
    comb("agree", "--json", "own.json")
    own, other = load(coded.root / "own.json"), load(coded.root / "other.json")
    assert other["overall"]["cohen_kappa"] == own["overall"]["cohen_kappa"]
    assert other["unit"] == "segment"
