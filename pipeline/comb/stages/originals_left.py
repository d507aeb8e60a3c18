"""List files of a study that still contain the words replaced in its pseudonymised copy, and what to do with each."""

from collections.abc import Iterator
from pathlib import Path

from comb.study.layout import Study


def originals_left(study: Study) -> list[tuple[str, str]]:
    """Return the existing places, by their paths in the study, each with what to do."""
    return [(path.relative_to(study.root).as_posix(), what) for path, what in _places(study) if _holds(path)]


def _holds(path: Path) -> bool:
    return path.is_file() or (path.is_dir() and any(path.iterdir()))


def _places(study: Study) -> Iterator[tuple[Path, str]]:
    """Yield where words of participants lie. SECURITY.md lists the same places."""
    root = study.root
    archive = "the originals: keep them as your ethics approval says, encrypted, and delete them when it says so"
    yield from ((folder, archive) for folder in (study.raw, study.new))
    yield (
        study.private,
        "the key and the table: keep apart from the copy, encrypted; without the key nothing can be put back",
    )
    with_quotes = "quotes and memos of the originals: the copy has its own; treat as the originals"
    yield from ((folder, with_quotes) for folder in (study.codings, study.reference, study.sheets))
    tables = "may name people: the copy has its own; treat as the originals"
    yield from ((path, tables) for path in (study.people, study.attributes, study.speakers, study.decisions))
    yield (
        study.review,
        "memos, and the history of all that was coded; delete it once all is exported (comb review --export)",
    )
    yield from ((folder, "copies of codings, with quotes: delete") for folder in (study.replaced, study.waiting))
    yield study.to_correct, "rows of codings, with quotes: import or delete"
    yield study.readings, "transcripts as they were read: delete; it only saves time"
    yield study.search_index, "the words of all transcripts, for the search of the review page: delete"
    yield study.llm_cache, "replies of a language model, which may quote: delete"
    yield study.cache, "embeddings under fingerprints of sentences: delete"
    yield study.tuning, "a language model that learned from the originals: delete"
    made = "made from the originals: delete, and run dvc repro in the copy"
    yield from ((path, made) for path in (study.interim, study.processed, study.head, study.tuned))
    yield (
        root / ".dvc" / "cache",
        "every earlier version of what stages made: delete, or run dvc gc --workspace --force",
    )
    yield (
        root / ".git",
        "configs and dvc.lock of earlier commits, which contain speakers' names under study.roles: do not share it",
    )
