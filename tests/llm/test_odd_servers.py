"""Servers that answer in odd ways: a segment is coded or missing, or the run ends with one message."""

import json
import math
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from comb.codebook import parse_codebook
from comb.errors import BadInputError, BadParamsError
from comb.llm import asker as asking
from comb.llm import server as serving
from comb.llm.answers import codes_in
from comb.llm.asker import Asker, Effort
from comb.llm.cache import Cache
from comb.llm.coded import read_scores, write_scores
from comb.llm.coder import Coder, Outcome
from comb.llm.loopback import check_address
from comb.llm.prompt import Prompt, read_prompt
from comb.llm.questions import Reply, Unanswered
from comb.llm.server import open_server
from tests.llm.test_coder import BOOK, PROMPT, prompt, segment


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "PAUSE", 0.001)


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *args: Any) -> None: ...

    def do_GET(self) -> None:
        if self.path == "/v1/models":
            self.send(json.dumps({"data": [{"id": "tiny"}]}))
        else:
            self.send("no", 404)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append(time.monotonic())  # type: ignore[attr-defined]
        self.server.answer(self)  # type: ignore[attr-defined]

    def send(self, text: str, status: int = 200, **headers: str) -> None:
        raw = text.encode("utf-8", "surrogatepass")
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(raw))} | headers).items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(raw)


@contextmanager
def answering(answer: Callable[[Handler], None], family: int = socket.AF_INET) -> Iterator[Any]:
    kind = type("Odd", (ThreadingHTTPServer,), {"address_family": family, "daemon_threads": True})
    server = kind(("::1" if family == socket.AF_INET6 else "127.0.0.1", 0), Handler)
    server.answer, server.asked = answer, []
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def asked(
    answer: Callable[[Handler], None], folder: Path, scoring: Any = "probabilities", timeout: float = 2, **more: Any
) -> Outcome:
    text, book = more.get("text", "sentence"), more.get("book", BOOK)
    store = Cache(folder / "c")
    with answering(answer, more.get("family", socket.AF_INET)) as server:
        url = more.get("url", "http://127.0.0.1:{}/v1").format(server.server_address[1])
        backend = open_server(url, "tiny", timeout, 2, allow_remote=False, approved=False)
        try:
            asker = Asker(backend, store, backend.facts(), Effort(1, more.get("retries", 0)))
            own = prompt(scoring, book)
            (found,) = Coder(asker, own, rationale=more.get("rationale", False)).code([own.question(segment(text))])
        finally:
            store.close()
            backend.close()
    return found


def completion(text: str = "B", tops: Any = None, **more: Any) -> str:
    content = [{"token": text, "logprob": 0, "top_logprobs": tops}]
    choice = {"message": {"content": text}, "finish_reason": "stop", "logprobs": {"content": content}}
    return json.dumps({"model": "tiny", "choices": [choice]} | more)


def tops(*pairs: tuple[str, Any]) -> list[dict[str, Any]]:
    return [{"token": token, "logprob": logprob} for token, logprob in pairs]


GOOD = tops(("B", math.log(0.8)), ("C", math.log(0.1)))


def test_the_plain_answer_is_a_code(tmp_path: Path) -> None:
    found = asked(lambda it: it.send(completion(tops=GOOD)), tmp_path)
    assert found.answer is not None
    assert found.answer.chosen == ("time",)


ODD = {
    "html": ("<html><body>Welcome</body></html>", "broken JSON"),
    "stream": ('data: {"choices": [{"delta": {"content": "B"}}]}\n\ndata: [DONE]\n\n', "broken JSON"),
    "no choices": ('{"choices": []}', "broken JSON"),
    "null": ("null", "broken JSON"),
    "a list": ("[]", "broken JSON"),
    "a number": ("1", "broken JSON"),
    "message null": ('{"choices": [{"message": null}]}', "broken JSON"),
    "choice a text": ('{"choices": ["B"]}', "broken JSON"),
    "content a list": ('{"choices": [{"message": {"content": ["B"]}}]}', "empty answer"),
    "deep": ("[" * 100_000, "broken JSON"),
    "not a number": (completion(tops=tops(("B", math.nan), ("C", -1))), "no probabilities"),
    "infinite": (completion(tops=tops(("B", math.inf), ("C", -1))), "no probabilities"),
    "a huge integer": (completion(tops=tops(("B", -(10**400)), ("C", -1))), "no probabilities"),
    "probabilities, not logarithms": (completion(tops=tops(("B", 0.7), ("C", 0.2))), "no probabilities"),
    "more than 1": (completion(tops=tops(("B", -0.1), ("C", -0.1))), "no probabilities"),
    "logprob a text": (completion(tops=tops(("B", "high"))), "no probabilities"),
    "look-alike": (completion(tops=tops(("В", -0.1))), "not an option"),
    "lower case": (completion(tops=tops(("b", -0.1))), "not an option"),
}


@pytest.mark.parametrize("name", ODD)
def test_odd_replies_leave_the_segment_missing(name: str, tmp_path: Path) -> None:
    body, reason = ODD[name]
    found = asked(lambda it: it.send(body), tmp_path)
    assert (found.answer, found.missing) == (None, reason)


def test_impossible_options_have_no_weight(tmp_path: Path) -> None:
    found = asked(lambda it: it.send(completion(tops=[*GOOD, *tops(("D", -math.inf))])), tmp_path)
    assert found.answer is not None
    assert found.answer.scores[2] == 0


def test_a_huge_reply_is_not_read_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "MOST_BYTES", 100_000)
    sent = []

    def flood(it: Handler) -> None:
        it.send_response(200)
        it.end_headers()
        for _ in range(2000):
            it.wfile.write(b" " * 100_000)
            sent.append(1)

    found = asked(flood, tmp_path)
    assert (found.answer, found.missing) == (None, "reply too long")
    assert len(sent) < 500


def test_a_reply_that_drips_is_a_time_out(tmp_path: Path) -> None:
    def drip(it: Handler) -> None:
        it.send_response(200)
        it.end_headers()
        for _ in range(100):
            it.wfile.write(b" ")
            it.wfile.flush()
            time.sleep(0.1)

    began = time.monotonic()
    found = asked(drip, tmp_path, timeout=0.5)
    assert (found.answer, found.missing) == (None, "time-out")
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("raw", [b'5\r\n{"cho\r\n', b"zz\r\n", b"fffffff\r\n{}"])
def test_chunks_that_are_cut_are_a_cut_connection(raw: bytes, tmp_path: Path) -> None:
    def cut(it: Handler) -> None:
        it.protocol_version = "HTTP/1.1"
        it.send_response(200)
        it.send_header("Transfer-Encoding", "chunked")
        it.end_headers()
        it.wfile.write(raw)

    found = asked(cut, tmp_path)
    assert (found.answer, found.missing) == (None, "connection cut")


def test_a_redirect_to_another_host_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadParamsError, match="redirects requests to another address"):
        asked(lambda it: it.send("", 307, Location="http://192.0.2.7/v1"), tmp_path)


@pytest.mark.parametrize("name", ["gpt-4", "tiny-2", "cloud/other"])
def test_another_model_that_answers_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="answers in place of 'tiny'"):
        asked(lambda it: it.send(completion(tops=GOOD, model=name)), tmp_path)


@pytest.mark.parametrize("name", ["tiny", "tiny:latest", "/models/Tiny.gguf", "", None])
def test_the_same_model_in_other_words_is_taken(name: Any, tmp_path: Path) -> None:
    assert asked(lambda it: it.send(completion(tops=GOOD, model=name)), tmp_path).answer is not None


def test_a_server_that_is_busy_says_when_to_come_back(tmp_path: Path) -> None:
    times: list[float] = []

    def busy(it: Handler) -> None:
        times.append(time.monotonic())
        it.send("{}", 429, Retry_After="1") if len(times) == 1 else it.send(completion(tops=GOOD))

    assert asked(busy, tmp_path, retries=1).answer is not None
    assert times[1] - times[0] >= 1


@pytest.mark.parametrize("told", ["-1", "soon", "9" * 400, "1e9", "Wed, 21 Oct 2015 07:28:00 GMT", "²"])
def test_other_words_for_when_are_passed_over(told: str) -> None:
    assert serving._seconds(told) == 0


def test_a_question_that_the_server_has_cut_is_missing(tmp_path: Path) -> None:
    """Ollama drops the beginning, which is the codebook, of what exceeds its context."""
    body = completion(tops=GOOD, usage={"prompt_tokens": 2048})
    found = asked(lambda it: it.send(body), tmp_path, text="word " * 3000)
    assert (found.answer, found.missing) == (None, "longer than the context")
    whole = completion(tops=GOOD, usage={"prompt_tokens": 4700})
    assert asked(lambda it: it.send(whole), tmp_path, text="word " * 3000).answer is not None
    assert asked(lambda it: it.send(body), tmp_path, text="short").answer is not None


def test_a_server_that_listens_on_ipv6_only_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("comb.llm.loopback.addresses", lambda host, port: ["127.0.0.1", "::1"])
    try:
        found = asked(
            lambda it: it.send(completion(tops=GOOD)), tmp_path, family=socket.AF_INET6, url="http://localhost:{}/v1"
        )
    except OSError:
        pytest.skip("no IPv6 here")
    assert found.answer is not None


def test_a_name_that_means_another_machine_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for found in (["192.0.2.7"], ["127.0.0.1", "192.0.2.7"], []):
        monkeypatch.setattr("comb.llm.loopback.addresses", lambda host, port, found=found: found)
        with pytest.raises(BadParamsError, match="not an address of this machine"):
            check_address("http://localhost:11434/v1")


IDS = [
    ('{"codes": ["TIME"]}', ("time",)),
    ('{"codes": [" time ", "time"]}', ("time",)),
    ('{"codes": ["will", "time", "will"]}', ("time", "will")),
    ('Sure: {"codes": []} ', ()),
]
NOT_IDS = ['{"codes": ["tіme"]}', '{"codes": ["ti me"]}', '{"codes": [1]}', '{"codes": [["time"]]}']
TWICE = '{"codes": ["time"], "codes": []}'


@pytest.mark.parametrize(("text", "codes"), IDS)
def test_ids_in_other_case_and_twice(text: str, codes: tuple[str, ...]) -> None:
    assert codes_in(Reply(text, True), prompt("answers")) == codes


@pytest.mark.parametrize("text", NOT_IDS)
def test_ids_that_look_alike_are_unknown(text: str) -> None:
    with pytest.raises(Unanswered, match="unknown code"):
        codes_in(Reply(text, True), prompt("answers"))


def test_an_answer_that_says_two_things_is_none() -> None:
    with pytest.raises(Unanswered, match="broken JSON"):
        codes_in(Reply(TWICE, True), prompt("answers"))


def test_ids_that_differ_in_case_only_are_told_apart() -> None:
    book = parse_codebook({"codes": [{"id": "Time"}, {"id": "time"}]})
    assert codes_in(Reply('{"codes": ["time"]}', True), prompt("answers", book)) == ("time",)
    with pytest.raises(Unanswered):
        codes_in(Reply('{"codes": ["TIME"]}', True), prompt("answers", book))


def test_half_characters_and_control_characters_do_no_harm(tmp_path: Path) -> None:
    bad = completion("It \x00\x1b[31m says\n \ud800.", tops=GOOD)
    found = asked(lambda it: it.send(bad), tmp_path, rationale=True)
    assert found.answer is not None
    assert found.answer.why == "It [31m says ."


@pytest.mark.parametrize("scoring", ["probabilities", "answers"])
@pytest.mark.parametrize("ids", [["only"], ["a b", "it's", "d, e", "f}g", "start", "transcript", "=x", "{{ y }}"]])
def test_codebooks_with_odd_ids(ids: list[str], scoring: Any, tmp_path: Path) -> None:
    book = parse_codebook({"codes": [{"id": name} for name in ids]})
    own = prompt(scoring, book)
    assert len(own.question(segment("x")).messages) == 2
    body = completion(json.dumps({"codes": ids[-1:]}), tops=tops(("BCDEFGHJK"[len(ids) - 1], -0.01)))
    found = asked(lambda it: it.send(body), tmp_path, scoring, book=book)
    assert found.answer is not None
    assert found.answer.chosen == (ids[-1],)
    place = [segment("sentence")]
    write_scores(tmp_path / "s.csv", place, [found], ids)
    (scores,) = read_scores(tmp_path / "s.csv", place, ids).tolist()
    assert scores == list(found.answer.scores)


def test_more_codes_than_letters_are_answered_by_id(tmp_path: Path) -> None:
    book = parse_codebook({"codes": [{"id": f"code {n}"} for n in range(46)]})
    with pytest.raises(BadParamsError, match="46 codes are too many"):
        prompt("probabilities", book)
    found = asked(lambda it: it.send(completion('{"codes": ["code 45"]}')), tmp_path, "answers", book=book)
    assert found.answer is not None
    assert found.answer.chosen == ("code 45",)


def template(tmp_path: Path, change: Callable[[str], str]) -> Prompt:
    path = tmp_path / "prompt.txt"
    path.write_text(change(PROMPT.read_text(encoding="utf-8")), encoding="utf-8")
    return read_prompt(path, BOOK, "", scoring="probabilities")


TEXT = "Sentence to code: {{ quoted(text) }}"
CHANGES = {
    "commented out": (lambda t: t.replace(TEXT, "{# " + TEXT + " #}"), "the segment is missing"),
    "under a condition": (
        lambda t: t.replace(TEXT, "{% if before %}" + TEXT + "{% endif %}"),
        "the segment is missing",
    ),
    "before the mark": (lambda t: t.replace("The codes:", "The codes: {{ text }}"), "depends on the segment"),
    "no mark": (lambda t: t.replace("=== segment ===", "== segment =="), "missing"),
    "unknown name": (lambda t: t.replace("The codes:", "{{ nobody }}"), "cannot be filled in"),
    "division": (lambda t: t.replace("The codes:", "{{ 1 / 0 }}"), "cannot be filled in"),
    "not closed": (lambda t: t.replace("The codes:", "{% if x %}"), "not a valid template"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_templates_that_cannot_be_right_are_refused(name: str, tmp_path: Path) -> None:
    change, said = CHANGES[name]
    with pytest.raises(BadParamsError, match=said):
        template(tmp_path, change)


def test_a_template_in_another_encoding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "prompt.txt"
    path.write_bytes(PROMPT.read_text(encoding="utf-8").replace("careful", "café").encode("latin-1"))
    with pytest.raises(BadParamsError, match="not UTF-8 text"):
        read_prompt(path, BOOK, "", scoring="probabilities")


def test_windows_line_ends_make_no_other_prompt(tmp_path: Path) -> None:
    path = tmp_path / "prompt.txt"
    path.write_bytes(PROMPT.read_bytes().replace(b"\n", b"\r\n"))
    assert read_prompt(path, BOOK, "", scoring="probabilities").digest == prompt().digest
