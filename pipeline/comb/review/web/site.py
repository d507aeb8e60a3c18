"""Everything that a request can reach: the access check, the person, and the study."""

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
    """The common part of every server of comb's pages: authentication and address."""

    auth: LinkAuth | TeamAuth
    address: Address
    on_link_used: Callable[[], None]
    """Called when the one-time link has been used, so that there is a new one."""
    home: str
    """Address of the page on which studies are chosen; empty if it is not running."""
    stop: Callable[[], None] | None
    """Stops the server; None if people on the page may not do so."""

    @property
    def study(self) -> str:
        """Identifies the study, so that a page notices if another server has taken its address."""
        raise NotImplementedError

    @property
    def name(self) -> str:
        """The study's name, that of its folder; empty if no study is open."""
        return ""

    def sections(self, who: Person) -> Sequence[Section]:
        """Return the pages in the navigation."""
        return ()

    def has(self, transcript: str) -> bool:
        """Return whether a transcript exists."""
        return False

    @property
    def team(self) -> bool:
        """Whether coders sign in."""
        return isinstance(self.auth, TeamAuth)

    def who(self, request: Request) -> Person | None:
        """Return the person of the session's cookie."""
        key = self.key(request)
        return self.auth.who(key) if key else None

    def key(self, request: Request) -> str:
        """Return the session key in the cookie, if it is from this server; browsers send cookies to all ports."""
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
    """Secret with which another comb process of the same person gets a new link; empty if there is none."""
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
