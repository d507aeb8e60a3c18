"""Effects of a change of the codebook on the trained model, and on the level at which it is trained."""

from collections.abc import Iterator, Mapping
from contextlib import suppress

from comb.codebook import Codebook
from comb.errors import CombError
from comb.study.files import read_json
from comb.study.layout import Study

AGAIN = "until the model is trained again (Train, or: dvc repro)"


def effects(study: Study, before: Codebook, after: Codebook, mapped: Mapping[str, str]) -> list[str]:
    """Return the effects of a change on the model and its suggestions; an empty list if there are none."""
    return [
        *_of_model(study, before, after, mapped),
        *_of_level(study, before, after, mapped),
        *_of_words(before, after),
    ]


def _of_model(study: Study, before: Codebook, after: Codebook, mapped: Mapping[str, str]) -> Iterator[str]:
    trained = trained_codes(study)
    if not trained:
        return
    for old, new in mapped.items():
        if old in trained and not new:
            yield f"The model still knows {old}; its suggestions for it are no longer shown."
        elif old in trained and new in before:
            yield f"The model does not know that {old} is {new} now: its suggestions for {old} count as {new} {AGAIN}."
        elif old in trained:
            yield f"Suggestions for {old} are shown as {new} {AGAIN}."
    for new in after.codes:
        if new not in before and new not in mapped.values():
            yield f"The model does not know {new} yet: code passages with it, and train again."


def _of_level(study: Study, before: Codebook, after: Codebook, mapped: Mapping[str, str]) -> Iterator[str]:
    level = study.params.train.level
    with suppress(CombError):
        for code in before.codes:
            now = mapped.get(code, code)
            old = before.at_level(code, level)
            new = after.at_level(now, level) if now in after else None
            if now in after and new != (mapped.get(old, old) if old else old):
                where = f"At the trained level ({level or after.levels[-1]})"
                counts = (
                    f"count for {new} instead of {old or 'no single code'}" if new else f"no longer count for {old}"
                )
                yield f"{where}, codings of {code} {counts}. Train again."


def _of_words(before: Codebook, after: Codebook) -> Iterator[str]:
    if any(code in before and _said(before, code) != _said(after, code) for code in after.codes):
        yield "The trained model does not read definitions. A language model that codes reads them at its next run."


def _said(book: Codebook, code: str) -> tuple[str, ...]:
    found = book.codes[code]
    return found.definition, found.include, found.exclude


def trained_codes(study: Study) -> list[str]:
    """Return the codes that the trained model knows; none without a model."""
    from comb.errors import BadInputError, NotReadyError

    path = study.head / "head.json"
    with suppress(BadInputError, NotReadyError, KeyError, TypeError, OSError):
        return [str(code) for code in read_json(path)["codes"]] if path.exists() else []
    return []
