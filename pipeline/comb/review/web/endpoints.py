"""Make the API's routes from functions, which get the person and the body and return JSON."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from comb.review.domain.views import Person
from comb.review.storage.documents import compact
from comb.review.storage.refusals import RefusedError
from comb.review.web.middleware import MOST_BYTES
from comb.review.web.site import Door

Handler = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True)
class Endpoints:
    """Makes routes for signed-in people only; slow functions run in threads.

    Functions return data to be sent as JSON, or a response.
    """

    site: Door

    def get(self, path: str, answer: Callable[[Person, Request], Any]) -> Route:
        """Return a GET route; a function that returns text has written the JSON itself."""
        return Route(path, self._endpoint(lambda who, request, body: answer(who, request)), methods=["GET"])

    def post(self, path: str, answer: Callable[[Person, Request, bytes], Any], *, reads: bool = False) -> Route:
        """Return a POST route; one that only ``reads`` changes nothing and is also open to readers."""

        def act(who: Person, request: Request, body: bytes) -> Any:
            if not reads:
                refuse_readers(who)
            return answer(who, request, body)

        return Route(path, self._endpoint(act), methods=["POST"])

    def upload(self, path: str, answer: Callable[[Person, Request], Awaitable[Any]]) -> Route:
        """Return the route for an upload, which is streamed because it may be large."""

        async def endpoint(request: Request) -> Response:
            who = await run_in_threadpool(self._admitted, request)
            refuse_readers(who)
            return _json(compact(await answer(who, request)))

        return Route(path, endpoint, methods=["POST"])

    def _endpoint(self, answer: Callable[[Person, Request, bytes], Any]) -> Handler:
        """Make an endpoint of a function that may take its time; text is JSON already."""

        async def endpoint(request: Request) -> Response:
            body = await read_body(request)

            def work() -> Response:
                found = answer(self._admitted(request), request, body)
                if isinstance(found, Response):
                    return found
                return _json(found if isinstance(found, str) else compact(found))

            return await run_in_threadpool(work)

        return endpoint

    def _admitted(self, request: Request) -> Person:
        """Return the person who asks. Raises RefusedError if nobody is signed in or the page is of another study."""
        who, study = self.site.who(request), self.site.study
        if who is None:
            remedy = "Sign in again." if self.site.team else "Open the link that comb printed last."
            raise RefusedError("you are not signed in", remedy=remedy, status=401)
        if request.headers.get("x-comb-study", study) != study:
            remedy = "Your decisions are kept in this browser until comb runs with their study again."
            raise RefusedError("comb runs with another study here now", remedy=remedy, status=421)
        return who


def _json(text: str) -> Response:
    """Return JSON as an answer; what is in no encoding, as in names of files, is escaped in it."""
    return Response(text.encode("utf-8", "backslashreplace"), media_type="application/json")


def refuse_readers(who: Person) -> None:
    """Raise RefusedError for a reader of the team, who may change nothing."""
    if who.reads_along:
        remedy = "Ask your lead to make you a coder."
        raise RefusedError("a reader may see everything but change nothing", remedy=remedy, status=403)


def transcript_id(request: Request) -> str:
    """Return the transcript id in an address."""
    return str(request.path_params["id"])


async def read_body(request: Request) -> bytes:
    """Return the body. Raises RefusedError if it is too large."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise RefusedError("the request is too large", status=413)
    return bytes(body)
