"""The built documentation: ``comb docs`` opens it, the workspace serves it, its pages need nothing from elsewhere."""

import sys
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import httpx
import pytest

from comb.cli import docs as docs_command
from comb.review.web import app
from comb.review.web.accounts import LinkAuth
from comb.review.web.middleware import Address
from comb.review.web.site import Site
from tests.conftest import ROOT, Comb
from tests.coroutines import finish

sys.path.insert(0, str(ROOT / "docs" / "_ext"))
import no_inline


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in the place of the built documentation."""
    folder = tmp_path / "help"
    (folder / "reference").mkdir(parents=True)
    (folder / "index.html").write_text("<h1>comb</h1>", encoding="utf-8")
    (folder / "reference" / "params.html").write_text("<h1>Params</h1>", encoding="utf-8")
    monkeypatch.setattr(docs_command, "HELP", folder)
    monkeypatch.setattr(app, "HELP", folder)
    return folder


def test_docs_opens_the_page_from_the_disk(built: Path, comb: Comb, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    assert comb("docs").strip() == (built / "index.html").as_uri()
    assert opened == [(built / "index.html").as_uri()]
    comb("docs", "--no-browser")
    assert len(opened) == 1


def test_docs_says_how_to_build_the_pages(comb: Comb, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(docs_command, "HELP", tmp_path / "none")
    assert "make docs" in comb("docs", code=1)
    assert "make dist" in str(docs_command._not_built(tmp_path).remedy)


def test_pages_carry_no_inline_script_or_style(tmp_path: Path) -> None:
    page = (
        "<html><head><style>body {}</style></head><body><script>one()</script>"
        '<svg class="icon" style="display: none;"></svg><line style="opacity: 50%" x1="1"/></body></html>'
    )
    text = no_inline.outside(page, tmp_path, "../_static")
    assert "<style" not in text
    assert "style=" not in text
    assert "one()" not in text
    assert text.count('href="../_static/') == 2
    assert '<script src="../_static/' in text
    written = "".join(path.read_text(encoding="utf-8") for path in tmp_path.iterdir())
    for rule in ("body {}", "one()", "{ display: none; }", "{ opacity: 50% }"):
        assert rule in written
    assert 'class="icon inline-' in text


@pytest.mark.parametrize("path", ["/help/", "/help/reference/params.html"])
def test_the_workspace_serves_the_pages(built: Path, path: str, served_site: Any) -> None:
    answer = served_site(path)
    assert answer.status_code == 200
    assert "<h1>" in answer.text
    assert "script-src 'self'" in answer.headers["content-security-policy"]


def test_the_workspace_does_without_the_pages(
    built: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, served_site: Any
) -> None:
    monkeypatch.setattr(app, "HELP", tmp_path / "none")
    assert served_site("/help/").status_code == 404


@pytest.fixture
def served_site() -> Any:
    """Return a function that asks an empty workspace for a path."""

    def ask(path: str) -> httpx.Response:
        api = Mock()
        api.database.study = "study"
        site = Site(api, Mock(spec=LinkAuth), Address(("http://127.0.0.1:1",)), lambda: None)

        async def get() -> httpx.Response:
            transport = httpx.ASGITransport(app=app.make_app(site))
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:1") as client:
                return await client.get(path)

        return finish(get())

    return ask
