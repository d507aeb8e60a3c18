"""From coded transcripts to suggestions, with the fake encoder: what each stage promises."""

import csv
import json
import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from comb.encoder.embed import Cache
from comb.evaluation import cross_validation as evaluation
from comb.stages.listener import Listener
from comb.stages.loading import read_dataset
from comb.study.files import read_json, write_rows

TALK = {
    "knowledge": "nobody ever told me what the letter meant number {}",
    "emotion": "I was frightened to death of the needle number {}",
    "social_influences": "my daughter kept on at me to go number {}",
    "": "we had the bus from town that day number {}",
}
CODES = list(TALK)
PARAMS = "train: {level: component, min_examples: 5, inner_folds: 2}\nevaluate: {folds: 3, bootstrap: 200}\n"


def interview(number: int, *, coded: bool = True) -> tuple[str, list[list[str]]]:
    """Write a transcript of 12 answers, and its codings."""
    lines, rows = [], []
    for answer in range(12):
        code = CODES[(answer + number) % 4]
        said = TALK[code].format(f"{number} {answer}").capitalize() + "."
        lines += [f"INT: And then, {answer}?", f"P{number:02}: {said}"]
        if code:
            rows.append([f"talk {number}", "", "", said, code, ["barrier", "facilitator"][answer % 2], "A", ""])
    return "\n\n".join(lines), rows if coded else []


@pytest.fixture
def coded(study, comb, fake_encoder, monkeypatch):
    """A study with six coded transcripts and one new one; the encoder is the fake one."""
    rows = []
    for number in range(6):
        text, codings = interview(number)
        (study.raw / f"talk {number}.txt").write_text(text, encoding="utf-8")
        rows += codings
    (study.new / "new é.txt").write_text(interview(6)[0], encoding="utf-8")
    write_codings(study.codings / "A.csv", rows)
    (study.root / "configs" / "params.yaml").write_text(PARAMS, encoding="utf-8")
    study.encoder.mkdir(parents=True)
    (study.encoder / "encoder.json").write_text(json.dumps({"id": "fake", "dimension": 24, "max_tokens": 99}))
    monkeypatch.setattr("comb.encoder.embed.OnnxEncoder", lambda *_: fake_encoder)
    return study


def write_codings(path, rows) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        header = ["transcript", "start", "end", "quote", "code", "valence", "coder", "memo"]
        csv.writer(file).writerows([header, *rows])


def write(study, name, text) -> None:
    (study.root / "configs" / name).write_text(text, encoding="utf-8")


def run_all(comb) -> None:
    for stage in ("segment", "embed", "train", "evaluate", "suggest", "transfer"):
        comb(stage)


def test_suggestions_for_a_new_transcript(coded, comb) -> None:
    run_all(comb)
    with (coded.suggestions / "new é.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    header = "transcript,start,end,speaker,text,code,valence,score,threshold,rank,model,evidence"
    assert list(rows[0]) == header.split(",")
    text = (coded.new / "new é.txt").read_text(encoding="utf-8")
    for row in rows:
        assert text[int(row["start"]) : int(row["end"])] == row["text"]
        assert 0 <= float(row["threshold"]) <= float(row["score"]) <= 1
        assert row["speaker"] == "P06"
    frightened = [row for row in rows if "frightened" in row["text"]]
    assert len(frightened) == 3
    assert {row["code"] for row in frightened} == {"automatic_motivation"}
    assert all("talk" in row["evidence"] and "frightened" in row["evidence"] for row in frightened)
    assert not [row for row in rows if "bus from town" in row["text"]]
    lines = (coded.suggestions / "new é.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(json.loads(lines[0])["evidence"]) == 3
    assert len(lines) == len(rows)


def test_suggest_files_from_elsewhere_in_one_command(coded, comb, tmp_path) -> None:
    run_all(comb)
    other = tmp_path / "a folder" / "Interview – 7.txt"
    other.parent.mkdir()
    other.write_text(interview(7)[0], encoding="utf-8")
    printed = comb("suggest", other, "--out", tmp_path / "out", "--format", "csv,xlsx")
    assert {p.name for p in (tmp_path / "out").iterdir()} == {"Interview – 7.csv", "Interview – 7.xlsx"}
    assert "frightened" not in printed
    assert "automatic_motivation" in printed


def test_metrics_say_what_was_measured(coded, comb) -> None:
    run_all(comb)
    metrics = read_json(coded.metrics / "evaluate.json")
    assert set(metrics["overall"]) == {
        "macro_f1", "micro_f1", "cohen_kappa", "krippendorff_alpha", "coverage", "ece",
    }  # fmt: skip
    assert metrics["protocol"]["transcripts"] == 6
    assert metrics["protocol"]["split"] == "whole transcripts"
    assert metrics["human"] is None
    assert metrics["overall"]["macro_f1"] > metrics["baselines"]["majority"]["macro_f1"]
    for figures in metrics["codes"].values():
        assert figures["n"] == 18
        for name in ("precision", "recall", "f1", "cohen_kappa"):
            assert figures[name]["low"] <= figures[name]["value"] <= figures[name]["high"]
    assert math.isclose(metrics["overall"]["coverage"], 0.75, abs_tol=0.1)
    assert set(metrics["withheld"]) >= {"physical_opportunity"}


def test_two_coders_are_compared_on_the_same_segments(coded, comb) -> None:
    _, rows = interview(0)
    for row in rows:
        row[6] = "B"
    write_codings(coded.codings / "B.csv", rows)
    run_all(comb)
    human = read_json(coded.metrics / "evaluate.json")["human"]
    assert human["segments"] == 12
    assert human["pairs"] == 1
    assert human["cohen_kappa"] == 1
    assert human["machine"]["cohen_kappa"] <= 1


def test_participants_are_held_out_whole(coded, comb) -> None:
    rows = "".join(f"talk {n},person {n // 2}\n" for n in range(6))
    (coded.codings / "participants.csv").write_text("transcript,participant\n" + rows)
    run_all(comb)
    protocol = read_json(coded.metrics / "evaluate.json")["protocol"]
    assert (protocol["split"], protocol["groups"], protocol["transcripts"]) == ("whole participants", 3, 6)


def test_transfer_compares_with_codings_that_training_never_reads(coded, comb) -> None:
    _, rows = interview(6)
    for row in rows:
        row[0] = "new é"
    write_codings(coded.reference / "A.csv", rows)
    run_all(comb)
    transfer = read_json(coded.metrics / "transfer.json")["transfer"]
    assert transfer["protocol"]["segments"] == 12
    assert transfer["overall"]["cohen_kappa"] > 0.5


@pytest.fixture
def two_threads() -> Iterator[None]:
    """Multiply matrices with two threads, as comb does outside of tests, where one is set."""
    import scipy.linalg
    from threadpoolctl import threadpool_info, threadpool_limits

    assert scipy.linalg, "it has a library of its own"
    with threadpool_limits(2):
        assert {library["num_threads"] for library in threadpool_info()} == {2}
        yield


@pytest.mark.usefixtures("two_threads")
def test_the_same_input_gives_the_same_bytes(coded, comb) -> None:
    run_all(comb)
    made = [coded.segments, coded.embeddings, coded.metrics / "evaluate.json"]
    made += [*coded.head.iterdir(), *coded.suggestions.iterdir(), *coded.transcripts.iterdir()]
    before = {path: path.read_bytes() for path in made}
    coded.cache.unlink()
    run_all(comb)
    assert {path.name for path in made if path.read_bytes() != before[path]} == set()


def test_one_broken_file_does_not_stop_the_others(coded, comb) -> None:
    (coded.raw / "broken.docx").write_bytes(b"PK\x03\x04 not really")
    (coded.raw / "empty.txt").write_bytes(b"")
    printed = comb("segment")
    assert "broken.docx" in printed
    assert "empty.txt" in printed
    assert "6 transcripts" in printed


def test_an_unknown_speaker_is_reported(coded, comb) -> None:
    (coded.raw / "x.txt").write_text("INT: So?\n\nCarys: Well.\n\nINT: And?\n\nCarys: No.\n", encoding="utf-8")
    printed = comb("segment")
    assert "'Carys'" in printed
    assert "'Carys' (participant?). Confirm with: comb speakers --accept." in printed


@pytest.mark.parametrize(
    ("prepare", "stage", "said"),
    [
        (lambda s: [p.unlink() for p in s.raw.iterdir()], "segment", "there are no transcripts"),
        (lambda s: [p.unlink() for p in s.codings.iterdir()], "train", "there are no codings"),
        (
            lambda s: (s.root / "configs/codebook.yaml").write_text("codes: [{id: other}]"),
            "train",
            "the codebook has no code",
        ),
        (lambda s: write(s, "params.yaml", "train: {min_example: 3}"), "train", "min_examples"),
        (lambda s: s.segments.unlink(), "train", "dvc repro"),
        (
            lambda s: (s.codings / "A.csv").write_text("transcript,quote,colour,coder\n"),
            "train",
            "no column for the code",
        ),
    ],
)
def test_what_is_missing_is_said_in_one_line(coded, comb, prepare, stage, said) -> None:
    comb("segment")
    comb("embed")
    prepare(coded)
    vars(coded).pop("params", None)
    printed = comb(stage, code=1)
    assert said in printed
    assert printed.count("comb: ") == 1
    assert "Traceback" not in printed


def test_a_misplaced_quote_names_file_and_row_and_no_words(coded, comb) -> None:
    comb("segment")
    comb("embed")
    write_codings(coded.codings / "B.csv", [["talk 0", "", "", "secret words never said", "emotion", "", "B", ""]])
    printed = comb("train", code=1)
    assert "B.csv, row 2" in printed
    assert "secret" not in printed


def test_one_coded_transcript_cannot_be_held_out(coded, comb) -> None:
    _, rows = interview(0)
    write_codings(coded.codings / "A.csv", rows)
    (coded.root / "configs" / "params.yaml").write_text(PARAMS.replace("min_examples: 5", "min_examples: 2"))
    for stage in ("segment", "embed", "train"):
        comb(stage)
    printed = comb("evaluate")
    assert "at least two transcripts of two participants are needed" in printed
    assert "1 transcript is coded" in printed
    assert read_json(coded.metrics / "evaluate.json")["overall"]["macro_f1"] is None
    assert "no code is reliable enough yet" in comb("suggest")
    assert not (coded.suggestions / "new é.csv").read_text(encoding="utf-8").splitlines()[1:]
    comb("suggest", "--ungated")
    assert " ungated" in (coded.suggestions / "new é.csv").read_text(encoding="utf-8")


def test_a_head_of_another_encoder_is_refused(coded, comb, fake_encoder) -> None:
    run_all(comb)
    facts = json.loads((coded.encoder / "encoder.json").read_text())
    (coded.encoder / "encoder.json").write_text(json.dumps({**facts, "id": "new"}))
    assert "another encoder" in comb("suggest", code=1)


def test_new_transcripts_cost_only_themselves(coded, comb, fake_encoder) -> None:
    comb("segment")
    comb("embed")
    fake_encoder.encoded.clear()
    (coded.raw / "talk 9.txt").write_text(interview(9)[0], encoding="utf-8")
    comb("segment")
    comb("embed")
    assert fake_encoder.encoded
    assert all(" 9 " in text for text in fake_encoder.encoded)
    assert np.load(coded.embeddings).shape == (84, 4, 24)
    assert isinstance(Cache(coded.cache, fake_encoder).encode(["x"])[1], int)


def test_each_fold_is_judged_by_the_encoder_that_was_tuned_for_it(coded, comb, monkeypatch) -> None:
    for stage in ("segment", "embed"):
        comb(stage)
    material, params = read_dataset(coded, Listener()), coded.params
    folds = list(evaluation.outer_folds(material, params.evaluate))
    tuned = [replace(material) for _ in folds]
    judged, predict = [], evaluation._predict

    def noting(one, train, a, b):
        judged.append((one, a.tolist()))
        return predict(one, train, a, b)

    monkeypatch.setattr(evaluation, "_predict", noting)
    found = evaluation.evaluate(material, params.train, params.evaluate, lambda _: None, tuned)
    wanted = [*tuned, *[material] * len(folds)]
    assert len(folds) > 1
    assert all(one is other for (one, _), other in zip(judged, wanted, strict=True))
    assert [rows for _, rows in judged] == [a.tolist() for a, _ in folds] * 2
    assert evaluation.UNTUNED in found.metrics.baselines


def test_a_transcript_changed_since_it_was_segmented_is_said(comb, study):
    text = "INT: How is it?\n\nP: I forget it. My wife helps. I want to go on.\n"
    for name in ("a", "b"):
        (study.raw / f"{name}.txt").write_text(text)
    comb("segment")
    rows = [("a", "I forget it.", "knowledge", "Ann"), ("a", "My wife helps.", "goals", "Ben")]
    write_rows(study.codings / "all.csv", ("transcript", "quote", "code", "coder"), rows)
    assert "since comb segment" not in comb("agree")
    (study.raw / "a.txt").write_text("INT: More. " + text)
    (study.raw / "b.txt").unlink()
    said = comb("agree")
    assert "files in raw are changed since comb segment: a." in said
    assert "files in raw are gone since comb segment: b." in said
