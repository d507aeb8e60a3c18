"""Any study goes out in each format and comes home: into an empty study the same, into its own study nothing at all."""

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from comb.codings.codings_csv import write_codings
from comb.exchange.from_study import gather_project
from comb.exchange.incoming import own_codings
from comb.records import VALENCES, Coding
from comb.stages.export import export
from comb.stages.importing import import_files
from comb.stages.listener import Listener
from comb.study.layout import Study
from tests.cli.test_study_cli import contents
from tests.exchange.qualcoder_files import through_qualcoder
from tests.exchange.test_exchange_roundtrip import LOSE_MEMOS, ROUTES, said

SPOKEN = st.lists(
    st.sampled_from(["I", "don’t", "know", "😀", "café", "&", "<b>", "a.b", "e\u0301t", "ok."]), min_size=1, max_size=6
)
CASES = [*((*route, "") for route in ROUTES), ("qdpx", ".qdpx", "QualCoder"), ("qualcoder", ".qdpx", "QualCoder")]
CODES = ("knowledge", "goals", "motivation", "physical_capability", "off_target")
MEMOS = st.sampled_from(["", "why?", "two\nlines", "valence: both", "coding: goals | Ann", '"quoted" | bar', "memo: x"])
CODERS = st.sampled_from(["Ann", "Ben C.", "Zoë | Q", "comber"])


@st.composite
def studies(draw: st.DrawFn) -> tuple[dict[str, str], list[Coding]]:
    """Draw the texts of a study, and its codings."""
    texts, codings = {}, {}
    for name in draw(st.lists(st.sampled_from(["P1", "Ward 3", "müller"]), min_size=1, max_size=2, unique=True)):
        lines = draw(st.lists(SPOKEN, min_size=1, max_size=4))
        # What makes each text unlike the others: formats without names of texts know them by their words.
        texts[name] = "".join(f"P1: {' '.join(words)}\n" for words in [[name], *lines])
        for _ in range(draw(st.integers(0, 5))):
            words = [at for at, char in enumerate(texts[name]) if not char.isspace()]
            start = draw(st.sampled_from(words))
            end = draw(st.sampled_from([at for at in words if at >= start])) + 1
            code, coder = draw(st.sampled_from(CODES)), draw(CODERS)
            valence, memo = draw(st.sampled_from(VALENCES)), draw(MEMOS)
            quote = texts[name][start:end]
            codings[name, start, end, code, coder] = Coding(name, start, end, quote, code, valence, coder, memo)
    return texts, list(codings.values())


@pytest.mark.parametrize(("name", "suffix", "program"), CASES)
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(drawn=studies(), as_codes=st.booleans())
def test_any_study_through_each_format(
    study: Study, name: str, suffix: str, program: str, drawn: tuple[dict[str, str], list[Coding]], as_codes: bool
) -> None:
    texts, codings = drawn
    with tempfile.TemporaryDirectory() as folder:
        own, other = (Study(Path(shutil.copytree(study.root, Path(folder) / one))) for one in ("own", "other"))
        for key, text in texts.items():
            (own.raw / f"{key}.txt").write_text(text, encoding="utf-8")
        write_codings(own.codings / "all.csv", codings)
        out = Path(folder) / f"out{suffix}"
        export(own, name, out, Listener(), valence_codes=as_codes)
        if program == "QualCoder":
            out = through_qualcoder(out, Path(folder) / "out.qda")
        before = contents(own.root)
        import_files(Study(own.root), [out], Listener())
        assert contents(own.root) == before
        import_files(other, [out], Listener())
        found = Study(other.root)
        lost = {"memo": ""} if name in LOSE_MEMOS else {}
        assert said([replace(one, **lost) for one in own_codings(found)]) == said(
            [replace(one, **lost) for one in own_codings(own)]
        )
        assert found.codebook == own.codebook
        assert {key: t.text for key, t in gather_project(found).transcripts.items()} == texts
