"""Typed params, one record per stage, read from ``configs/params.yaml``. Unknown keys are refused by name."""

import unicodedata
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from comb.codebook import explain, read_yaml
from comb.errors import BadParamsError
from comb.records import Role, SuggestionFormat


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _check_encoding(name: str) -> str:
    """Return the name of a text encoding, or ``""``; raise ValueError if Python knows none of that name."""
    try:
        "".encode(name or "utf-8")
        b"".decode(name or "utf-8")
    except (LookupError, UnicodeError, TypeError):
        raise ValueError("not a known text encoding, such as cp1252, cp1250 or mac_roman") from None
    return name


Encoding = Annotated[str, AfterValidator(_check_encoding)]


class RoleParams(_Section):
    """Labels of speakers by role; ``*`` stands for any characters, case does not matter."""

    participant: tuple[str, ...] = (
        "p", "p[0-9]*", "participant*", "interviewee*", "respondent*", "resp*", "r", "r[0-9]*",
        "client*", "patient*", "carer*", "subject*", "informant*", "cyfranog*", "claf", "claf [0-9]*", "gofalwr*",
    )  # fmt: skip
    interviewer: tuple[str, ...] = (
        "i", "i[0-9]", "int", "int[0-9]*", "interviewer*", "iv", "iv[0-9]*", "q", "researcher*", "moderator*",
        "mod", "mod[0-9]*", "facilitator*", "therapist*", "host", "cyfwel*", "hwylus*", "ymchwilydd*",
    )  # fmt: skip
    other: tuple[str, ...] = ("other*", "observer*", "interpreter*", "narrator*", "unknown*")


class StudyParams(_Section):
    """Where the study's files are, and the roles of speakers."""

    data: str = "data"
    roles: RoleParams = RoleParams()
    encoding: Encoding = ""
    encodings: dict[str, Encoding] = {}

    @property
    def given_encodings(self) -> dict[str, str]:
        """Encodings of text files by transcript id; ``""`` is the key for all others that are not in Unicode."""
        every = {"": self.encoding} if self.encoding else {}
        return {**every, **{unicodedata.normalize("NFC", name): one for name, one in self.encodings.items()}}


class EncoderParams(_Section):
    """Which encoder turns segments into embeddings."""

    model: str = "sentence-transformers/all-MiniLM-L6-v2"
    precision: Literal["fp32", "int8"] = "fp32"
    max_tokens: int = Field(default=256, ge=8, le=8192)
    prompt: str | None = None
    download: bool = False


class TuneParams(_Section):
    """Whether, and how, the encoder is fine-tuned on the study's codings."""

    epochs: int = Field(default=0, ge=0)
    layers: int = Field(default=2, ge=1)
    rate: float = Field(default=3e-5, gt=0)
    seed: int = 1


class SegmentParams(_Section):
    """What a segment is."""

    unit: Literal["sentence", "turn"] = "sentence"
    roles: tuple[Role, ...] = ("participant",)
    max_words: int = Field(default=60, ge=10)


class EmbedParams(_Section):
    """How segments are encoded."""

    context: bool = True
    batch_tokens: int = Field(default=2048, ge=64)


class TrainParams(_Section):
    """How the head is trained."""

    level: str = ""
    reference: tuple[str, ...] = ("consensus",)
    overlap: float = Field(default=0.5, gt=0, le=1)
    min_examples: int = Field(default=3, ge=2)
    ngrams: bool = True
    starter: bool = True
    inner_folds: int = Field(default=4, ge=2)
    seed: int = 1


class EvaluateParams(_Section):
    """How the head is evaluated: always with whole transcripts held out."""

    folds: int = Field(default=5, ge=2)
    seed: int = 1
    bootstrap: int = Field(default=2000, ge=100)
    gate: Literal["auto"] | Annotated[float, Field(ge=-1, le=1)] = "auto"


class SuggestParams(_Section):
    """What is written with a suggestion, and in which formats."""

    evidence: int = Field(default=3, ge=0)
    formats: tuple[SuggestionFormat, ...] = ("csv", "jsonl")
    coverage: float = Field(default=0, ge=0, lt=1)


class AgreementParams(_Section):
    """How coders are compared."""

    unit: Literal["segment", "turn", "transcript", "character"] = "segment"
    level: str = ""
    bootstrap: int = Field(default=2000, ge=100)
    seed: int = 1


class LlmParams(_Section):
    """Whether a local language model codes too, which one, and how it is prompted."""

    model: str = ""
    server: str = "http://127.0.0.1:11434/v1"
    allow_remote: bool = False
    transcripts: tuple[str, ...] = ("*",)
    scores: Literal["auto", "probabilities", "answers"] = "auto"
    answers: int = Field(default=5, ge=1)
    temperature: float = Field(default=0, ge=0)
    seed: int = 1
    examples: int = Field(default=0, ge=0)
    before: int = Field(default=2, ge=0)
    rationale: bool = False
    concurrency: int = Field(default=4, ge=1, le=256)
    timeout: float = Field(default=300, gt=0)
    retries: int = Field(default=2, ge=0)


class SynthesisParams(_Section):
    """What is counted in the synthesis, and how it is shown."""

    transcripts: tuple[str, ...] = ("*",)
    coders: tuple[str, ...] = ("consensus",)
    group: str = "group"
    quotes: int = Field(default=2, ge=0)
    quote_words: int = Field(default=60, ge=10)
    likeness: float = Field(default=0.35, gt=0, lt=1)
    first: int = Field(default=10, ge=1)
    stop: int = Field(default=3, ge=1)
    edition: Literal["2011", "2014"] = "2014"


class PseudonymParams(_Section):
    """Whether exports, reports and models wait for pseudonyms."""

    require: bool = False


class Params(_Section):
    """All params of a study.

    >>> Params().segment.unit
    'sentence'
    """

    study: StudyParams = StudyParams()
    encoder: EncoderParams = EncoderParams()
    segment: SegmentParams = SegmentParams()
    tune: TuneParams = TuneParams()
    embed: EmbedParams = EmbedParams()
    train: TrainParams = TrainParams()
    evaluate: EvaluateParams = EvaluateParams()
    suggest: SuggestParams = SuggestParams()
    agreement: AgreementParams = AgreementParams()
    llm: LlmParams = LlmParams()
    synthesis: SynthesisParams = SynthesisParams()
    pseudonyms: PseudonymParams = PseudonymParams()


def parse_params(data: object, where: str = "params") -> Params:
    """Make params from the content of a YAML file; missing keys take their defaults.

    Raises BadParamsError that names the key, and the known ones if it is unknown.
    """
    try:
        return Params.model_validate({} if data is None else data)
    except ValidationError as error:
        raise BadParamsError(explain(error, Params), where=where, remedy="Fix it there and run again.") from None


def read_params(path: Path) -> Params:
    """Read ``configs/params.yaml``. Raises BadParamsError naming the file and the key."""
    return parse_params(read_yaml(path), str(path.name))
