"""Requests about the codebook."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from comb.codings.edits import Edit
from comb.review.domain.schemas import Id

Text = Annotated[str, Field(max_length=4000, pattern=r"^[^\x00]*$")]
LARGEST = 1_900_000
"""Most characters of a file in base64."""


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ChangeCodebook(_Request):
    """Any change, with the state that the page showed, and the reason."""

    seen: Id
    """Digest of the codebook that was shown."""
    why: Text = ""


class EditCodebook(ChangeCodebook):
    """One edit; with ``dry_run`` its effects are only reported."""

    edit: Edit
    dry_run: bool = False


class RestoreCodebook(ChangeCodebook):
    """Restore a version."""

    version: int = Field(ge=0, le=10**6)


class AskPassages(_Request):
    """Ask for the passages of a code."""

    code: Id
    others: bool = False


class GivePassage(_Request):
    """Recode a passage of a code with other codes."""

    transcript: Id
    coder: Annotated[str, Field(max_length=500)] = ""
    coding: Id
    code: Id
    into: tuple[Id, ...] = Field(min_length=1, max_length=50)


class ExportCodebook(_Request):
    """Ask for the codebook as a file."""

    format: Literal["yaml", "qdc"]


class ImportCodebook(_Request):
    """Send the file of another codebook."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    content: Annotated[str, Field(max_length=LARGEST)]
    """In base64."""


class AskWording(_Request):
    """Ask for words with confirmed pseudonyms put in."""

    text: Annotated[str, Field(max_length=20_000)]


class ProposeCodebook(_Request):
    """Write a note to the lead, or remove one by its time."""

    code: Annotated[str, Field(max_length=500)] = ""
    text: Text = ""
    dismiss: Annotated[str, Field(max_length=60)] | None = None


EDIT: TypeAdapter[EditCodebook] = TypeAdapter(EditCodebook)
CHANGE: TypeAdapter[ChangeCodebook] = TypeAdapter(ChangeCodebook)
RESTORE: TypeAdapter[RestoreCodebook] = TypeAdapter(RestoreCodebook)
PASSAGES: TypeAdapter[AskPassages] = TypeAdapter(AskPassages)
GIVE: TypeAdapter[GivePassage] = TypeAdapter(GivePassage)
EXPORT_CODEBOOK: TypeAdapter[ExportCodebook] = TypeAdapter(ExportCodebook)
IMPORT_CODEBOOK: TypeAdapter[ImportCodebook] = TypeAdapter(ImportCodebook)
WORDING: TypeAdapter[AskWording] = TypeAdapter(AskWording)
PROPOSE: TypeAdapter[ProposeCodebook] = TypeAdapter(ProposeCodebook)
