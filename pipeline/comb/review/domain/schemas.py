"""Requests of browsers: one model for each, with unknown keys refused."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from comb.privacy.found import Kind
from comb.privacy.table import Verdict
from comb.records import Role, Valence
from comb.review.storage.history import Sent
from comb.review.storage.refusals import RefusedError
from comb.stages.jobs import Kind as JobKind

Mode = Literal["open", "blind", "audit"]
Offset = Annotated[int, Field(ge=0, le=2**31 - 1)]
Id = Annotated[str, Field(min_length=1, max_length=500)]
Name = Annotated[str, Field(pattern=r"^[0-9A-Za-z-]{0,64}$")]
"""A browser's name for an act or a window."""
# PostgreSQL keeps no NUL in a text.
Memo = Annotated[str, Field(max_length=20_000, pattern=r"^[^\x00]*$")]


class Request(BaseModel):
    """Base of all requests; unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class _Named(Request):
    id: Name = ""
    """The same each time that the act is sent; it is done once."""
    window: Name = ""
    """Acts of one window do not conflict with each other."""

    @property
    def sent(self) -> Sent:
        """The browser's names for it."""
        return Sent(self.id, self.window)

    @property
    def payload(self) -> dict[str, Any]:
        """The part of the request that the history keeps."""
        return self.model_dump(exclude={"id", "window"})


class _Act(_Named):
    base: int = Field(ge=0)
    text: str | None = Field(default=None, max_length=64)
    """SHA-256 of the text on which the coder decided, if the browser says so."""


class _OnEither(_Act):
    """About a suggestion or a coding, one of the two."""

    suggestion: Id | None = None
    coding: Id | None = None


class Accept(_Act):
    """Make a suggestion a coding."""

    act: Literal["accept"]
    suggestion: Id


class Reject(_Act):
    """Reject a suggestion."""

    act: Literal["reject"]
    suggestion: Id
    memo: Memo = ""


class Recode(_OnEither):
    """Change the code."""

    act: Literal["recode"]
    code: Id


class SetValence(_OnEither):
    """Change the valence."""

    act: Literal["valence"]
    valence: Valence


class SetMemo(_OnEither):
    """Write a memo."""

    act: Literal["memo"]
    memo: Memo


class SetUnsure(_OnEither):
    """Mark a coding as unsure, or as sure again."""

    act: Literal["unsure"]
    unsure: bool


class SetNote(_Act):
    """Write the coder's memo on the transcript."""

    act: Literal["note"]
    memo: Memo


class SetSpan(_Act):
    """Move a coding's ends."""

    act: Literal["span"]
    coding: Id
    start: Offset
    end: Offset


class Code(_Act):
    """Code a span by hand."""

    act: Literal["code"]
    start: Offset
    end: Offset
    code: Id
    valence: Valence = ""
    memo: Memo = ""


class Uncode(_Act):
    """Remove a coding."""

    act: Literal["uncode"]
    coding: Id


class Seen(_Named):
    """Record which suggestions the coder has seen."""

    act: Literal["seen"]
    suggestions: list[Id] = Field(max_length=5000)
    base: int | None = None
    text: str | None = Field(default=None, max_length=64)


class Finish(_Act):
    """Finish a transcript that was read to its end."""

    act: Literal["finish"]


class Reopen(_Act):
    """Reopen a finished transcript."""

    act: Literal["reopen"]


class BulkAccept(_Act):
    """Accept all suggestions of a code from a score upwards."""

    act: Literal["bulk_accept"]
    code: Id
    score: float = Field(ge=0, le=1)


Act = Annotated[
    Accept
    | Reject
    | Recode
    | SetValence
    | SetMemo
    | SetUnsure
    | SetNote
    | SetSpan
    | Code
    | Uncode
    | Seen
    | Finish
    | Reopen
    | BulkAccept,
    Field(discriminator="act"),
]


class Answer(Request):
    """A code of a settled unit."""

    code: Id
    valence: Valence = ""


class Adjudicate(_Act):
    """Settle the codes of a unit; an empty list means that it has no code."""

    act: Literal["adjudicate"] = "adjudicate"
    start: Offset
    end: Offset
    codes: list[Answer] = Field(max_length=50)
    memo: Memo = ""
    why_not: Memo = ""
    a: Id | None = None
    b: Id | None = None


class Step(_Act):
    """Undo or redo; ``coder`` is given for the consensus, with the coders ``a`` and ``b`` that are shown."""

    coder: Id | None = None
    a: Id | None = None
    b: Id | None = None


class Again(Step):
    """Undo or redo, within a queue of acts."""

    act: Literal["undo", "redo"]


class WriteMemo(_Named):
    """Write the coder's memo on a code, or on the study (no code)."""

    base: int = Field(ge=0)
    code: Annotated[str, Field(max_length=500)] = ""
    memo: Memo


class Queue(Request):
    """A queue of acts that waited in a browser, in order."""

    acts: list[Annotated[Act | Adjudicate | Again, Field(discriminator="act")]] = Field(min_length=1, max_length=50)


class SetMode(Request):
    """Choose how a transcript is coded; ``coder`` is given by a lead who chooses for somebody else."""

    mode: Mode
    coder: Id | None = None


class SpeakerAnswer(Request):
    """The role of a speaker, and the confirmed role that the page showed."""

    speaker: str = Field(max_length=500)
    role: Role
    before: Role | None


class ConfirmSpeakers(Request):
    """Confirm the roles of a transcript's speakers."""

    speakers: list[SpeakerAnswer] = Field(max_length=500)


class CandidateState(Request):
    """The decision on a candidate for a pseudonym."""

    decision: Verdict
    pseudonym: Annotated[str, Field(max_length=200)]
    part: Annotated[str, Field(max_length=500)] = ""


class DecideCandidate(CandidateState):
    """Decide on a candidate; ``before`` is the state that the page showed."""

    text: Id
    kind: Kind
    transcript: Annotated[str, Field(max_length=500)] = ""
    before: CandidateState


class DecideCandidates(Request):
    """Decide on candidates."""

    rows: list[DecideCandidate] = Field(min_length=1, max_length=20_000)


class SignIn(Request):
    """Name and password."""

    coder: str = Field(min_length=1, max_length=200)
    password: str = Field(max_length=1000)


class StartJob(Request):
    """Start a job of the workspace."""

    kind: JobKind
    more: int = Field(default=3, ge=1, le=50)
    unit: Literal["", "segment", "turn", "transcript", "character"] = ""
    level: str = Field(default="", max_length=200)
    blind_only: bool = False
    format: str = Field(default="", max_length=50)
    suggestions: bool = False


ACT: TypeAdapter[Any] = TypeAdapter(Act)
QUEUE: TypeAdapter[Queue] = TypeAdapter(Queue)
ADJUDICATE: TypeAdapter[Adjudicate] = TypeAdapter(Adjudicate)
STEP: TypeAdapter[Step] = TypeAdapter(Step)
WRITE_MEMO: TypeAdapter[WriteMemo] = TypeAdapter(WriteMemo)
MODE: TypeAdapter[SetMode] = TypeAdapter(SetMode)
SPEAKERS: TypeAdapter[ConfirmSpeakers] = TypeAdapter(ConfirmSpeakers)
CANDIDATES: TypeAdapter[DecideCandidates] = TypeAdapter(DecideCandidates)
START_JOB: TypeAdapter[StartJob] = TypeAdapter(StartJob)
SIGN_IN: TypeAdapter[SignIn] = TypeAdapter(SignIn)


def parse(adapter: TypeAdapter[Any], body: bytes) -> Any:
    """Read a request's JSON. Raises RefusedError that names what is wrong with it, without repeating its words."""
    try:
        return adapter.validate_json(body or b"{}")
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        # The name of an unknown key is the sender's own words.
        known = first["loc"][:-1] if first["type"] == "extra_forbidden" else first["loc"]
        place = ".".join(str(part) for part in known)
        kind = first["type"].replace("_", " ")
        raise RefusedError(f"the request cannot be read ({place or 'body'}: {kind})") from None
