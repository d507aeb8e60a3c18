"""A review server that is there to be killed: imports once, then a fresh process for each life.

Run: python -m tests.review.victim STUDY, then a line on its input for each life. It answers with process, port, token.
"""

import os
import sys
from pathlib import Path

import uvicorn

from comb.review.storage.database import Database
from comb.review.storage.library import Library, open_library
from comb.review.web.accounts import LinkAuth
from comb.review.web.api import Api
from comb.review.web.app import make_app
from comb.review.web.server import Asked, address_of, listen, site_of
from comb.study.layout import Study


def live(library: Library) -> None:
    """Serve until killed."""
    asked = Asked("Ann")
    listener = listen(asked)
    port = listener.getsockname()[1]
    api = Api.of(library, Database.open(library.study.review))
    site = site_of(api, asked, address_of(asked, port), lambda text: None)
    assert isinstance(site.auth, LinkAuth)
    sys.stdout.write(f"{os.getpid()} {port} {site.auth.token()}\n")
    sys.stdout.flush()
    uvicorn.Server(uvicorn.Config(make_app(site), access_log=False, log_level="error", lifespan="off")).run([listener])


def main() -> None:
    """Begin a life for each line."""
    library, _ = open_library(Study(Path(sys.argv[1])))
    for _ in sys.stdin:
        child = os.fork()
        if child == 0:
            live(library)
            os._exit(0)
        os.waitpid(child, 0)


if __name__ == "__main__":
    main()
