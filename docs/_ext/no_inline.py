"""Take scripts and styles out of the built pages and into files.

The workspace serves these pages under its own content security policy, which runs no inline script and applies no
inline style. Opened from a disk they look the same.
"""

import re
from hashlib import sha256
from pathlib import Path
from typing import Any

SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
STYLE = re.compile(r"<style(?: type=\"text/css\")?>(.*?)</style>", re.DOTALL)
ATTRIBUTE = re.compile(r'(<[a-zA-Z][^<>]*?) style="([^"]*)"([^<>]*>)')
CLASS = re.compile(r'class="([^"]*)"')


def move(app: Any, error: Exception | None) -> None:
    """Rewrite each page once the build has ended well."""
    if error or app.builder.name != "html":
        return
    static = Path(app.outdir) / "_static"
    for page in sorted(Path(app.outdir).rglob("*.html")):
        up = "../" * (len(page.relative_to(app.outdir).parts) - 1)
        text = page.read_text(encoding="utf-8")
        page.write_text(outside(text, static, f"{up}_static"), encoding="utf-8")


def outside(text: str, static: Path, link: str) -> str:
    """Return a page without inline scripts and styles; write these into ``static``, which ``link`` leads to."""

    def script(match: re.Match[str]) -> str:
        return f'<script src="{link}/{_kept(static, match[1], "js")}"></script>'

    def style(match: re.Match[str]) -> str:
        return f'<link rel="stylesheet" href="{link}/{_kept(static, match[1], "css")}">'

    def attribute(match: re.Match[str]) -> str:
        before, rule, after = match.groups()
        name = f"inline-{sha256(rule.encode()).hexdigest()[:8]}"
        rules.add(f".{name} {{ {rule} }}")
        if CLASS.search(before):
            return CLASS.sub(rf'class="\1 {name}"', before, count=1) + after
        return f'{before} class="{name}"{after}'

    rules: set[str] = set()
    text = ATTRIBUTE.sub(attribute, STYLE.sub(style, SCRIPT.sub(script, text)))
    if rules:
        name = _kept(static, "\n".join(sorted(rules)), "css")
        text = text.replace("</head>", f'<link rel="stylesheet" href="{link}/{name}"></head>', 1)
    return text


def _kept(static: Path, content: str, suffix: str) -> str:
    name = f"{sha256(content.encode()).hexdigest()[:16]}.{suffix}"
    (static / name).write_text(content, encoding="utf-8")
    return name


def setup(app: Any) -> dict[str, Any]:
    """Register the extension."""
    app.connect("build-finished", move)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
