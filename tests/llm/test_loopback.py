"""Only this machine is asked: addresses, names, redirects, proxies, and the server that passes questions on."""

import socket

import pytest

from comb.errors import BadInputError, BadParamsError
from comb.llm import loopback
from comb.llm.loopback import check_address
from comb.llm.questions import Question, ServerGoneError
from comb.llm.server import Server, open_server, running_servers
from tests.llm.fake_server import running

ASKED = Question((("user", 'Sentence to code: "answer B"'),), 1, 0, 1, top=20)


def local(url: str, model: str = "tiny", timeout: float = 5) -> Server:
    return open_server(url, model, timeout, 4, allow_remote=False, approved=False)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/v1",
        "http://127.8.9.1:1/v1",
        "http://localhost:1/v1",
        "http://[::1]:1/v1",
        "http://2130706433:1",
    ],
)
def test_addresses_of_this_machine(url: str) -> None:
    address = check_address(url)
    assert not address.remote
    host = address.url.split("//")[1].rsplit(":", 1)[0]
    assert host.startswith("127.") or host == "[::1]"  # the address that was checked, never the name


@pytest.mark.parametrize(
    "url",
    [
        "http://192.0.2.7:11434/v1",
        "http://10.0.0.1/v1",
        "http://0.0.0.0:8000/v1",
        "http://[::ffff:192.0.2.7]:80/v1",
        "http://[2001:db8::1]/v1",
        "https://192.0.2.7/v1",
        "http://no-such-host.invalid/v1",
    ],
)
def test_any_other_address_needs_both_words(url: str) -> None:
    for given in ({}, {"allow_remote": True}, {"approved": True}):
        with pytest.raises(BadParamsError, match="not an address of this machine"):
            check_address(url, **given)
    assert check_address(url, allow_remote=True, approved=True).remote


@pytest.mark.parametrize(
    "url",
    [
        "",
        "127.0.0.1:8080",
        "ftp://127.0.0.1/",
        "file:///etc/passwd",
        "http://localhost@192.0.2.7/",
        "http://127.0.0.1:99999/",
        "http://127.0.0.1:0/v1",
        "http://[::1/v1",
        "http://127.0.0.1:1/v1?key=x",
        "http://127.0.0.1:1/v1#x",
        "http://127.0.0.1:1/v 1",
        "http://127.0.0.1:1/v1\nX-Other: y",
        "http://127.0.0.1:1/\x00",
        "http://\uff4cocalhost:1/v1",
    ],
)
def test_what_is_no_address(url: str) -> None:
    with pytest.raises(BadParamsError, match="not the address of a server"):
        check_address(url, allow_remote=True, approved=True)


def test_a_name_with_one_address_elsewhere_is_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    both = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 80)) for ip in ("127.0.0.1", "192.0.2.7")]
    monkeypatch.setattr(loopback.socket, "getaddrinfo", lambda *_, **__: both)
    with pytest.raises(BadParamsError, match="not an address of this machine"):
        check_address("http://my-computer:80/v1")


def test_a_name_is_looked_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that means this machine when it is checked and another when it is used would pass a check of names."""
    with running() as server:
        port = server.server_address[1]
        answers = iter([[(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]])
        asked = local_name(monkeypatch, answers)
        with asked(f"http://my-computer:{port}/v1") as found:
            assert found.ask(ASKED).text == "B"


def local_name(monkeypatch, answers):
    from contextlib import contextmanager

    real = socket.getaddrinfo

    def lookup(host, *args, **kwargs):
        if host == "my-computer":
            return next(answers)  # StopIteration the second time
        assert host == "127.0.0.1"
        return real(host, *args, **kwargs)

    @contextmanager
    def opened(url):
        monkeypatch.setattr(loopback.socket, "getaddrinfo", lookup)
        server = local(url)
        try:
            yield server
        finally:
            server.close()

    return opened


def test_a_name_with_a_certificate_is_looked_up_once_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("comb.llm.loopback.addresses", lambda host, port: ["127.0.0.1"])
    address = check_address("https://my-computer/v1")
    assert (address.url, address.host, address.name) == ("https://127.0.0.1:443/v1", "my-computer", "my-computer")


def test_a_host_that_no_look_up_takes_is_not_there() -> None:
    with pytest.raises(ServerGoneError):
        open_server(f"http://{'a' * 300}:1/v1", "tiny", 1, 1, allow_remote=True, approved=True).facts()


def test_other_programs_where_servers_listen_are_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """A web server of another kind on port 8080 answers 404, redirects, or sends a page."""
    monkeypatch.setattr("comb.llm.server.KNOWN", {})
    with running() as server:
        url = server.url.replace("/v1", "/other")
        assert running_servers(url) == {}
        server.redirect = "http://192.0.2.7/"
        assert running_servers(server.url) == {}


def test_redirects_are_refused() -> None:
    with running() as elsewhere, running() as server:
        server.redirect = f"{elsewhere.url}/models"
        with pytest.raises(BadParamsError, match="redirects requests to another address"):
            local(server.url).facts()
        assert elsewhere.paths == []


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with running() as proxy, running() as server:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "HTTPS_PROXY"):
            monkeypatch.setenv(name, proxy.url.removesuffix("/v1"))
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        found = local(server.url)
        assert found.facts().name == "tiny"
        assert found.ask(ASKED).text == "B"
        assert proxy.paths == []
        assert proxy.calls == 0


@pytest.mark.parametrize("told", [{"remote_host": "https://ollama.com:443"}, {}])
def test_a_model_that_the_server_runs_elsewhere_is_refused(told: dict[str, str]) -> None:
    with running() as server:
        name = "tiny" if told else "big:120b-cloud"
        server.models = [{"id": name}]
        server.tags = {"models": [{"name": name, "digest": "d" * 64, "size": 1, **told}]}
        with pytest.raises(BadParamsError, match="passes requests on to another machine"):
            local(server.url, name).facts()


def test_what_is_no_server_of_models() -> None:
    with running() as server:
        server.models = "x"  # type: ignore[assignment]
        with pytest.raises(BadInputError, match="not a language model server"):
            local(server.url).facts()


def test_a_model_that_is_not_there_is_named_with_those_that_are() -> None:
    with running() as server, pytest.raises(BadParamsError, match="no model 'other'") as error:
        local(server.url, "other").facts()
    assert "tiny" in error.value.remedy


def test_running_servers_are_found_with_what_they_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("comb.llm.server.KNOWN", {})
    with running() as server:
        server.tags = {"models": [{"name": "tiny", "digest": "ab12", "size": 5_000_000_000}]}
        found = running_servers(server.url)
        assert [(facts.name, facts.digest, facts.size) for facts in found[server.url]] == [
            ("tiny", "ab12", 5_000_000_000)
        ]
    assert running_servers("http://127.0.0.1:1/v1") == {}
    assert running_servers("http://192.0.2.7/v1") == {}
