"""A tiny server with the protocol of OpenAI's chat completions: deterministic, counts calls, fails in every way.

What it answers depends on the sentence alone: the letter after ``answer`` in it (it obeys prompt injection, as a bad
model does), else a letter drawn by the sentence's hash. A sentence with ``#500`` in it fails in that way each time,
with ``#500once`` the first time only.
"""

import hashlib
import json
import math
import re
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

FAILURES = ("slow", "500", "429", "400", "cut", "wrongjson", "unknown", "refuse", "empty", "hangup", "nochoices")


class FakeServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, host: str = "127.0.0.1", *, probabilities: bool = True, slow: float = 3.0) -> None:
        self.probabilities, self.slow = probabilities, slow
        self.calls = 0
        self.bodies: list[dict[str, Any]] = []
        self.paths: list[str] = []
        self.seen: Counter[str] = Counter()
        self.models: list[dict[str, Any]] = [{"id": "tiny", "object": "model"}]
        self.tags: dict[str, Any] | None = None
        self.answering = "tiny"
        self.fingerprint = ""
        self.change_after: int | None = None
        """Calls after which another model answers."""
        self.redirect = ""
        self.forms: tuple[str, ...] = ("json_schema", "json_object")
        """The ways to ask for JSON that it takes; another is a server error, as llama-cpp-python's."""
        self.busy = 0
        self.most_at_once = 0
        self.lock = threading.Lock()
        super().__init__((host, 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"


@contextmanager
def running(**settings: Any) -> Iterator[FakeServer]:
    server = FakeServer(**settings)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: FakeServer

    def log_message(self, *args: Any) -> None: ...

    def do_GET(self) -> None:
        self.server.paths.append(self.path)
        if self.server.redirect:
            self.send_response(307)
            self.send_header("Location", self.server.redirect)
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif self.path == "/v1/models":
            self._send(200, {"object": "list", "data": self.server.models})
        elif self.path == "/api/tags" and self.server.tags:
            self._send(200, self.server.tags)
        else:
            self._send(404, {"error": "not found"})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path != "/v1/chat/completions":
            self._send(404, {"error": "not found"})
            return
        server = self.server
        with server.lock:
            server.calls += 1
            server.bodies.append(body)
            server.busy += 1
            server.most_at_once = max(server.most_at_once, server.busy)
            if server.change_after is not None and server.calls > server.change_after:
                server.answering = "another"
        try:
            self._answer(body)
        finally:
            with server.lock:
                server.busy -= 1

    def _answer(self, body: dict[str, Any]) -> None:
        text = body["messages"][-1]["content"]
        found = re.search(r'Sentence to code: "(.*)"', text)
        sentence = found[1] if found else text
        form = body.get("response_format", {}).get("type")
        if form is not None and form not in self.server.forms:
            self._send(500, {"error": {"message": f"{form}?"}})
            return
        with self.server.lock:
            self.server.seen[sentence] += 1
            first = self.server.seen[sentence] == 1
        way = next((w for w in FAILURES if f"#{w}" in sentence and (first or f"#{w}once" not in sentence)), "")
        if way == "slow":
            time.sleep(self.server.slow)
        if way == "hangup":
            self.close_connection = True
            return
        if way in ("500", "429", "400"):
            self._send(int(way), {"error": {"message": sentence}})
            return
        if way == "nochoices":
            self._send(200, {"object": "chat.completion"})
            return
        if "logprobs" in body and self.server.probabilities:
            self._send(200, self._completion(*_letter(sentence, way)))
        elif "logprobs" in body:
            self._send(200, self._completion(_letter(sentence, way)[0], None))
        else:
            self._send(200, self._completion(_json(body, sentence, way), None, "length" if way == "cut" else "stop"))

    def _completion(self, text: str, tops: list[tuple[str, float]] | None, finish: str = "stop") -> dict[str, Any]:
        listed = [{"token": token, "logprob": math.log(p), "bytes": None} for token, p in tops or ()]
        return {
            "object": "chat.completion",
            "model": self.server.answering,
            "system_fingerprint": self.server.fingerprint,
            "choices": [
                {
                    "index": 0,
                    "message": {"role": "assistant", "content": text},
                    "finish_reason": finish,
                    "logprobs": {"content": [{"token": text, "logprob": -0.1, "top_logprobs": listed}]}
                    if tops
                    else None,
                }
            ],
        }

    def _send(self, status: int, data: dict[str, Any]) -> None:
        raw = json.dumps(data).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)


LETTERS = "BCD"


def _letter(sentence: str, way: str) -> tuple[str, list[tuple[str, float]]]:
    if way == "refuse":
        return "I", [("I", 0.9), ("Sorry", 0.05), ("B", 0.01)]
    asked = re.search(r"answer ([B-Z])\b", sentence)
    letter = asked[1] if asked else LETTERS[_hash(sentence) % len(LETTERS)]
    rest = [one for one in LETTERS if one != letter]
    return letter, [(f" {letter}", 0.7), (rest[0], 0.2), (rest[-1], 0.05), ("The", 0.05)]


def _json(body: dict[str, Any], sentence: str, way: str) -> str:
    if way == "wrongjson":
        return '{"codes": ["'
    if way == "unknown":
        return '{"codes": ["no such code"]}'
    if way == "refuse":
        return "I cannot help with that."
    if way == "empty":
        return ""
    form = body.get("response_format", {})
    schema = form.get("json_schema", form).get("schema", {})
    if not form and "as JSON" in body["messages"][-1]["content"]:
        return 'Here you are: {"codes": []}'
    if "first" in schema.get("properties", {}):
        return json.dumps({"first": "They say they lack time.", "second": "They say they do not want to."})
    if not schema:
        return "Because of what is said."
    ids = schema["properties"]["codes"]["items"]["enum"]
    number = _hash(sentence if body["temperature"] == 0 else f"{sentence} {body['seed']}") % (len(ids) + 1)
    return json.dumps({"codes": [ids[number]] if number < len(ids) else []})


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")
