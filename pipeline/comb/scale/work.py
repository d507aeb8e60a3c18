"""The work of a worker: read the transcripts of a part, and process each as the local stage would.

The study is sent as files: a worker puts them into a folder of its own, so that a cluster needs no shared disk. No
words of transcripts are logged: a failure becomes the error of its result, and for an unexpected error only the kind is
reported, since its message may quote a participant.
"""

import hashlib
import os
import tempfile
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from pydantic import TypeAdapter

from comb.errors import BadInputError, CombError
from comb.records import Segment, Transcript
from comb.scale.cluster import import_ray, own_folder
from comb.scale.results import Result, as_table
from comb.scale.sources import Reader, Source
from comb.stages.listener import Listener
from comb.stages.loading import load_model
from comb.stages.reading import Instructions, Prepared, Reading, prepared_json
from comb.stages.suggest import Suggested, Suggester, write_transcript_suggestions
from comb.study.layout import Study
from comb.study.params import SegmentParams

if TYPE_CHECKING:
    from comb.encoder.embed import OnnxEncoder

Files = Mapping[str, bytes]
Pair = tuple[Transcript, Sequence[Segment]]


def travelling(study: Study) -> dict[str, bytes]:
    """Return the files that suggestions depend on, besides transcripts, by their place in the study."""
    measured = (study.metrics / "evaluate.json", study.scores, study.llm)
    return _files(study, study.root / "configs", study.encoder, study.head, *measured)


def encoder_files(study: Study) -> dict[str, bytes]:
    """Return the files that embeddings depend on."""
    return _files(study, study.root / "configs", study.encoder)


def _files(study: Study, *places: Path) -> dict[str, bytes]:
    every = [path for place in places for path in ([place] if place.is_file() else sorted(place.rglob("*")))]
    return {path.relative_to(study.root).as_posix(): path.read_bytes() for path in every if path.is_file()}


def digest_of(files: Files, *others: object) -> str:
    """Return a digest of files and of everything else that results depend on."""
    digest = hashlib.sha256(repr(others).encode("utf-8", "surrogatepass"))
    for name, content in sorted(files.items()):
        digest.update(f"\0{name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


class Work(Protocol):
    """The processing of a part's transcripts, in a worker."""

    def begin(self, study: Study) -> None:
        """Load the encoder and other data, once."""
        ...

    def make(self, read: Sequence[tuple[Source, Prepared]]) -> Iterator[Result]:
        """Yield the result of each transcript."""
        ...


class OwnStudy:
    """A worker's own copy of the study's files; removed with the worker."""

    def __init__(self, files: Any) -> None:
        """``files`` are the study's, or where Ray keeps them."""
        ray = import_ray()
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # each processor has a worker of its own
        until_the_end = ExitStack()
        self.folder = until_the_end.enter_context(own_folder())
        weakref.finalize(self, until_the_end.close)
        self.study = Study(self.folder / "study")
        for name, content in (ray.get(files) if isinstance(files, ray.ObjectRef) else files).items():
            path = self.study.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


class Worker:
    """An actor of Ray: loads once, then works on one part after the other."""

    def __init__(self, files: Any, how: Instructions, work: Work) -> None:
        self.own = OwnStudy(files)
        self.work, self.reader = work, Reader(how, self.own.folder)
        work.begin(self.own.study)

    def __call__(self, batch: Mapping[str, Any]) -> Any:
        """Return the results of one part."""
        return as_table(int(batch["part"][0]), self._results(str(batch["sources"][0])))

    def _results(self, part: str) -> Iterator[Result]:
        read, failed = [], {}
        for source, one in self.reader.read(part):
            if isinstance(one, BadInputError):
                failed[source] = Result(source.name, error=str(one))
            else:
                read.append((source, one))
        try:
            yield from (*failed.values(), *self.work.make(read))
        except Exception:
            yield from (*failed.values(), *(self._alone(pair) for pair in read))

    def _alone(self, pair: tuple[Source, Prepared]) -> Result:
        """Return what is made of a transcript by itself, since with those of its part something failed."""
        try:
            (result,) = self.work.make([pair])
        except CombError as error:
            return Result(pair[0].name, error=str(error))
        except Exception as error:
            what = f"{pair[0].name}: comb failed on it ({type(error).__name__})"
            return Result(pair[0].name, error=f"{what}. Leave this file out, and report the fault.")
        return result


@dataclass
class SegmentWork:
    """Cut transcripts into segments."""

    params: SegmentParams

    def begin(self, study: Study) -> None:
        """Load nothing."""

    def make(self, read: Sequence[tuple[Source, Prepared]]) -> Iterator[Result]:
        """Yield each transcript with its segments."""
        for source, one in read:
            whole = Prepared(one.transcript, one.reading, one.cut(self.params), one.warnings)
            yield Result(source.name, facts=prepared_json().dump_json(whole).decode())


@dataclass(frozen=True)
class SuggestFacts:
    """Facts on the suggestions for a transcript, for the run's report."""

    transcript: str
    segments: int
    scores: list[tuple[str, float, int]]
    """Code, score and rank of each suggestion."""
    unlike: str
    cut: int
    """Texts that are longer than the encoder reads."""
    reading: Reading
    warnings: tuple[str, ...]
    """Its reader's log messages."""
    notes: tuple[str, ...]
    """Notes of the writers of its files."""

    def without_scores(self) -> "SuggestFacts":
        """Return a copy without the parts that are not needed until the end of a run."""
        return replace(self, scores=[])


@dataclass
class SuggestWork:
    """Suggest codes, and write each transcript's files."""

    formats: Sequence[str]
    ungated: bool

    def begin(self, study: Study) -> None:
        """Load the encoder and the model."""
        from comb.encoder.embed import Cache

        self.study, self.encoder = study, load_lone_encoder(study)
        self.suggester = Suggester(
            study, Cache(":memory:", self.encoder), load_model(study), Listener(), ungated=self.ungated
        )

    def make(self, read: Sequence[tuple[Source, Prepared]]) -> Iterator[Result]:
        """Yield each transcript's files of suggestions."""
        pairs = [(one.transcript, one.cut(self.study.params.segment)) for _, one in read]
        before = self.encoder.cut
        for (source, one), made in zip(read, self.suggester.suggest(pairs, lambda done: None), strict=True):
            yield self._result(source, one, made, self.encoder.cut - before)
            before = self.encoder.cut

    def _result(self, source: Source, one: Prepared, made: Suggested, cut: int) -> Result:
        listener, scores = Listener(), [(item.code, item.score, item.rank) for item in made.suggestions]
        with tempfile.TemporaryDirectory(dir=self.study.root) as name:
            folder = Path(name)
            formats = list(dict.fromkeys((*self.formats, "jsonl")))
            write_transcript_suggestions(self.study, made.transcript, made.suggestions, folder, formats, listener)
            files = {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
        told = (one.reading, one.warnings, tuple(listener.notes))
        facts = SuggestFacts(made.transcript.id, len(made.segments), scores, made.unlike, cut, *told)
        return Result(source.name, facts=facts_json().dump_json(facts).decode(), files=files)


def facts_json() -> TypeAdapter[SuggestFacts]:
    """Return the type adapter by which these facts are written as JSON and read back."""
    return TypeAdapter(SuggestFacts)


def load_lone_encoder(study: Study) -> "OnnxEncoder":
    """Load the encoder for a single processor, since the others have their own workers."""
    from comb.encoder.embed import OnnxEncoder

    return OnnxEncoder(study.encoder, study.params.embed.batch_tokens, threads=1)
