"""Files of a study: whole or not there, the same bytes for the same content, nothing in them that could run."""

import contextlib
import csv
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comb.errors import BadInputError, NotReadyError
from comb.learning.artifact import read_model
from comb.records import Evidence, Rival, Segment, Suggestion, Transcript, Turn
from comb.study import files as store
from comb.study.csv_files import decode_table
from comb.study.suggestion_files import read_suggestions, write_suggestions

EVIDENCE = (Evidence("p2:0-4", "No… never", "goals; emotion", 0.91), Evidence("p3:9-12", "Ok", "goals", 0.5))


RIVAL, WORDS = Rival("emotion", 0.25), ("want", "well")


def suggestion(text: str) -> Suggestion:
    return Suggestion("p 1", 3, 9, "P", text, "goals", "barrier", 0.75, 0.5, 1, "m", EVIDENCE, RIVAL, WORDS)


# ---- atomic writes


def test_a_failing_write_leaves_the_old_file_and_no_litter(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    store.write_text(path, "old")

    def fail() -> None:
        with store.atomic(path) as file:
            file.write(b"new, half of it")
            file.flush()
            assert path.read_text(encoding="utf-8") == "old"
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_write_that_cannot_be_made_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="Out of range"):
        store.write_json(tmp_path / "a.json", {"f1": float("nan")})
    with pytest.raises(ValueError, match="pickle"):
        store.write_array(tmp_path / "a.npy", np.array([object()]))
    assert list(tmp_path.iterdir()) == []


def test_folders_are_made_and_names_may_be_anything(tmp_path: Path) -> None:
    path = tmp_path / "étude 1" / "new" / "p 1 ☕.txt"
    store.write_text(path, "a\r\nb")
    assert path.read_bytes() == b"a\r\nb"


def test_missing_file_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(NotReadyError, match=r"not made yet\. Run: dvc repro"):
        store.read_json(tmp_path / "evaluate.json")


# ---- CSV


def rows(folder: Path, data: bytes | str) -> list[tuple[int, dict[str, str]]]:
    path = folder / "a.csv"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return list(store.read_rows(path, ("code", "quote")))


@pytest.mark.parametrize(
    "data",
    [
        "code,quote\nx,one\n",
        "\ufeffcode;quote\r\nx;one\r\n",
        "\ufeff code , quote \nx,one",
        '"quote","code"\n"one","x"\n',
        "code,quote,memo\nx,one\n",  # a cell left out at the end is empty
        "code\tquote\nx\tone\n",
        "sep=;\r\ncode;quote\r\nx;one\r\n",
        '"sep=,"\ncode,quote\nx,one\n',
        "code,quote\nx,one\n".encode("utf-16"),
        "code;quote\nx;one\n".encode("utf-16-le"),
        "\ufeffcode,quote\nx,one\n".encode("utf-16-be"),
    ],
)
def test_tables_as_spreadsheets_save_them(tmp_path: Path, data: str | bytes) -> None:
    ((number, row),) = rows(tmp_path, data)
    assert (number, row["code"], row["quote"], row.get("memo", "")) == (2, "x", "one", "")


@pytest.mark.parametrize(
    ("encoding", "quote", "known"),
    [
        ("cp1252", "Café, “voilà”", set()),
        ("mac_roman", "Café, “voilà”", {"café"}),
        ("cp1250", "Biorę tabletkę", {"tabletkę"}),
        ("cp1251", "я помню", {"помню"}),
    ],
)
def test_older_encodings_are_told_apart_by_known_words(encoding: str, quote: str, known: set[str]) -> None:
    text = f"code;quote\nx;{quote}\n"
    assert decode_table(text.encode(encoding), "a.csv", lambda: known) == text


def test_quoted_cells_keep_delimiters_quotes_and_lines(tmp_path: Path) -> None:
    ((_, row),) = rows(tmp_path, 'code,quote\nx,"He said ""no"", then;\nleft"\n')
    assert row["quote"] == 'He said "no", then;\nleft'


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"code,quote\nx,\xe9\x01\n", "a.csv: not text"),
        ("code,text\nx,one\n", "a.csv: column 'quote' is missing (found: code, 1 other). The columns are: code, quote"),
        ("", "a.csv: column 'code' is missing (found: nothing)"),
        ("code,quote\nx,one\ny,two, three\n", "a.csv, row 3: more cells than columns. Put quotation marks"),
        ('code,quote\nx,"one\n', "a.csv, line 2: not a table"),
        ('code,"quote\nx,one\n', "a.csv, line 2: not a table"),
    ],
)
def test_broken_tables_are_refused_naming_file_and_row(tmp_path: Path, data: bytes | str, said: str) -> None:
    with pytest.raises(BadInputError) as caught:
        rows(tmp_path, data)
    assert str(caught.value).startswith(said)


def test_rows_are_numbered_as_a_spreadsheet_does(tmp_path: Path) -> None:
    assert [number for number, _ in rows(tmp_path, "code,quote\n\n\nx,one\n")] == [4]


cells = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"))


@given(st.lists(st.tuples(cells, cells), max_size=4))
@settings(max_examples=60, deadline=None)
def test_rows_survive_being_written_and_read(written: list[tuple[str, str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.csv"
        store.write_rows(path, ("code", "quote"), written)
        read = [tuple(row.values()) for _, row in store.read_rows(path, ("code", "quote"))]
        assert read == [row for row in written if any(row)]  # a row of empty cells is a blank line


# ---- records


anything = st.text()
segments_of_anything = st.builds(
    Segment, anything, st.integers(0, 2**40), st.just(9), st.just(2), anything, st.just("other"), anything, anything
)


@given(st.lists(segments_of_anything, max_size=3))
@settings(max_examples=60, deadline=None)
def test_table_of_records_survives_any_text(segments: list[Segment]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "segments.parquet"
        store.write_records(path, Segment, segments)
        assert store.read_records(path, Segment) == segments


def test_transcripts_that_are_gone_leave_the_folder(tmp_path: Path) -> None:
    one = Transcript("p 1", "P: né 😀\n", (Turn("P", "participant", 3, 7, 12.5), Turn("", "other", 7, 8)), "p 1.txt")
    two = Transcript("p.2", "x", (Turn("P", "participant", 0, 1),))
    store.write_transcripts(tmp_path, [one, two])
    assert store.read_transcripts(tmp_path) == {"p 1": one, "p.2": two}
    store.write_transcripts(tmp_path, [one])
    assert store.read_transcripts(tmp_path) == {"p 1": one}


def test_array_is_read_as_it_was_written(tmp_path: Path) -> None:
    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    store.write_array(tmp_path / "a.npy", array)
    read = store.read_array(tmp_path / "a.npy")
    assert read.dtype == array.dtype
    np.testing.assert_array_equal(read, array)


def test_array_written_in_parts_is_the_array(tmp_path: Path) -> None:
    array = np.arange(24, dtype=np.float16).reshape(4, 2, 3)
    with store.new_array(tmp_path / "parts.npy", array.shape) as write:
        write(array[:1])
        write(array[1:, :, :])
    store.write_array(tmp_path / "whole.npy", array)
    assert (tmp_path / "parts.npy").read_bytes() == (tmp_path / "whole.npy").read_bytes()


# ---- named arrays

ARRAYS = {"codes.weights": np.arange(6.0).reshape(2, 3), "codes.words.idf": np.ones(3), "empty": np.zeros((0, 2))}
WRITE = """
import sys; from pathlib import Path
import numpy as np
from comb.study.files import write_arrays
write_arrays(Path(sys.argv[1]), {"a": np.arange(6.0).reshape(2, 3), "b": np.ones(3, np.float32)})
"""


def test_arrays_are_read_as_they_were_written(tmp_path: Path) -> None:
    store.write_arrays(tmp_path / "head.npz", ARRAYS)
    found = store.read_arrays(tmp_path / "head.npz", "Train.")
    assert list(found) == list(ARRAYS)
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(found[name], array, strict=True)


def test_arrays_have_the_same_bytes_in_every_process(tmp_path: Path) -> None:
    for name in ("1.npz", "2.npz"):
        subprocess.run([sys.executable, "-c", WRITE, tmp_path / name], check=True, cwd=Path(__file__).parents[2])
    assert (tmp_path / "1.npz").read_bytes() == (tmp_path / "2.npz").read_bytes()


class Stranger:
    """A type that comb does not write."""

    def __reduce__(self) -> tuple:
        return os.system, ("true",)


@pytest.mark.parametrize("content", [Stranger(), [Stranger()], None], ids=["object", "list of objects", "none"])
def test_arrays_that_need_pickle_are_neither_written_nor_read(tmp_path: Path, content: object) -> None:
    array = np.array(content, dtype=object)
    with pytest.raises(ValueError, match="pickle"):
        store.write_arrays(tmp_path / "head.npz", {"a": array})
    np.savez(tmp_path / "head.npz", a=array)
    with pytest.raises(BadInputError, match=r"^head.npz: not a readable file of arrays\. Train\."):
        store.read_arrays(tmp_path / "head.npz", "Train.")


def test_compressed_arrays_are_refused_since_they_could_unpack_to_any_size(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "head.npz", a=np.zeros(10_000))
    with pytest.raises(BadInputError, match="not a readable file of arrays"):
        store.read_arrays(tmp_path / "head.npz", "Train.")


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_damaged_arrays_are_read_or_refused_but_never_crash(data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "head.npz"
        store.write_arrays(path, ARRAYS)
        content = bytearray(path.read_bytes())
        place = data.draw(st.integers(0, len(content) - 1))
        if data.draw(st.booleans()):
            content[place] ^= data.draw(st.integers(1, 255))
        else:
            del content[place:]
        path.write_bytes(content)
        with contextlib.suppress(BadInputError):
            store.read_arrays(path, "Train.")


# ---- suggestions

COLUMNS = "transcript,start,end,speaker,text,code,valence,score,threshold,rank,model,evidence".split(",")
FORMULAS = ("=1+1", '=HYPERLINK("http://x")', "{=1+1}", "+1", "-x", "@a", "1.50", "http://x.org", "internal:A1")


def test_suggestions_in_every_format(tmp_path: Path) -> None:
    items = [suggestion("I want, “well”; so 😀"), suggestion("second\nline")]
    write_suggestions(tmp_path, "p 1", items, ["csv", "jsonl", "xlsx"])
    assert {path.name for path in tmp_path.iterdir()} == {"p 1.csv", "p 1.jsonl", "p 1.xlsx"}
    with (tmp_path / "p 1.csv").open(encoding="utf-8", newline="") as file:
        header, first, second = csv.reader(file)
    evidence = "p2:0-4 [goals; emotion] No… never | p3:9-12 [goals] Ok"
    assert header == COLUMNS
    assert first == ["p 1", "3", "9", "P", items[0].text, "goals", "barrier", "0.75", "0.5", "1", "m", evidence]
    assert second[4] == "second\nline"
    lines = (tmp_path / "p 1.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in lines] == json.loads(json.dumps([asdict(item) for item in items]))
    table = list(openpyxl.load_workbook(tmp_path / "p 1.xlsx").active.iter_rows(values_only=True))
    assert list(table[0]) == [*COLUMNS, "rival", "words"]
    why = [evidence, "emotion 0.25", "want; well"]
    assert list(table[1]) == ["p 1", 3, 9, "P", items[0].text, "goals", "barrier", 0.75, 0.5, 1, "m", *why]
    assert read_suggestions(tmp_path) == items


def test_no_suggestions_is_a_file_with_a_header(tmp_path: Path) -> None:
    write_suggestions(tmp_path, "p", [], ["csv", "jsonl", "xlsx"])
    assert (tmp_path / "p.csv").read_text(encoding="utf-8") == ",".join(COLUMNS) + "\n"
    assert (tmp_path / "p.jsonl").read_text(encoding="utf-8") == ""
    assert openpyxl.load_workbook(tmp_path / "p.xlsx").active.max_row == 1


def test_words_are_never_formulas_numbers_or_links_in_a_workbook(tmp_path: Path) -> None:
    write_suggestions(tmp_path, "p", [suggestion(text) for text in FORMULAS], ["xlsx"])
    sheet = openpyxl.load_workbook(tmp_path / "p.xlsx").active
    cells = [row[4] for row in sheet.iter_rows(min_row=2)]
    assert [(cell.value, cell.data_type, cell.hyperlink) for cell in cells] == [(text, "s", None) for text in FORMULAS]


def test_same_suggestions_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_suggestions(tmp_path / name, "p", [suggestion("x")], ["csv", "jsonl", "xlsx"])
    for name in ("p.csv", "p.jsonl", "p.xlsx"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_a_model_of_an_earlier_version_says_what_to_run(tmp_path: Path) -> None:
    facts = {"id": "x", "encoder": "e", "level": "", "codes": ["a"], "withheld": {}}
    store.write_json(tmp_path / "head.json", facts)
    with pytest.raises(NotReadyError, match=r"another version of comb\. Run: dvc repro --force train"):
        read_model(tmp_path, "e")
    store.write_arrays(tmp_path / "head.npz", {"codes.thresholds": np.ones(1)})
    store.write_json(tmp_path / "vocabulary.json", {"codes": {"codes": ["a"], "exclusive": False, "ngrams": {}}})
    with pytest.raises(NotReadyError, match=r"another version of comb\. Run: dvc repro --force train"):
        read_model(tmp_path, "e")
