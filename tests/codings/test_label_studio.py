# ruff: noqa: E501
"""Tables of codings as Label Studio exports them."""

import csv
import json
from pathlib import Path

import pytest

from comb.codings.codings_csv import read_codings
from comb.transcripts.reader import read_folder

FIRST, SECOND = "I put them by the kettle. 😀 Then I see them.", "There is never enough time."


def span(text: str, quote: str, *codes: str, shift: int = 0) -> dict[str, object]:
    at = text.index(quote) + shift
    return {"start": at, "end": at + len(quote), "text": quote, "labels": list(codes)}


def export(path: Path, rows: list[tuple[str, str, object, str]], name: str = "export.csv") -> Path:
    with (path / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "text", "label", "annotator"])
        writer.writerows((task, text, json.dumps(label), who) for task, text, label, who in rows)
    return path / name


def coded(study) -> set[tuple[str, str, str, str]]:
    transcripts = {t.id: t for t in read_folder(study.raw)[0]}
    return {
        (c.transcript, c.quote, c.code, c.coder) for c in read_codings(study.codings, transcripts).codings if c.code
    }


ROWS = [
    ("1", FIRST, [span(FIRST, "by the kettle", "goals", "emotion")], "ann"),
    ("2", SECOND, [span(SECOND, "never enough", "goals")], "ann"),
    ("1", FIRST, [span(FIRST, "see them", "emotion", shift=1)], "bob"),
]
SAID = {("by the kettle", "goals", "ann"), ("by the kettle", "emotion", "ann"), ("never enough", "goals", "ann"), ("see them", "emotion", "bob")}  # fmt: skip


def test_texts_that_the_study_lacks_become_a_transcript(comb, study) -> None:
    out = comb("import", export(study.root.parent, ROWS))
    assert coded(study) == {("export", *rest) for rest in SAID}
    assert "1 transcript" in out


def test_texts_that_the_study_has_are_coded_there(comb, study) -> None:
    (study.raw / "P03.txt").write_text(f"INT: Why?\nP03: {FIRST}\nINT: And?\nP03: {SECOND}\n", encoding="utf-8")
    comb("import", export(study.root.parent, ROWS))
    assert coded(study) == {("P03", *rest) for rest in SAID}
    assert [path.name for path in study.raw.iterdir()] == ["P03.txt"]


def test_choices_code_the_whole_text(comb, study) -> None:
    comb("import", export(study.root.parent, [("1", SECOND, {"choices": ["goals"]}, "ann"), ("2", FIRST, [], "ann")]))
    assert coded(study) == {("export", SECOND, "goals", "ann")}


@pytest.mark.parametrize(
    "label", [[{"start": "x", "labels": ["goals"]}], [{"start": 0, "end": 99, "text": "Nowhere", "labels": ["goals"]}]]
)  # fmt: skip
def test_spans_that_cannot_be_placed_are_counted(label: object, comb, study) -> None:
    rows = [("1", FIRST, [span(FIRST, "kettle", "goals")], "ann"), ("2", SECOND, label, "ann")]
    out = comb("import", export(study.root.parent, rows))
    assert "row 3: spans that do not fit its text, left out: 1" in out
    assert "Nowhere" not in out
    assert coded(study) == {("export", "kettle", "goals", "ann")}
