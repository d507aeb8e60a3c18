"""All that a request can reach: the door, who comes in by it, and the study behind it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from starlette.requests import Request

from comb.review.domain.views import Person
from comb.review.web.accounts import LinkAuth, TeamAuth
from comb.review.web.api import Api
from comb.review.web.jobs import Jobs
from comb.review.web.middleware import Address
from comb.review.web.sections import SECTIONS, Section


class Door:
    """What every server of comb's pages has: who comes in, and under which address."""

    auth: LinkAuth | TeamAuth
    address: Address
    on_link_used: Callable[[], None]
    """Called when somebody has come in by the one-time link, so that there is another."""
    home: str
    """Address of the page on which studies are chosen; empty if it does not run."""
    stop: Callable[[], None] | None
    """Stops the server; None if who comes in may not."""

    @property
    def study(self) -> str:
        """Names what is served, so that a page notices when another server has taken its address."""
        raise NotImplementedError

    @property
    def name(self) -> str:
        """The study's name, that of its folder; empty if no study is open."""
        return ""

    def sections(self, who: Person) -> Sequence[Section]:
        """Return the pages that the navigation names."""
        return ()

    def has(self, transcript: str) -> bool:
        """Return whether there is such a transcript."""
        return False

    @property
    def team(self) -> bool:
        """Whether coders sign in."""
        return isinstance(self.auth, TeamAuth)

    def who(self, request: Request) -> Person | None:
        """Return who asks, by the session's cookie."""
        key = self.key(request)
        return self.auth.who(key) if key else None

    def key(self, request: Request) -> str:
        """Return the session's key of the cookie, if this server made it; browsers send cookies to all ports."""
        instance, _, key = request.cookies.get(self.address.cookie, "").partition(".")
        return key if instance == self.auth.instance else ""


@dataclass
class Site(Door):
    """A study's pages."""

    api: Api
    auth: LinkAuth | TeamAuth
    address: Address
    on_link_used: Callable[[], None]
    jobs: Jobs = field(default_factory=Jobs)
    home: str = ""
    stop: Callable[[], None] | None = None
    secret: str = ""
    """By which another comb of the same person gets a new link; empty if none does."""
    closing: list[Callable[[], None]] = field(default_factory=list)
    """Called when the server has stopped."""

    @property
    def study(self) -> str:
        """Return the study's id."""
        return self.api.database.study

    @property
    def name(self) -> str:
        """The study's name, that of its folder."""
        return self.api.library.study.root.name

    def sections(self, who: Person) -> Sequence[Section]:
        """Return the pages of the study that a person may open."""
        return [section for section in SECTIONS if section.open_to(who)]

    def has(self, transcript: str) -> bool:
        """Return whether the study has such a transcript."""
        return transcript in self.api.library
