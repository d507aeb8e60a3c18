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
        """The roles of speakers in each transcript, as a person confirmed them."""
        return self.data / "speakers.csv"

    @property
    def roles(self) -> StudyRoles:
        """Roles of speakers: patterns of the params, and rows of ``speakers.csv``, which a server may change."""
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
        """The folder that only comb reads and works in; not for people, and not a DVC output."""
        return self.root / STATE

    @property
    def waiting(self) -> Path:
        """The other rows of these tables, until they are imported."""
        return self.state / "waiting"

    @property
    def new(self) -> Path:
        """Transcripts for which ``dvc repro`` makes suggestions."""
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
        """Optional table of participants' attributes by transcript: ``transcript``, and a column for each attribute."""
        return self.data / "attributes.csv"

    @property
    def people(self) -> Path:
        """Who took part in which transcript, with attributes; ``participants.csv`` beside the transcripts."""
        return self.data / "participants.csv"

    @property
    def sheets(self) -> Path:
        """Texts that people write: summaries, belief statements, judgements; never overwritten unasked."""
        return self.data / "synthesis"

    @property
    def decisions(self) -> Path:
        """Coders' decisions on suggestions, as exported by the review page."""
        return self.data / "decisions.csv"

    @property
    def memos(self) -> Path:
        """Coders' memos on transcripts, codes and the study, as exported by the review page."""
        return self.data / "memos.csv"

    @property
    def private(self) -> Path:
        """Files that name people: the table of candidates and the key. Never committed or exported."""
        return self.root / "private"

    @property
    def candidates(self) -> Path:
        """Words that may identify somebody, with a person's decision on each."""
        return self.private / "candidates.csv"

    @property
    def searched(self) -> Path:
        """The files that were searched for candidates, with their digests at the time."""
        return self.private / "searched.json"

    @property
    def key(self) -> Path:
        """The original of each pseudonym, and where it stands."""
        return self.private / "key.csv"

    @property
    def pseudonymised(self) -> Path:
        """In a pseudonymised copy of a study: its files as they were written, and the pseudonyms in it."""
        return self.data / "pseudonymised.json"

    @property
    def review(self) -> Path:
        """The review page's database, unless the params name another; not a DVC output."""
        return self.state / "review.sqlite"

    @property
    def running(self) -> Path:
        """Servers of the review page that are running; only their own user can read this."""
        return self.state / "running"

    @property
    def search_index(self) -> Path:
        """The words of all transcripts, for the search of the review page; rebuilt whenever it is missing."""
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
        """Copies of codings files written by others, from before an export of the review page changed them."""
        return self.state / "replaced"

    @property
    def interim(self) -> Path:
        """Files that stages pass to one another."""
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
        """The cache of embeddings; not a DVC output, so it outlives every run."""
        return self.state / "embeddings.sqlite"

    @property
    def readings(self) -> Path:
        """What reading ``raw`` gave, a file for each transcript; not a DVC output, so it outlives every run."""
        return self.state / "readings"

    @property
    def prompt(self) -> Path:
        """The prompt for language models."""
        return self.root / "configs" / "llm-prompt.txt"

    @property
    def llm(self) -> Path:
        """Codings of language models: a folder for each model."""
        return self.processed / "llm"

    @property
    def llm_cache(self) -> Path:
        """The cache of language models' replies; not a DVC output, so it outlives every run."""
        return self.root / ".comb" / "llm.sqlite"

    @property
    def tuned(self) -> Path:
        """The fine-tuned model, if there is one."""
        return self.root / "models" / "tuned"

    @property
    def tuning(self) -> Path:
        """State of a fine-tuning in progress, and the encoders of folds."""
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
        """The model card: what the model was trained on, and how well it does."""
        return self.root / "models" / "card.md"

    @property
    def processed(self) -> Path:
        """Results for the researcher."""
        return self.root / "data" / "processed"

    @property
    def suggestions(self) -> Path:
        """Suggestions, one file per transcript and format."""
        return self.processed / "suggestions"

    @property
    def reviewed(self) -> Path:
        """Exported codings of transcripts in ``new``, which training does not read; a file per coder."""
        return self.processed / "reviewed"

    @property
    def without_place(self) -> Path:
        """Codings of the review page whose words are no longer in the transcript."""
        return self.processed / "without-place.csv"

    @property
    def synthesis(self) -> Path:
        """Tables, pictures and the report made from the codings."""
        return self.processed / "synthesis"

    @property
    def downloads(self) -> Path:
        """Files that the workspace made for download: comparisons of coders, files for other software."""
        return self.processed / "downloads"

    @property
    def agreement(self) -> Path:
        """Agreement of the coders, as measured by ``dvc repro``."""
        return self.processed / "agreement.json"

    @property
    def heldout(self) -> Path:
        """Held-out predictions of the cross-validated models, as codings."""
        return self.processed / "heldout.csv"

    @property
    def scores(self) -> Path:
        """Held-out scores of the cross-validated models, segment by segment."""
        return self.processed / "scores.csv"

    @property
    def curve(self) -> Path:
        """Quality against number of coded transcripts; ``comb curve``."""
        return self.processed / "curve.json"

    @property
    def simulation(self) -> Path:
        """How many coded segments each order of coding would have needed; ``comb simulate``."""
        return self.processed / "simulate.json"

    @property
    def next(self) -> Path:
        """Segments to code next, the most useful first; ``comb next``."""
        return self.processed / "next.csv"

    @property
    def next_transcripts(self) -> Path:
        """Whole transcripts to code next."""
        return self.processed / "next-transcripts.csv"

    @property
    def memory(self) -> Path:
        """Suggestions of the model when ``comb next`` last ran, to be compared with those of the next model."""
        return self.state / "next.json"

    @property
    def history(self) -> Path:
        """A file for each run of the evaluation; not a DVC output, so it outlives every run."""
        return self.state / "history"

    @property
    def audit_form(self) -> Path:
        """The form for the blind audit: its segments with their words, as a codings table to fill in."""
        return self.processed / "audit-form.csv"

    @property
    def audit(self) -> Path:
        """Segments to be coded blind; ``comb audit``."""
        return self.processed / "audit.csv"

    @property
    def audit_result(self) -> Path:
        """Result of the blind audit, and what it was drawn from."""
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
