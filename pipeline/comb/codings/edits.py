"""Edits of the codebook, one record for each kind."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Entry = dict[str, Any]
"""A code as it is written in the file."""
TEXTS = ("name", "color", "definition", "include", "exclude", "examples")


class _Edit(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class NewCode(_Edit):
    """A new code."""

    id: str
    name: str = ""
    color: str = ""
    definition: str = ""
    include: str = ""
    exclude: str = ""
    examples: tuple[str, ...] = ()

    @property
    def entry(self) -> Entry:
        """Return it as it is written in the file."""
        found = {key: getattr(self, key) for key in ("id", *TEXTS) if getattr(self, key)}
        return found | ({"examples": list(self.examples)} if self.examples else {})


class Add(_Edit):
    """Add a code as the last one below another, or at the top."""

    edit: Literal["add"] = "add"
    new: NewCode
    under: str = ""


class Describe(_Edit):
    """Change the name, texts or colour of a code; fields that are None stay."""

    edit: Literal["describe"] = "describe"
    code: str
    name: str | None = None
    color: str | None = None
    definition: str | None = None
    include: str | None = None
    exclude: str | None = None
    examples: tuple[str, ...] | None = None

    @property
    def changed(self) -> Entry:
        """Return the keys that are set, as they are written in the file."""
        found = {key: getattr(self, key) for key in TEXTS if getattr(self, key) is not None}
        return found | ({"examples": list(self.examples)} if self.examples is not None else {})


class Rename(_Edit):
    """Change the id of a code; its codings follow."""

    edit: Literal["rename"] = "rename"
    code: str
    to: str


class Merge(_Edit):
    """Merge two codes: the codings of ``code``, and the codes below it, become those of ``into``."""

    edit: Literal["merge"] = "merge"
    code: str
    into: str


class Split(_Edit):
    """Begin to split a code: the new codes are added after it, and it stays until each of its passages is decided."""

    edit: Literal["split"] = "split"
    code: str
    into: tuple[NewCode, ...] = Field(min_length=1)


class Move(_Edit):
    """Move a code, and the codes below it, under another code: before one of the codes there, or to the end."""

    edit: Literal["move"] = "move"
    code: str
    under: str = ""
    before: str = ""


class Delete(_Edit):
    """Delete a code; with ``uncode`` its codings stay as passages that were read and have no code."""

    edit: Literal["delete"] = "delete"
    code: str
    uncode: bool = False


Edit = Annotated[Add | Describe | Rename | Merge | Split | Move | Delete, Field(discriminator="edit")]
