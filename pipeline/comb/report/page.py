"""Self-contained pages: each is one file, and nothing is fetched."""

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment


def part(name: str) -> str:
    """Read a template, style sheet or script of this package."""
    return files("comb.report").joinpath(name).read_text(encoding="utf-8")


def render(template: str, styles: str, script: str = "", **values: object) -> str:
    """Fill a template that extends ``base.html.j2``; all values but style and script are escaped.

    The page's content security policy allows only this script, this style sheet and the styles within drawings, and no
    requests.
    """
    from markupsafe import Markup

    inline = "'unsafe-inline'" if not script else _hash(styles)
    policy = f"default-src 'none'; style-src {inline}; base-uri 'none'; form-action 'none'"
    if script:
        policy += f"; script-src {_hash(script)}"
    own = {"policy": policy, "style": Markup(styles), "script": Markup(script)}  # noqa: S704  (files of this package)
    return _environment().get_template(template).render(**own, **values)


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    loader = FunctionLoader(part)
    return Environment(autoescape=True, undefined=StrictUndefined, loader=loader, trim_blocks=True, lstrip_blocks=True)


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode('utf-8')).digest()).decode('ascii')}'"
