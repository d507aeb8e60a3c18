"""Requests of the page on which a study is chosen or made."""

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from comb.review.domain.schemas import Request
from comb.study.new import Preset

PathName = Annotated[str, Field(max_length=4000, pattern=r"^[^\x00]*$")]


class Place(Request):
    """A folder of this computer; empty for the user's own."""

    path: PathName = ""


class OpenStudy(Request):
    """Open a study as a coder."""

    path: PathName
    coder: str = Field(default="", max_length=200)


class OwnCodebook(Request):
    """A codebook file that was dropped in."""

    name: str = Field(min_length=1, max_length=255)
    content: str = Field(max_length=1_800_000)
    """The content in base64."""


class MakeStudy(Request):
    """Make a study in a new folder within a folder."""

    folder: PathName
    name: str = Field(min_length=1, max_length=200)
    behaviour: str = Field(max_length=1000)
    preset: Preset | Literal["own"]
    unit: Literal["sentence", "turn"]
    coder: str = Field(max_length=200)
    codebook: OwnCodebook | None = None


PLACE: TypeAdapter[Place] = TypeAdapter(Place)
OPEN_STUDY: TypeAdapter[OpenStudy] = TypeAdapter(OpenStudy)
MAKE_STUDY: TypeAdapter[MakeStudy] = TypeAdapter(MakeStudy)
