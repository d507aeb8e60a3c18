"""Bring a project's codebook into a study: it replaces an unused template, and is merged with any other codebook."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from comb.codebook import Codebook, codebook_yaml, parse_codebook, read_yaml
from comb.codings.codings_csv import NOT_CODINGS
from comb.codings.problems import counted
from comb.errors import BadParamsError
from comb.exchange.codebook_merge import MergedCodebook, merge_codebooks
from comb.exchange.codebook_text import codebook_with_added
from comb.exchange.incoming import some
from comb.study.files import visible
from comb.study.layout import Study


@dataclass(frozen=True)
class PlacedCodebook:
    """The result of bringing a project's codebook into a study."""

    text: str | None = None
    """The new ``configs/codebook.yaml``; None if it does not change."""
    ids: Mapping[str, str] = field(default_factory=dict)
    """The study's id of a code, by the project's id, if the two may differ."""
    told: tuple[str, ...] = ()
    beside: str = ""
    """The project's codebook alone, for a study whose codebook is the unchanged template."""


def place_codebook(book: Codebook, study: Study, template: Codebook) -> PlacedCodebook:
    """Combine a project's codebook with the study's; ``template`` is the one that ``comb init`` writes."""
    path = study.root / "configs" / "codebook.yaml"
    own = parse_codebook(read_yaml(path), path.name) if path.exists() else None
    if own == book:
        return PlacedCodebook()
    if own is None or (own == template and not _refers(study, book)):
        told = f"configs/codebook.yaml now contains the {counted(len(book.codes), 'code')} of the project."
        return PlacedCodebook(codebook_yaml(book), told=(told,))
    merged = merge_codebooks(own, book)
    told_all = _told(book, merged)
    beside = codebook_yaml(book) if own == template and merged.added else ""
    if not merged.added:
        return PlacedCodebook(ids=merged.ids, told=tuple(told_all))
    text, kept = codebook_with_added(path.read_text(encoding="utf-8-sig"), merged)
    if not kept:
        told_all.append("configs/codebook.yaml was rewritten without its comments.")
    return PlacedCodebook(text, merged.ids, tuple(told_all), beside)


def _refers(study: Study, book: Codebook) -> bool:
    """Whether something in the study refers to codes or levels that it would lose with its own codebook."""
    params = study.params
    try:
        for level in (params.train.level, params.agreement.level):
            book.level_index(level)
    except BadParamsError:
        return True
    coded = any(path.name not in NOT_CODINGS for path in visible(study.codings, "*.csv"))
    return coded or any(path.exists() for path in (study.decisions, study.head, study.review))


def _told(book: Codebook, merged: MergedCodebook) -> list[str]:
    same = len(book.codes) - len(merged.added)
    are = "is" if same == 1 else "are"
    told = [f"your codebook stays as it is; {same} of the project's {counted(len(book.codes), 'code')} {are} in it."]
    other = [f"{book.codes[one].name} is {own}" for one, own in merged.ids.items() if one != own not in merged.added]
    if other:
        told.append(f"codes matched by name: {some(other)}.")
    if merged.added:
        places = (f"{name} (below {parent})" if parent else name for name, parent in merged.under.items())
        were = "was" if len(merged.added) == 1 else "were"
        told.append(f"{counted(len(merged.added), 'code')} {were} added to configs/codebook.yaml: {some(places)}.")
    if merged.moved:
        told.append(f"added one level higher, so that your levels stay: {some(merged.moved)}.")
    return told
