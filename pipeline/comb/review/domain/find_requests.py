"""Requests of the pages Search, Overview and Team."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from comb.records import Role
from comb.review.domain.schemas import Id, Mode

Words = Annotated[str, Field(max_length=1000)]
Name = Annotated[str, Field(max_length=500)]
Decision = Literal["", "accepted", "recoded", "rejected", "open"]
MOST_SHOWN = 500


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Search(_Asked):
    """Words and filters, all of which must match."""

    words: Words = ""
    transcripts: list[Id] = Field(default=[], max_length=10_000)
    """Transcripts to search; empty for all."""
    code: Name = ""
    coder: Name = ""
    speaker: Name = ""
    role: Role | Literal[""] = ""
    attribute: Name = ""
    value: Name = ""
    low: float | None = Field(default=None, ge=0, le=1)
    high: float | None = Field(default=None, ge=0, le=1)
    decision: Decision = ""
    valence: Literal["", "barrier", "facilitator", "both", "none"] = ""
    memo: Words = ""
    skip: int = Field(default=0, ge=0)
    most: int = Field(default=50, ge=1, le=MOST_SHOWN)

    @property
    def of_codings(self) -> bool:
        """Whether coded passages are searched for, and not only words."""
        scored = self.low is not None or self.high is not None
        return scored or bool(self.code or self.coder or self.decision or self.valence or self.memo)


class SaveSearch(Search):
    """A search whose results are to be saved as a file."""

    format: Literal["csv", "xlsx", "docx"]


class Frequencies(_Asked):
    """The codings to count: by whom, and by which attribute of the participants."""

    coder: Name = ""
    attribute: Name = ""


class NewMember(_Asked):
    """A member of the team: a new one, or one with a new role or password."""

    name: Name
    role: Literal["lead", "coder", "reader"]
    password: Annotated[str, Field(max_length=1000)]


class Assignment(_Asked):
    """A coder for a transcript, and the reading mode; an empty mode means no change."""

    transcript: Id
    coder: Id
    mode: Mode | Literal[""] = ""


class Assign(_Asked):
    """Assignments to make and to remove."""

    add: list[Assignment] = Field(default=[], max_length=20_000)
    remove: list[Assignment] = Field(default=[], max_length=20_000)
    drawn: bool = False
    """Whether they were drawn at random."""


class Draw(_Asked):
    """Settings for drawing transcripts that two people are to code."""

    share: float = Field(gt=0, le=1)
    unit: Literal["transcripts", "segments"] = "transcripts"
    coders: list[Id] = Field(min_length=1, max_length=200)
    seed: int = Field(default=1, ge=0, le=2**31 - 1)
    attribute: Name = ""


class ShareOut(_Asked):
    """The coders among whom unassigned transcripts are distributed."""

    coders: list[Id] = Field(min_length=1, max_length=200)
    seed: int = Field(default=1, ge=0, le=2**31 - 1)


class SaveOverview(Frequencies):
    """A table or a picture of the overview, as a file."""

    what: Literal["progress", "codes", "groups", "agreement"]
    format: Literal["csv", "xlsx", "svg"]


SEARCH: TypeAdapter[Search] = TypeAdapter(Search)
SAVE_SEARCH: TypeAdapter[SaveSearch] = TypeAdapter(SaveSearch)
FREQUENCIES: TypeAdapter[Frequencies] = TypeAdapter(Frequencies)
NEW_MEMBER: TypeAdapter[NewMember] = TypeAdapter(NewMember)
ASSIGN: TypeAdapter[Assign] = TypeAdapter(Assign)
DRAW: TypeAdapter[Draw] = TypeAdapter(Draw)
SHARE_OUT: TypeAdapter[ShareOut] = TypeAdapter(ShareOut)
SAVE_OVERVIEW: TypeAdapter[SaveOverview] = TypeAdapter(SaveOverview)
