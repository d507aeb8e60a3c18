"""Where each file of a study lives. The only module that knows paths inside a study."""

from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from comb.codebook import Codebook, read_codebook
from comb.errors import CombError, NotReadyError
from comb.study.atomic import STATE, clean_up
from comb.study.params import Params, read_params
from comb.study.speakers import StudyRoles, read_speakers


@dataclass(frozen=True)
class Study:
    """A folder with ``configs/``, ``data/``, ``models/`` and ``dvc.yaml``."""

    root: Path

    @classmethod
    def find(cls, start: Path | None = None) -> "Study":
        """Find the study that ``start`` (by default the working folder) lies in.

        Raises NotReadyError if there is none.
        """
        here = (start or Path.cwd()).resolve()
        for folder in (here, *here.parents):
            if (folder / "configs" / "params.yaml").is_file():
                return cls(folder)
        raise NotReadyError(
            "this folder is not in a study", where=str(here), remedy="Make a study with: comb init DIR; then: cd DIR."
        )

    def clean_up(self) -> None:
        """Finish what a killed command had begun to rename, and remove the temporary files that it left."""
        own = [self.root / name for name in ("configs", "data", "models", STATE)]
        given: list[Path] = []
        with suppress(CombError):  # params that cannot be read are told by whoever needs them
            given = [self.data, self.raw, self.new, self.codings, self.reference, self.sheets, self.to_correct]
        clean_up(self.root, [self.root, *given[:1]], [*own, *given[1:]])

    @cached_property
    def params(self) -> Params:
        """The study's params."""
        return read_params(self.root / "configs" / "params.yaml")

    @cached_property
    def codebook(self) -> Codebook:
        """The study's codebook."""
        return read_codebook(self.root / "configs" / "codebook.yaml")

    @property
    def data(self) -> Path:
        """The folder with the researcher's own files."""
        return self.root / self.params.study.data

    @property
    def speakers(self) -> Path:
        """Who is interviewer and who participant, transcript by transcript, as a person confirmed it."""
        return self.data / "speakers.csv"

    @property
    def roles(self) -> StudyRoles:
        """Who speaks: patterns of the params, and what ``speakers.csv`` says now, which a running server may change."""
        return StudyRoles(self.params.study.roles, read_speakers(self.speakers))

    @property
    def raw(self) -> Path:
        """Transcripts to train on."""
        return self.data / "raw"

    @property
    def codings(self) -> Path:
        """Codings CSV files, and ``coverage.csv``."""
        return self.data / "codings"

    @property
    def to_correct(self) -> Path:
        """Tables of the rows that an import could not read, to be corrected and imported again."""
        return self.data / "to-correct"

    @property
    def state(self) -> Path:
        """What comb alone reads, and works in; not for people, and no DVC output."""
        return self.root / STATE

    @property
    def waiting(self) -> Path:
        """The other rows of these tables, until they are imported."""
        return self.state / "waiting"

    @property
    def new(self) -> Path:
        """Transcripts that ``dvc repro`` makes suggestions for."""
        return self.data / "new"

    @property
    def reference(self) -> Path:
        """Codings of the new transcripts, to compare suggestions with; never read by training."""
        return self.data / "reference"

    @property
    def participants(self) -> Path:
        """Optional table ``transcript,participant``: who was interviewed more than once."""
        return self.codings / "participants.csv"

    @property
    def attributes(self) -> Path:
        """Optional table of what is known of each transcript's participants: ``transcript`` and a column each."""
        return self.data / "attributes.csv"

    @property
    def people(self) -> Path:
        """Who took part in which transcript, with attributes; ``participants.csv`` beside the transcripts."""
        return self.data / "participants.csv"

    @property
    def sheets(self) -> Path:
        """What people write about the findings: summaries, belief statements, judgements; never overwritten unasked."""
        return self.data / "synthesis"

    @property
    def decisions(self) -> Path:
        """What coders decided on suggestions, as the review page exported it."""
        return self.data / "decisions.csv"

    @property
    def memos(self) -> Path:
        """What coders noted on transcripts, codes and the study, as the review page exported it."""
        return self.data / "memos.csv"

    @property
    def private(self) -> Path:
        """What names people: the table of candidates and the key. Never committed or exported."""
        return self.root / "private"

    @property
    def candidates(self) -> Path:
        """What may identify somebody, with what a person decided on it."""
        return self.private / "candidates.csv"

    @property
    def searched(self) -> Path:
        """Which files were searched for candidates, as they were then."""
        return self.private / "searched.json"

    @property
    def key(self) -> Path:
        """What each pseudonym stands for, and where."""
        return self.private / "key.csv"

    @property
    def pseudonymised(self) -> Path:
        """In a pseudonymised copy of a study: its files as they were written, and the pseudonyms in it."""
        return self.data / "pseudonymised.json"

    @property
    def review(self) -> Path:
        """The review page's database, if params name no other; not a DVC output."""
        return self.state / "review.sqlite"

    @property
    def running(self) -> Path:
        """Which servers of the review page run; readable for their own user alone."""
        return self.state / "running"

    @property
    def search_index(self) -> Path:
        """The words of all transcripts, for the search of the review page; made again whenever it is missing."""
        return self.state / "search.sqlite"

    @property
    def lock(self) -> Path:
        """Locked by the command that changes the study; see ``study.lock``."""
        return self.state / "lock"

    @property
    def lock_holder(self) -> Path:
        """Who locked it last."""
        return self.state / "lock.json"

    @property
    def replaced(self) -> Path:
        """Copies of codings files that others wrote and an export of the review page changed."""
        return self.state / "replaced"

    @property
    def interim(self) -> Path:
        """What stages hand to one another."""
        return self.root / "data" / "interim"

    @property
    def versions(self) -> Path:
        """The version of each stage's algorithm, so that DVC sees an upgrade of comb."""
        return self.interim / "versions.yaml"

    @property
    def transcripts(self) -> Path:
        """Canonical transcripts, one JSON file each."""
        return self.interim / "transcripts"

    @property
    def segments(self) -> Path:
        """All segments, in one table."""
        return self.interim / "segments.parquet"

    @property
    def embeddings(self) -> Path:
        """Embeddings of the segments, row by row."""
        return self.interim / "embeddings.npy"

    @property
    def cache(self) -> Path:
        """Embeddings known already; not a DVC output, so it outlives every run."""
        return self.state / "embeddings.sqlite"

    @property
    def prompt(self) -> Path:
        """What a language model is told when it codes."""
        return self.root / "configs" / "llm-prompt.txt"

    @property
    def llm(self) -> Path:
        """What language models coded: a folder for each model."""
        return self.processed / "llm"

    @property
    def llm_cache(self) -> Path:
        """Replies of language models known already; not a DVC output, so it outlives every run."""
        return self.root / ".comb" / "llm.sqlite"

    @property
    def tuned(self) -> Path:
        """The fine-tuned model, if there is one."""
        return self.root / "models" / "tuned"

    @property
    def tuning(self) -> Path:
        """State of fine-tuning that goes on, and the encoders of folds."""
        return self.state / "tuning"

    @property
    def encoder(self) -> Path:
        """The exported encoder."""
        return self.root / "models" / "encoder"

    @property
    def head(self) -> Path:
        """The trained head."""
        return self.root / "models" / "head"

    @property
    def card(self) -> Path:
        """What the model was trained on and how well it does."""
        return self.root / "models" / "card.md"

    @property
    def processed(self) -> Path:
        """What the researcher reads in the end."""
        return self.root / "data" / "processed"

    @property
    def suggestions(self) -> Path:
        """Suggestions, one file per transcript and format."""
        return self.processed / "suggestions"

    @property
    def reviewed(self) -> Path:
        """Codings of the review page that training does not read: of transcripts in ``new``, a file per coder."""
        return self.processed / "reviewed"

    @property
    def without_place(self) -> Path:
        """Codings of the review page whose words a changed transcript does not have any more."""
        return self.processed / "without-place.csv"

    @property
    def synthesis(self) -> Path:
        """Tables, pictures and the report made of the codings."""
        return self.processed / "synthesis"

    @property
    def downloads(self) -> Path:
        """What the workspace made to be downloaded: comparisons of coders, files for other software."""
        return self.processed / "downloads"

    @property
    def agreement(self) -> Path:
        """How far the coders agree, as ``dvc repro`` measured it."""
        return self.processed / "agreement.json"

    @property
    def heldout(self) -> Path:
        """What cross-validated models said of the segments held out, as codings."""
        return self.processed / "heldout.csv"

    @property
    def scores(self) -> Path:
        """What cross-validated models held each code for, segment by segment."""
        return self.processed / "scores.csv"

    @property
    def curve(self) -> Path:
        """Quality against number of coded transcripts; ``comb curve``."""
        return self.processed / "curve.json"

    @property
    def simulation(self) -> Path:
        """How many labels each order of coding would have needed; ``comb simulate``."""
        return self.processed / "simulate.json"

    @property
    def next(self) -> Path:
        """What to code next, the most useful first; ``comb next``."""
        return self.processed / "next.csv"

    @property
    def next_transcripts(self) -> Path:
        """Which whole transcripts to code next."""
        return self.processed / "next-transcripts.csv"

    @property
    def memory(self) -> Path:
        """What the model suggested when ``comb next`` last ran, to see whether the next one says the same."""
        return self.state / "next.json"

    @property
    def history(self) -> Path:
        """A file for each run of the evaluation; not a DVC output, so it outlives every run."""
        return self.state / "history"

    @property
    def audit_form(self) -> Path:
        """The same segments with their words, as a codings table to be filled in."""
        return self.processed / "audit-form.csv"

    @property
    def audit(self) -> Path:
        """Segments to be coded blind; ``comb audit``."""
        return self.processed / "audit.csv"

    @property
    def audit_result(self) -> Path:
        """What the blind audit was drawn from and what it found."""
        return self.processed / "audit.json"

    @property
    def privacy(self) -> Path:
        """The page for an ethics board; ``comb doctor --privacy``."""
        return self.processed / "privacy.html"

    @property
    def metrics(self) -> Path:
        """Metrics files."""
        return self.processed / "metrics"

    @property
    def plots(self) -> Path:
        """Tables that ``dvc plots`` draws."""
        return self.processed / "plots"
