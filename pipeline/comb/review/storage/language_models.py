"""Codings of language models, shown on the page as read-only codings of other coders."""

from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import Any

from comb.codings.codings_csv import read_codings_file
from comb.errors import CombError
from comb.records import Coding, Transcript, spoken
from comb.study.codebook_history import aliases
from comb.study.layout import Study


class LanguageModels:
    """The codings of all language models by transcript, reloaded when ``comb llm code`` has rewritten them."""

    def __init__(self, study: Study) -> None:
        self.study = study
        self._stamps: tuple[tuple[Path, int], ...] = ()
        self._found: dict[str, list[dict[str, Any]]] = {}

    def of(self, transcript: Transcript, transcripts: dict[str, Transcript]) -> list[dict[str, Any]]:
        """Return the codings of a transcript, without those made on another text."""
        self._refresh(transcripts)
        return self._found.get(transcript.id, [])

    def names(self, transcripts: dict[str, Transcript]) -> dict[str, list[str]]:
        """Return the language models that coded each transcript, sorted."""
        self._refresh(transcripts)
        return {name: sorted({coding["coder"] for coding in found}) for name, found in self._found.items()}

    def _refresh(self, transcripts: dict[str, Transcript]) -> None:
        stamps = tuple((path, path.stat().st_mtime_ns) for path in sorted(self.study.llm.glob("*/*.csv")))
        if stamps != self._stamps:
            self._found, self._stamps = self._read(transcripts), stamps

    def _read(self, transcripts: dict[str, Transcript]) -> dict[str, list[dict[str, Any]]]:
        found: dict[str, list[dict[str, Any]]] = defaultdict(list)
        now = aliases(self.study)
        for path in sorted(self.study.llm.glob("*/*.csv")):
            if path.name not in ("codings.csv", "new.csv"):
                continue
            try:
                codings, _ = read_codings_file(path, transcripts)
            except CombError:
                continue
            for coding in codings:
                if coding.code and _fits(coding, transcripts[coding.transcript]):
                    found[coding.transcript].append(_shown(replace(coding, code=now.get(coding.code, coding.code))))
        return found


def _fits(coding: Coding, transcript: Transcript) -> bool:
    return spoken(transcript.text, coding.start, coding.end, transcript.cuts) == coding.quote


def _shown(coding: Coding) -> dict[str, Any]:
    return {
        "id": f"{coding.coder}:{coding.start}-{coding.end}:{coding.code}",
        "start": coding.start,
        "end": coding.end,
        "code": coding.code,
        "valence": coding.valence,
        "coder": coding.coder,
        "memo": coding.memo,
        "origin": coding.origin,
        "score": coding.score,
        "model": coding.model,
        "at": coding.created_at,
    }
