"""All that a request can reach."""

from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.requests import Request

from comb.review.domain.views import Person
from comb.review.web.accounts import LinkAuth, TeamAuth
from comb.review.web.api import Api
from comb.review.web.middleware import Address


@dataclass(frozen=True)
class Site:
    """All that a request can reach."""

    api: Api
    auth: LinkAuth | TeamAuth
    address: Address
    on_link_used: Callable[[], None]
    """Called when somebody has come in by the one-time link, so that there is another."""

    closing: list[Callable[[], None]] = field(default_factory=list)
    """Called when the server has stopped."""

    @property
    def team(self) -> bool:
        """Whether coders sign in."""
        return isinstance(self.auth, TeamAuth)

    def who(self, request: Request) -> Person | None:
        """Say who asks, by the session's cookie."""
        key = self.key(request)
        return self.auth.who(key) if key else None

    def key(self, request: Request) -> str:
        """Return the session's key of the cookie, where this server made it; browsers send cookies to all ports."""
        instance, _, key = request.cookies.get(self.address.cookie, "").partition(".")
        return key if instance == self.auth.instance else ""
