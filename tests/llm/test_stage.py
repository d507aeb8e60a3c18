"""A language model as a coder of a study: its codings, what is missing, resuming, and who may see what."""

import csv
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from comb.codings.codings_csv import write_codings
from comb.codings.language_model import LlmRun, folder_name
from comb.exchange.from_study import gather_project
from comb.llm import asker as asking
from comb.records import Coding
from comb.stages.listener import Listener
from comb.stages.llm import _unencrypted, code
from comb.stages.llm_results import current_run
from comb.study.files import read_json, read_record
from comb.study.layout import Study
from tests.llm.fake_server import FakeServer, running
from tests.stages.test_pipeline import PARAMS, coded, interview  # noqa: F401 (a fixture)

RUN = "import sys; from comb.cli import run; sys.exit(run(['llm', 'code']))"
WORDS = re.compile("frightened|daughter|letter meant|from town", re.IGNORECASE)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "PAUSE", 0.001)
    monkeypatch.setattr("comb.llm.server.KNOWN", {})


@pytest.fixture
def server():
    with running() as found:
        yield found


def configure(study: Study, server: FakeServer, **more: Any) -> None:
    settings = {"model": "tiny", "server": server.url, **more}
    lines = "".join(f"  {key}: {value}\n" for key, value in settings.items())
    (study.root / "configs" / "params.yaml").write_text(f"{PARAMS}llm:\n{lines}", encoding="utf-8")


@pytest.fixture
def ready(coded, comb, server):  # noqa: F811
    configure(coded, server)
    comb("segment")
    return Study(coded.root)


def files(study: Study) -> dict[str, bytes]:
    return {
        path.relative_to(study.llm).as_posix(): path.read_bytes() for path in study.llm.rglob("*") if path.is_file()
    }


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def run_of(study: Study) -> tuple[LlmRun, Path]:
    found = current_run(study)
    assert found is not None
    return found


def test_off_by_default(coded, comb) -> None:  # noqa: F811
    comb("segment")
    assert "No language model is used" in comb("llm", "code")
    assert files(coded) == {"current.json": b'{\n "folder": ""\n}\n'}


def test_codings_stand_under_its_own_name(ready, comb, server) -> None:
    printed = comb("llm", "code")
    run, folder = run_of(ready)
    assert folder.name == folder_name("tiny")
    assert ":" not in folder.name
    assert (run.coder, run.model, run.where) == ("llm:tiny", "tiny", "server on this machine")
    found = rows(folder / "codings.csv")
    assert {row["coder"] for row in found} == {row["model"] for row in found} == {"llm:tiny"}
    assert {row["origin"] for row in found} == {"llm"}
    assert len({(row["transcript"], row["start"]) for row in found}) == 72  # every segment has a row
    assert len({(row["transcript"], row["start"]) for row in rows(folder / "new.csv")}) == 12
    assert run.segments == run.coded + run.empty + sum(run.missing.values()) == 84
    assert not WORDS.search(printed)
    assert "84 calls" in printed


def test_a_second_run_asks_nothing_and_writes_the_same_bytes(ready, comb, server) -> None:
    comb("llm", "code")
    before, calls = files(ready), server.calls
    comb("llm", "code")
    assert (files(ready), server.calls) == (before, calls)
    configure(ready, server, concurrency=1)
    comb("llm", "code")
    assert (files(ready), server.calls) == (before, calls)


def test_a_server_without_probabilities_is_asked_for_ids(coded, comb) -> None:  # noqa: F811
    with running(probabilities=False) as server:
        configure(coded, server, answers=2)
        comb("segment")
        comb("llm", "code")
        assert run_of(coded)[0].scores == "answers"
        assert server.calls == 3 + 2 * 84  # three to find out
        before = files(coded)
        comb("llm", "code")
        assert server.calls == 3 + 2 * 84
        assert files(coded) == before


def test_what_was_answered_can_be_used_while_nothing_runs_the_model(ready, comb) -> None:
    with running() as server:
        configure(ready, server)
        comb("llm", "code")
        before = files(ready)
    assert "only its earlier answers are used" in comb("llm", "code")
    assert run_of(ready)[0].missing == {}
    assert files(ready)[f"{folder_name('tiny')}/codings.csv"] == before[f"{folder_name('tiny')}/codings.csv"]


def test_what_was_not_answered_before_is_missing_while_nothing_runs_the_model(ready, comb) -> None:
    with running() as server:
        configure(ready, server, transcripts='["talk 0", "talk 1"]')
        comb("llm", "code")
        configure(ready, server)
    comb("llm", "code")
    run, folder = run_of(ready)
    assert (run.segments, run.missing) == (84, {"not running": 60})
    assert {row["transcript"] for row in rows(folder / "codings.csv")} == {"talk 0", "talk 1"}


def test_a_changed_prompt_asks_anew(ready, comb, server) -> None:
    comb("llm", "code")
    run, _ = run_of(ready)
    text = ready.prompt.read_text(encoding="utf-8")
    ready.prompt.write_text(text.replace("careful", "thoughtful"), encoding="utf-8")
    comb("llm", "code")
    assert server.calls == 2 * 84
    assert run_of(ready)[0].prompt != run.prompt


def test_a_segment_without_an_answer_is_missing_not_empty(ready, comb, server) -> None:
    text = (ready.raw / "talk 0.txt").read_text(encoding="utf-8")
    (ready.raw / "talk 0.txt").write_text(text.replace("INT: And then, 3?", "INT: And then, #500 3?"), encoding="utf-8")
    told = (ready.new / "new é.txt").read_text(encoding="utf-8")
    (ready.new / "new é.txt").write_text(f"{told}\n\nINT: And?\n\nP06: That is it #500.\n", encoding="utf-8")
    printed = comb("llm", "code")
    run, folder = run_of(ready)
    assert run.missing == {"server error 500": 1}
    assert not [row for row in rows(folder / "new.csv") if "#500" in row["quote"]]
    assert not [row for row in rows(folder / "new-scores.csv") if row["start"] == "none"]
    assert "1 segment without an answer (server error 500 1)" in printed


def test_agreement_takes_missing_for_not_read(ready, comb, server) -> None:
    with (ready.raw / "talk 9.txt").open("w", encoding="utf-8") as file:
        file.write("INT: So?\n\nP1: It was fine #500.\n\nINT: And?\n\nP1: I would go again.\n")
    quote = "It was fine #500."
    own = [("talk 9", quote, "knowledge", "A"), ("talk 9", "I would go again.", "knowledge", "A")]
    with (ready.codings / "more.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("transcript", "quote", "code", "coder"), *own])
    comb("segment")
    comb("llm", "code")
    comb("agree", "--coder", "A", "--coder", "llm:tiny", "--json", "a.json")
    found = read_json(ready.root / "a.json")
    assert found["judged"] == {"A": 74, "llm:tiny": 73}
    assert found["models"] == ["llm:tiny"]
    assert found["language_models"][0]["missing"] == {"server error 500": 1}


def test_new_transcripts_are_compared_with_the_reference(ready, comb, server) -> None:
    comb("llm", "code")
    text = (ready.new / "new é.txt").read_text(encoding="utf-8")
    made = [(row[3], row[4]) for row in interview(6)[1]]
    codings = [
        Coding("new é", text.index(said), text.index(said) + len(said), said, code_, "", "A") for said, code_ in made
    ]
    write_codings(ready.reference / "A.csv", codings)
    comb("agree", "--new", "--json", "a.json", "--html", "a.html")
    found = read_json(ready.root / "a.json")
    assert found["coders"] == ["A", "llm:tiny"]
    assert found["units"] == 12
    assert "llm:tiny" in (ready.root / "a.html").read_text(encoding="utf-8")


def test_killed_and_run_again_asks_only_the_rest(ready, server, tmp_path) -> None:
    configure(ready, server, concurrency=1)
    job = subprocess.Popen([sys.executable, "-c", RUN], cwd=ready.root, stderr=subprocess.DEVNULL)
    while server.calls < 20:
        assert job.poll() is None
    job.kill()
    job.wait()
    asked = server.calls
    assert 20 <= asked < 84
    assert not (ready.llm / "current.json").exists()
    code(Study(ready.root), Listener())
    assert server.calls <= 84 + 2  # what was under way when it was killed is asked again
    before = files(ready)
    (ready.root / ".comb" / "llm.sqlite").unlink()
    code(Study(ready.root), Listener())
    assert files(ready) == before


def test_the_model_never_sees_what_people_coded(ready, comb, server) -> None:
    comb("llm", "code")
    bodies = [str(body) for body in server.bodies]
    (ready.codings / "A.csv").write_text("transcript,quote,code,coder\n", encoding="utf-8")
    (ready.root / ".comb" / "llm.sqlite").unlink()
    before = len(server.bodies)
    comb("llm", "code")
    assert sorted(bodies) == sorted(str(body) for body in server.bodies[before:])


def test_examples_come_from_the_training_folds_only(ready, comb, server) -> None:
    from comb.evaluation.cross_validation import outer_folds
    from comb.stages.loading import read_dataset

    comb("embed")
    configure(ready, server, examples=3)
    study = Study(ready.root)
    comb("llm", "code")
    dataset = read_dataset(study, Listener())
    fold_of = {}
    for number, (_, test) in enumerate(outer_folds(dataset, study.params.evaluate)):
        fold_of |= {dataset.segments[row].transcript: number for row in test}
    text_of = {segment.text: segment.transcript for segment in dataset.segments}
    checked = 0
    for body in server.bodies:
        own = re.search(r'Sentence to code: "(.*)"', body["messages"][1]["content"])
        shown = re.findall(r'^Sentence: "(.*)"$', body["messages"][0]["content"], re.MULTILINE)
        assert own is not None
        if not shown:  # tried whether the server tells probabilities
            continue
        assert len(shown) == 3
        mine = text_of.get(own[1])
        if mine:
            assert fold_of[mine] not in {fold_of[text_of[text]] for text in shown}
            checked += 1
    assert checked == 72
    assert run_of(study)[0].examples == 3


def test_a_server_elsewhere_needs_both_words_and_is_recorded(ready, comb, server, monkeypatch) -> None:
    """The address of another machine is played by this one: what counts is what comb takes it for."""
    monkeypatch.setattr("comb.llm.loopback.is_loopback", lambda address: False)
    refused = comb("llm", "code", code=1)
    assert "not an address of this machine, and llm.allow_remote is not set" in refused
    assert "--i-have-approval" in comb("llm", "code", "--i-have-approval", code=1)
    configure(ready, server, allow_remote="true")
    assert "--i-have-approval is not set" in comb("llm", "code", code=1)
    assert server.calls == 0
    printed = comb("llm", "code", "--i-have-approval")
    assert "WHAT PARTICIPANTS SAID IS SENT TO ANOTHER MACHINE" in printed
    run, _ = run_of(ready)
    assert run.remote
    assert run.where == "server elsewhere, with approval"


def test_check_says_what_runs_and_how_long_it_takes(ready, comb, server) -> None:
    server.tags = {"models": [{"name": "tiny", "digest": "ab12cd", "size": 1_200_000_000}]}
    printed = comb("llm", "check")
    assert "1.2 GB" in printed
    assert "ab12cd" in printed
    assert "84 segments" in printed
    assert not WORDS.search(printed)
    configure(ready, server, model='""')
    assert "This study does not use a language model yet" in comb("llm", "check")


def test_suggestions_from_the_codebook_alone_are_marked(study, comb, server) -> None:
    (study.new / "one.txt").write_text(
        "INT: So?\n\nP1: I would go again.\n\nP1: answer B, they said.\n", encoding="utf-8"
    )
    (study.raw / "two.txt").write_text("INT: So?\n\nP1: I never would.\n", encoding="utf-8")
    configure(study, server)
    comb("segment")
    comb("llm", "code")
    printed = comb("llm", "suggest")
    assert "its agreement with people is unknown" in printed
    found = [row for path in study.suggestions.glob("*.csv") for row in rows(path)]
    assert found
    assert {row["model"] for row in found} == {"llm:tiny not measured"}
    assert {path.stem for path in study.suggestions.glob("*.jsonl")} == {"one", "two"}


def test_the_gate_withholds_what_is_not_reliable(ready, comb, server) -> None:
    comb("llm", "code")
    printed = comb("llm", "suggest")
    assert printed.count("withheld:") == 8
    assert rows(ready.suggestions / "new é.csv") == []
    comb("llm", "suggest", "--ungated")
    assert {row["model"] for row in rows(ready.suggestions / "new é.csv")} <= {"llm:tiny ungated", "llm:tiny"}


def test_readings_of_what_people_coded_differently(ready, comb, server) -> None:
    lines = (ready.codings / "A.csv").read_text(encoding="utf-8").splitlines()
    other = [line.replace(",knowledge,", ",emotion,").replace(",A,", ",B,") for line in lines]
    (ready.codings / "B.csv").write_text("\n".join(other) + "\n", encoding="utf-8")
    printed = comb("llm", "readings")
    found = rows(ready.processed / "readings.csv")
    assert len(found) == 18
    assert {(row["first_reading"], row["second_reading"]) for row in found} == {("emotion", "knowledge")}
    assert all(row["case_for_first"] and row["case_for_second"] for row in found)
    assert not WORDS.search(printed)
    asked = str(server.bodies)
    assert "verdict" not in asked
    before = server.calls
    comb("llm", "readings")
    assert server.calls == before


def test_exports_hold_its_codings_as_a_models_never_as_a_persons(ready, comb, server) -> None:
    comb("llm", "code")
    whole = gather_project(ready)
    made = [item for item in whole.suggestions if item.model == "llm:tiny"]
    _, folder = run_of(ready)
    assert len(made) == sum(bool(row["code"]) for name in ("codings.csv", "new.csv") for row in rows(folder / name))
    assert {coding.coder for coding in whole.codings} == {"A"}
    assert gather_project(ready, suggestions=False).suggestions == ()
    comb("llm", "suggest", "--ungated")
    assert len({(s.transcript, s.start, s.code) for s in gather_project(ready).suggestions}) == len(made)
    assert len(gather_project(ready).suggestions) == len(made)


def test_names_of_models_are_safe_in_file_names() -> None:
    names = ["a:b", "A:b", "a/b", "CON", "x" * 300, "ü", "", "..", "a b", "aux.gguf", "C:\\models\\m.gguf"]
    found = [folder_name(name) for name in names]
    assert len({name.casefold() for name in found}) == len(names)
    for name in found:
        assert re.fullmatch(r"[a-z0-9-]{1,75}", name)


def test_a_run_is_read_back(ready, comb) -> None:
    comb("llm", "code")
    run, folder = run_of(ready)
    assert read_record(folder / "run.json", LlmRun) == run


def test_two_at_once_are_refused_and_nothing_is_asked_twice(ready, comb, server) -> None:
    ready.llm_cache.parent.mkdir(exist_ok=True)
    with FileLock(ready.llm_cache.with_suffix(".lock")):
        assert "another comb llm code is running" in comb("llm", "code", code=1)
    assert server.calls == 0
    comb("llm", "code")
    assert run_of(ready)[0].missing == {}


def test_stopped_by_hand_it_ends_at_once(ready) -> None:
    """Answers that are under way are not waited for."""
    for path in ready.raw.glob("*.txt"):
        path.write_text(re.sub(r"\.(?=\n|$)", " #slow.", path.read_text(encoding="utf-8")), encoding="utf-8")
    with running(slow=30) as server:
        configure(ready, server, concurrency=2, scores="answers")
        code_ = "from comb.cli import run; run(['segment'])"
        subprocess.run([sys.executable, "-c", code_], cwd=ready.root, check=True, capture_output=True)
        # A shell that runs the tests in the background lets them ignore Ctrl+C, and with them what they start.
        listen = f"import signal; signal.signal(signal.SIGINT, signal.default_int_handler); {RUN}"
        job = subprocess.Popen([sys.executable, "-c", listen], cwd=ready.root, stderr=subprocess.PIPE, text=True)
        while server.busy < 2:
            assert job.poll() is None
            time.sleep(0.05)
        began = time.monotonic()
        job.send_signal(signal.SIGINT)
        _, told = job.communicate(timeout=60)
        assert time.monotonic() - began < 15
        assert job.returncode != 0
        assert "Traceback" not in told
    assert not (ready.llm / "current.json").exists()


def test_a_damaged_cache_is_named_with_what_to_do(ready, comb, server) -> None:
    ready.llm_cache.parent.mkdir(exist_ok=True)
    ready.llm_cache.write_bytes(b"not a database at all" * 100)
    printed = comb("llm", "code", code=1)
    assert "llm.sqlite" in printed
    assert "Delete the file" in printed


def test_nothing_to_code_is_said_with_what_there_is(ready, comb, server) -> None:
    configure(ready, server, transcripts="[walk-99]")
    assert "The ids are: new é, talk 0" in comb("llm", "code", code=1)


def test_another_program_at_the_address_is_not_taken_for_a_server_that_rests(ready, comb) -> None:
    with running() as server:
        configure(ready, server)
        comb("llm", "code")
        server.models = "<html>"  # type: ignore[assignment]
        assert "what answers there is not a language model server" in comb("llm", "code", code=1)


def test_what_may_help_is_said_with_what_is_missing(ready, comb, server) -> None:
    for path in [*ready.raw.glob("*.txt"), *ready.new.glob("*.txt")]:
        path.write_text(re.sub(r"\.(?=\n|$)", " #refuse.", path.read_text(encoding="utf-8")), encoding="utf-8")
    configure(ready, server, scores="probabilities")
    comb("segment")
    assert "set llm.scores: answers" in comb("llm", "code")


@pytest.mark.parametrize(("url", "said"), [("http://h/v1", ", UNENCRYPTED"), ("HTTPS://h/v1", "")])
def test_a_server_elsewhere_without_encryption_is_called_that(url: str, said: str) -> None:
    assert _unencrypted(url) == said


def test_without_a_model_each_command_says_so(ready, comb, server) -> None:
    lines = (ready.codings / "A.csv").read_text(encoding="utf-8").splitlines()
    other = [line.replace(",knowledge,", ",emotion,").replace(",A,", ",B,") for line in lines]
    (ready.codings / "B.csv").write_text("\n".join(other) + "\n", encoding="utf-8")
    configure(ready, server, model='""')
    assert "llm.model is empty" in comb("llm", "code", "--i-have-approval")
    assert "no language model is named" in comb("llm", "readings", code=1)
    assert "no language model has coded" in comb("llm", "suggest", code=1)


def test_answers_of_two_versions_of_a_server_are_told(ready, comb) -> None:
    with running() as server:
        configure(ready, server, transcripts='["talk 0"]')
        assert "versions of the model" not in comb("llm", "code")
        configure(ready, server)
        server.fingerprint = "b2"
        assert "answers of 2 versions of the model or its server are mixed: tiny, tiny b2" in comb("llm", "code")
