"""An OpenAI-compatible server: Ollama, llama.cpp, LM Studio, vLLM."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from comb.errors import BadInputError, BadParamsError, NotReadyError
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
"""Where these programs listen unless they are told otherwise."""
QUICK = 3.0
"""Seconds after which a server that is only looked for counts as not running."""
TRY_LATER = (408, 409, 425, 429)


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
"""The ways to ask for JSON by a schema, the strictest first."""


class Server:
    """A server that runs models. Redirects are refused, and proxies of the environment are not used."""

    def __init__(self, address: Address, model: str, timeout: float, connections: int = 1) -> None:
        import httpx

        self.address, self.model = address, model
        self.where = "server elsewhere, with approval" if address.remote else "server on this machine"
        self._client = httpx.Client(
            trust_env=False,
            follow_redirects=False,
            timeout=timeout,
            headers={"Host": address.host},
            limits=httpx.Limits(max_connections=connections),
        )
        self._root = address.url.removesuffix("/v1")
        self._forms: tuple[Callable[[str], dict[str, Any]], ...] = FORMS

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def models(self) -> list[ModelFacts]:
        """List the models that the server offers. Raises CombError where it does not answer as such a server does."""
        listed = self._get(f"{self.address.url}/models")
        if not isinstance(listed, dict) or not isinstance(listed.get("data"), list):
            remedy = "Give the address of an OpenAI-compatible server, such as http://127.0.0.1:11434/v1."
            raise BadInputError("what answers there is no server of language models", where=WHERE, remedy=remedy)
        names = [item for item in listed["data"] if isinstance(item, dict) and isinstance(item.get("id"), str)]
        tags = _by_name(self._optional("api/tags"), "models", "name")
        studio = _by_name(self._optional("api/v0/models"), "data", "id")
        return [_facts(item, tags.get(item["id"], {}), studio.get(item["id"], {})) for item in names]

    def facts(self) -> ModelFacts:
        """Return what the server tells of the model.

        Raises CombError where it does not have it, or passes what it is asked on to another machine.
        """
        found = self.models()
        known = {facts.name: facts for facts in found}
        facts = known.get(self.model) or known.get(f"{self.model}:latest")
        if facts is None:
            remedy = f"The server has: {', '.join(sorted(known)) or 'none'}. Name one of them in llm.model."
            raise BadParamsError(f"the server has no model {self.model!r}", where=WHERE, remedy=remedy)
        if facts.elsewhere and not self.address.remote:
            what = f"the server passes what it is asked on to another machine ({facts.elsewhere})"
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
        return _reply(self._post(f"{self.address.url}/chat/completions", body))

    def _post(self, url: str, body: dict[str, Any]) -> Any:
        import httpx

        try:
            response = self._client.post(url, json=body)
        except httpx.ConnectError:
            raise _gone() from None
        except httpx.TimeoutException:
            raise Unanswered("time-out") from None
        except (httpx.HTTPError, UnicodeError):
            raise Unanswered("connection cut") from None
        return _body(response)

    def _get(self, url: str) -> Any:
        import httpx

        try:
            return _body(self._client.get(url))
        except (httpx.HTTPError, Unanswered):
            raise _gone() from None

    def _optional(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """Return what an address of one of the programs tells; None where this is another program."""
        import httpx

        url = f"{self._root}/{path}"
        try:
            response = self._client.post(url, json=body) if body else self._client.get(url)
            return response.json() if response.status_code == httpx.codes.OK else None
        except (httpx.HTTPError, ValueError):
            return None

    def _more(self, facts: ModelFacts) -> ModelFacts:
        """Add what Ollama and llama.cpp tell of one model only."""
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
    """Return the server at a URL, which must be one of this machine unless both say that it may be another."""
    return Server(check_address(url, allow_remote=allow_remote, approved=approved), model, timeout, connections)


def running_servers(also: str = "") -> dict[str, list[ModelFacts]]:
    """Return the servers that run on this machine, by URL, with their models; looked for where they usually listen."""
    found = {}
    for url in dict.fromkeys([*([also] if also else []), *KNOWN.values()]):
        try:
            server = Server(check_address(url), "", QUICK)
        except BadParamsError:
            continue
        try:
            found[url] = server.models()
        except (NotReadyError, BadInputError, ServerGoneError):
            continue
        finally:
            server.close()
    return found


def _gone() -> ServerGoneError:
    remedy = "Start it, or correct llm.server in configs/params.yaml. What runs on this machine: comb llm check."
    return ServerGoneError("no server of language models answers", where=WHERE, remedy=remedy)


def _body(response: "httpx.Response") -> Any:
    code = response.status_code
    if 300 <= code < 400:
        remedy = "Give the address that answers itself."
        raise BadParamsError("the server sends requests on to another address: refused", where=WHERE, remedy=remedy)
    if code in (401, 403, 404):
        remedy = "Check llm.server and llm.model in configs/params.yaml; comb sends no key."
        raise BadParamsError(f"the server refuses requests (status {code})", where=WHERE, remedy=remedy)
    if code >= 400:
        raise Unanswered(f"{SERVER_ERROR} {code}", again=code >= 500 or code in TRY_LATER)
    try:
        return response.json()
    except (ValueError, RecursionError):
        raise Unanswered("broken JSON") from None


def _reply(data: Any) -> Reply:
    """Return what a chat completion holds. Raises Unanswered where it is not one."""
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
    return Reply(text, choice.get("finish_reason") != "length", _top(choice), " ".join(told))


def _top(choice: dict[str, Any]) -> tuple[tuple[str, float], ...]:
    """Return the likeliest first tokens; nothing where the server does not tell them."""
    try:
        tops = choice["logprobs"]["content"][0]["top_logprobs"]
        return tuple((str(item["token"]), float(item["logprob"])) for item in tops)
    except (LookupError, TypeError, ValueError):
        return ()


def _by_name(told: Any, key: str, name: str) -> dict[str, dict[str, Any]]:
    items = told.get(key) if isinstance(told, dict) else None
    return {str(item.get(name)): item for item in items if isinstance(item, dict)} if isinstance(items, list) else {}


def _facts(item: dict[str, Any], ollama: dict[str, Any], studio: dict[str, Any]) -> ModelFacts:
    """Join what the programs tell of a model, each in its own way."""
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
