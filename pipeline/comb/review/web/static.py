"""Static files of the page, with a digest in their path so that browsers may cache them."""

import hashlib
import mimetypes
from pathlib import Path
from typing import Any

from starlette.responses import Response
from starlette.staticfiles import StaticFiles

# Windows may know scripts under another type, and browsers refuse modules of another type.
mimetypes.add_type("text/javascript", ".js")

STATIC = Path(__file__).parents[1] / "static"


class PageFiles(StaticFiles):
    """Static files of the page, with the time for which a browser may cache them."""

    def __init__(self, kept: str) -> None:
        super().__init__(directory=STATIC, check_dir=False)
        self.kept = kept

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        """Answer with a file."""
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = self.kept
        return response


def stamped() -> str:
    """Return a path with the digest of the page's files, so that browsers need not fetch them again."""
    digest = hashlib.sha256()
    for path in sorted(STATIC.rglob("*")):
        if path.is_file():
            digest.update(path.relative_to(STATIC).as_posix().encode() + b"\0" + path.read_bytes())
    return f"/static/{digest.hexdigest()[:16]}"
