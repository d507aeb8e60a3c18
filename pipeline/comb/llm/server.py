"""An OpenAI-compatible server: Ollama, llama.cpp, LM Studio, vLLM."""

import json
import math
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from comb.errors import BadInputError, BadParamsError, CombError
from comb.llm.loopback import WHERE, Address, check_address
from comb.llm.questions import ModelFacts, Question, Reply, ServerGoneError, Unanswered, number

if TYPE_CHECKING:
    import httpx

KNOWN = {
    "Ollama": "http://127.0.0.1:11434/v1",
    "llama.cpp": "http://127.0.0.1:8080/v1",
    "llama-cpp-python or vLLM": "http://127.0.0.1:8000/v1",
    "LM Studio": "http://127.0.0.1:1234/v1",
}
"""Default addresses of these programs."""
QUICK = 3.0
"""Seconds after which a server that comb searches for counts as not running."""
TRY_LATER = (408, 409, 425, 429)


MOST_BYTES = 10_000_000
"""Most bytes of a reply; one with 20 options has a few thousand, a list of models somewhat more."""
ROUNDING = 0.01
MOST_MASS = 1.05
"""Largest sum of the probabilities of different first tokens, with room for rounding."""
CHECKED_WORDS = 1000
"""Length in words from which comb checks that the server has read the whole question; shorter ones fit into any
context."""
SERVER_ERROR = "server error"


def _json_schema(schema: str) -> dict[str, Any]:
    """As OpenAI, Ollama, LM Studio, llama.cpp and vLLM take it."""
    form = {"name": "answer", "strict": True, "schema": json.loads(schema)}
    return {"response_format": {"type": "json_schema", "json_schema": form}}


def _json_object(schema: str) -> dict[str, Any]:
    """As the server of llama-cpp-python takes it."""
    return {"response_format": {"type": "json_object", "schema": json.loads(schema)}}


def _free(schema: str) -> dict[str, Any]:
    """Free text: what comes is checked all the same."""
    return {}


FORMS = (_json_schema, _json_object, _free)
"""Ways to ask for JSON that follows a schema, the strictest first."""


class Server:
    """A server that runs models. Redirects are refused, and proxies from the environment are not used."""

    def __init__(self, address: Address, model: str, timeout: float, connections: int = 1) -> None:
        import httpx

        self.address, self.model = address, model
        self.where = "server elsewhere, with approval" if address.remote else "server on this machine"
        self._timeout = timeout
        self._client = httpx.Client(
            trust_env=False,
            follow_redirects=False,
            timeout=timeout,
            # Compressed, a small reply may hide a huge one.
            headers={"Host": address.host, "Accept-Encoding": "identity"},
            limits=httpx.Limits(max_connections=connections),
        )
        self._root = address.url.removesuffix("/v1")
        self._forms: tuple[Callable[[str], dict[str, Any]], ...] = FORMS

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def models(self) -> list[ModelFacts]:
        """List the models that the server offers. Raises CombError if it does not answer like such a server."""
        listed = self._get(f"{self.address.url}/models")
        if not isinstance(listed, dict) or not isinstance(listed.get("data"), list):
            raise _no_server("no list of models")
        names = [item for item in listed["data"] if isinstance(item, dict) and isinstance(item.get("id"), str)]
        tags = _by_name(self._optional("api/tags"), "models", "name")
        studio = _by_name(self._optional("api/v0/models"), "data", "id")
        return [_facts(item, tags.get(item["id"], {}), studio.get(item["id"], {})) for item in names]

    def facts(self) -> ModelFacts:
        """Return the server's facts about the model.

        Raises CombError if the server does not have it, or passes requests on to another machine.
        """
        found = self.models()
        known = {facts.name: facts for facts in found}
        facts = known.get(self.model) or known.get(f"{self.model}:latest")
        if facts is None:
            remedy = f"The server has: {', '.join(sorted(known)) or 'none'}. Name one of them in llm.model."
            raise BadParamsError(f"the server has no model {self.model!r}", where=WHERE, remedy=remedy)
        if facts.elsewhere and not self.address.remote:
            what = f"the server passes requests on to another machine ({facts.elsewhere})"
            raise BadParamsError(what, where="llm.model", remedy="Choose a model that runs on this machine.")
        return self._more(facts)

    def ask(self, question: Question) -> Reply:
        """Ask the model; see ``Backend.ask``."""
        body: dict[str, Any] = {
            "model": self.model,
            "messages": [{"role": role, "content": text} for role, text in question.messages],
            "max_tokens": question.max_tokens,
            "temperature": question.temperature,
            "seed": question.seed,
            "stream": False,
        }
        if question.top:
            body |= {"logprobs": True, "top_logprobs": question.top}
        return self._in_form(body, question.schema) if question.schema else self._completed(body)

    def _in_form(self, body: dict[str, Any], schema: str) -> Reply:
        """Ask for JSON in the strictest way that the server takes: the first way that gets an answer."""
        *others, last = self._forms
        for form in others:
            try:
                reply = self._completed(body | form(schema))
            except Unanswered as failure:
                if not failure.reason.startswith(SERVER_ERROR):
                    raise
            else:
                self._forms = (form,)
                return reply
        reply = self._completed(body | last(schema))
        self._forms = (last,)
        return reply

    def _completed(self, body: dict[str, Any]) -> Reply:
        told = self._post(f"{self.address.url}/chat/completions", body)
        reply = _reply(told)
        if _cut(told, sum(len(message["content"].split()) for message in body["messages"])):
            raise Unanswered("longer than the context", again=False)
        return reply

    def _post(self, url: str, body: dict[str, Any]) -> Any:
        import httpx

        try:
            return _body(self._sent("POST", url, body))
        except httpx.ConnectError:
            raise _gone() from None
        except httpx.TimeoutException:
            raise Unanswered("time-out") from None
        except (httpx.HTTPError, UnicodeError):
            raise Unanswered("connection cut") from None

    def _get(self, url: str) -> Any:
        import httpx

        try:
            return _body(self._sent("GET", url))
        except (httpx.HTTPError, UnicodeError):
            raise _gone() from None
        except Unanswered as failure:
            raise _no_server(failure.reason) from None

    def _sent(self, method: str, url: str, body: dict[str, Any] | None = None) -> "httpx.Response":
        """Return the reply to a request, read whole within the time and the size that are allowed."""
        import httpx

        end = time.monotonic() + self._timeout
        raw = bytearray()
        named = {"sni_hostname": self.address.name}
        with self._client.stream(method, url, json=body, extensions=named) as response:
            for part in response.iter_bytes():
                raw += part
                if len(raw) > MOST_BYTES:
                    raise Unanswered("reply too long", again=False)
                if time.monotonic() > end:
                    raise httpx.ReadTimeout("too slow")
        return httpx.Response(response.status_code, headers=response.headers, content=bytes(raw))

    def _optional(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """Return the reply at an address of one of the programs; None if this is another program."""
        import httpx

        url = f"{self._root}/{path}"
        try:
            response = self._sent("POST" if body else "GET", url, body)
            return response.json() if response.status_code == httpx.codes.OK else None
        except (httpx.HTTPError, Unanswered, ValueError, RecursionError):
            return None

    def _more(self, facts: ModelFacts) -> ModelFacts:
        """Add the facts that Ollama and llama.cpp report only for a single model."""
        shown = self._optional("api/show", {"model": facts.name}) if facts.digest else None
        if isinstance(shown, dict):
            told = shown.get("model_info")
            pairs = told.items() if isinstance(told, dict) else ()
            lengths = [number(value) for key, value in pairs if key.endswith(".context_length")]
            licence = str(shown.get("license") or "").strip().partition("\n")[0][:80]
            return replace(facts, context=facts.context or next(iter(lengths), None), licence=facts.licence or licence)
        props = self._optional("props")
        settings = props.get("default_generation_settings") if isinstance(props, dict) else None
        own = number(settings.get("n_ctx")) if isinstance(settings, dict) else None
        return replace(facts, context=own or facts.context)


def open_server(
    url: str, model: str, timeout: float, connections: int, *, allow_remote: bool, approved: bool
) -> Server:
    """Return the server at a URL, on this machine unless both ``allow_remote`` and ``approved`` are set."""
    return Server(check_address(url, allow_remote=allow_remote, approved=approved), model, timeout, connections)


def running_servers(also: str = "") -> dict[str, list[ModelFacts]]:
    """Return the servers that run on this machine at their default addresses, by URL, with their models."""
    found = {}
    for url in dict.fromkeys([*([also] if also else []), *KNOWN.values()]):
        try:
            server = Server(check_address(url), "", QUICK)
        except BadParamsError:
            continue
        try:
            found[url] = server.models()
        except CombError:
            continue
        finally:
            server.close()
    return found


def _gone() -> ServerGoneError:
    remedy = "Start it, or correct llm.server in configs/params.yaml. To see what runs on this machine: comb llm check."
    return ServerGoneError("no language model server answers", where=WHERE, remedy=remedy)


def _no_server(why: str) -> BadInputError:
    remedy = (
        "Give the address of an OpenAI-compatible server, such as http://127.0.0.1:11434/v1; one that has just been "
        "started may need a minute."
    )
    return BadInputError(f"what answers there is not a language model server ({why})", where=WHERE, remedy=remedy)


def _body(response: "httpx.Response") -> Any:
    code = response.status_code
    if 300 <= code < 400:
        remedy = "Give the address that requests are redirected to, if it is on this machine."
        raise BadParamsError(
            "the server redirects requests to another address, which comb refuses", where=WHERE, remedy=remedy
        )
    if code in (401, 403, 404):
        remedy = "Check llm.server (most end in /v1) and llm.model in configs/params.yaml; comb sends no key."
        raise BadParamsError(f"the server refuses requests (status {code})", where=WHERE, remedy=remedy)
    if code >= 400:
        wait = _seconds(response.headers.get("retry-after", ""))
        raise Unanswered(f"{SERVER_ERROR} {code}", again=code >= 500 or code in TRY_LATER, wait=wait)
    try:
        return response.json()
    except (ValueError, RecursionError):
        raise Unanswered("broken JSON") from None


def _seconds(told: str) -> float:
    """Return the seconds that a server asks to wait; 0 if it says nothing, or a date."""
    return float(told) if told.isascii() and told.isdigit() and len(told) < 9 else 0


def _reply(data: Any) -> Reply:
    """Return what a chat completion contains. Raises Unanswered if it is not one."""
    try:
        choice = data["choices"][0]
        text = choice["message"]["content"]
        refused = bool(choice["message"].get("refusal"))
    except (LookupError, TypeError, AttributeError):
        raise Unanswered("broken JSON") from None
    if refused or choice.get("finish_reason") == "content_filter":
        raise Unanswered("refusal")
    if not isinstance(text, str):
        raise Unanswered("empty answer")
    told = [str(data[key]) for key in ("model", "system_fingerprint") if data.get(key)]
    name = data["model"] if isinstance(data.get("model"), str) else ""
    return Reply(text, choice.get("finish_reason") != "length", _top(choice), " ".join(told), name)


def _cut(told: dict[str, Any], words: int) -> bool:
    """Return whether a server has read less than the question: Ollama cuts what exceeds its context without a word."""
    usage = told.get("usage")
    tokens = number(usage.get("prompt_tokens")) if isinstance(usage, dict) else None
    return words > CHECKED_WORDS and 0 < (tokens or 0) < words


def _top(choice: dict[str, Any]) -> tuple[tuple[str, float], ...]:
    """Return the most likely first tokens; none if the server does not return them."""
    try:
        tops = choice["logprobs"]["content"][0]["top_logprobs"]
        found = tuple((str(item["token"]), float(item["logprob"])) for item in tops)
    except (LookupError, TypeError, ValueError, OverflowError):
        return ()
    # Not a number, above 0 or together more than 1: whatever this is, it is no logarithm of a probability.
    if not all(logprob < ROUNDING for _, logprob in found):
        return ()
    return found if sum(math.exp(logprob) for _, logprob in found) < MOST_MASS else ()


def _by_name(told: Any, key: str, name: str) -> dict[str, dict[str, Any]]:
    items = told.get(key) if isinstance(told, dict) else None
    return {str(item.get(name)): item for item in items if isinstance(item, dict)} if isinstance(items, list) else {}


def _facts(item: dict[str, Any], ollama: dict[str, Any], studio: dict[str, Any]) -> ModelFacts:
    """Join the facts about a model, which each program reports in its own way."""
    meta = item["meta"] if isinstance(item.get("meta"), dict) else {}
    first: Callable[..., int | None] = lambda *values: next((n for v in values if (n := number(v))), None)  # noqa: E731
    name = item["id"]
    cloud = "its name says so" if name.endswith(("-cloud", ":cloud")) else ""
    return ModelFacts(
        name=name,
        digest=str(ollama.get("digest") or item.get("digest") or ""),
        size=first(ollama.get("size"), meta.get("size")),
        context=first(item.get("max_model_len"), studio.get("max_context_length"), meta.get("n_ctx_train")),
        elsewhere=str(ollama.get("remote_host") or cloud),
    )
