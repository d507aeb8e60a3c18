"""Readers of comb's own files, given anything: a result, or one CombError that quotes nothing of the file."""

import json
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comb.codebook import read_codebook
from comb.codings.codings_csv import read_codings_file, read_decisions
from comb.encoder.embed import read_encoder_facts
from comb.errors import CombError
from comb.learning.artifact import ModelFacts
from comb.records import Segment, Suggestion, Transcript, Turn
from comb.study.files import (
    read_array,
    read_arrays,
    read_record,
    read_records,
    read_transcripts,
    write_array,
    write_arrays,
    write_json,
    write_record,
    write_records,
    write_rows,
    write_text,
    write_transcripts,
)
from comb.study.params import read_params
from comb.study.speakers import read_speakers
from comb.study.suggestion_files import read_suggestions

CANARY = "Zebrafinch"
TALK = Transcript("a", f"P1: {CANARY} said so.", (Turn("P1", "participant", 4, 23),), "a.txt")
SUGGESTED = Suggestion("a", 4, 23, "P1", f"{CANARY} said so.", "goals", "", 0.5, 0.4, 1, "m")
BOOK = f"name: x\ncodes:\n- id: goals\n  examples: [{CANARY} said so.]\n  children: [{{id: a}}, {{id: b}}]\n"
CODINGS = f"transcript,quote,code,coder\na,{CANARY} said so.,goals,A\n"
DECIDED = "transcript,start,end,code,valence,score,threshold,model,verdict,coder,decided_at".split(",")
SEGMENT = Segment("a", 4, 23, 0, "P1", "participant", f"{CANARY} said so.")
KINDS: dict[str, tuple[Callable[[Path], object], Callable[[Path], Any]]] = {
    "head.json": (
        lambda path: write_record(path, ModelFacts("i", "e", "l", ["goals"], {})),
        lambda path: read_record(path, ModelFacts),
    ),
    "encoder.json": (
        lambda path: write_json(path, {"id": "i", "dimension": 4, "max_tokens": 9}),
        lambda path: read_encoder_facts(path.parent),
    ),
    "a.json": (lambda path: write_transcripts(path.parent, [TALK]), lambda path: read_transcripts(path.parent)),
    "a.jsonl": (
        lambda path: write_text(path, json.dumps(asdict(SUGGESTED)) + "\n"),
        lambda path: read_suggestions(path.parent),
    ),
    "segments.parquet": (
        lambda path: write_records(path, Segment, [SEGMENT] * 9),
        lambda path: read_records(path, Segment),
    ),
    "a.npy": (lambda path: write_array(path, np.ones((3, 2, 4), np.float16)), lambda path: read_array(path, 3)),
    "a.npz": (lambda path: write_arrays(path, {"a": np.ones((3, 2))}), lambda path: read_arrays(path, "Train.")),
    "codebook.yaml": (lambda path: write_text(path, BOOK), read_codebook),
    "params.yaml": (lambda path: write_text(path, "train: {level: code, seed: 1}\n"), read_params),
    "A.csv": (lambda path: write_text(path, CODINGS), lambda path: read_codings_file(path, {"a": TALK})),
    "speakers.csv": (lambda path: write_text(path, "transcript,speaker,role\na,P1,participant\n"), read_speakers),
    "decisions.csv": (
        lambda path: write_rows(path, DECIDED, [["a", 1, 2, "goals", "", 0.5, 0.5, "m", "accepted", "A", "x"]]),
        read_decisions,
    ),
}


@cache
def _whole(name: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        KINDS[name][0](Path(folder) / name)
        return (Path(folder) / name).read_bytes()


PIECES = st.binary(max_size=8) | st.sampled_from([b"*x", b"&x ", b"[" * 99, b"-1", b"1e999", b"\n"])
PLACES = st.integers(0, 2**20)
DAMAGE: st.SearchStrategy[Callable[[bytes], bytes]] = st.one_of(
    st.builds(lambda at, piece: lambda data: _at(data, at, 1, piece), PLACES, st.binary(min_size=1, max_size=1)),
    st.builds(lambda at, piece: lambda data: _at(data, at, 0, piece), PLACES, PIECES),
    st.builds(lambda at, most: lambda data: _at(data, at, most, b""), PLACES, st.integers(1, 2**20)),
    st.builds(lambda piece: lambda data: piece, st.binary(max_size=40)),
    st.just(lambda data: data * 2),
)


def _at(data: bytes, at: int, taken: int, put: bytes) -> bytes:
    at %= len(data) + 1
    return data[:at] + put + data[at + taken :]


@pytest.mark.parametrize("name", KINDS)
@given(st.lists(DAMAGE, min_size=1, max_size=3))
@settings(max_examples=60, deadline=None)
def test_whatever_a_file_holds_it_is_read_or_refused(name: str, damage: list[Callable[[bytes], bytes]]) -> None:
    content = _whole(name)
    for change in damage:
        content = change(content)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        told = _told(path)
    assert CANARY not in told
    assert "said so" not in told


def _told(path: Path) -> str:
    """Return what is said of a file that is refused."""
    try:
        KINDS[path.name][1](path)
    except CombError as error:
        return "\n".join((str(error), *error.details))
    return ""
