"""Positions as programs count them are found again, in one rule for each text."""

from itertools import pairwise
from pathlib import Path

import pytest

from comb.exchange.project import Project, Setting
from comb.exchange.refi_qda.offsets import RULES, Placed, Rule, Text, place, score_rules
from comb.exchange.refi_qda.read import read_qdpx
from tests.exchange.refi_files import coded, selection

TEXT = (
    "INT: What did you pay?\n\nP1: Well \U0001f600\U0001f600, it’s about £40 a week.\nI can’t afford that.\n\n"
    "INT: And naïve e\u0301tudes?\n\nP1: No. \U0001f9d1\U0001f3fd‍\U0001f680 is what I’d say, honestly.\n"
)
QUOTES = ("about £40 a week", "I can’t afford that.", "naïve e\u0301tudes", "No.", "what I’d say", "honestly", "INT")
WAYS = {
    "code points, as in the file": (lambda text: len(text), False),
    "UTF-16 units": (lambda text: len(text.encode("utf-16-le")) // 2, False),
    "UTF-8 bytes": (lambda text: len(text.encode()), False),
    "code points, line ends as one": (lambda text: len(text.replace("\r\n", "\n")), False),
    "UTF-16 units, line ends as one": (lambda text: len(text.replace("\r\n", "\n").encode("utf-16-le")) // 2, False),
    "code points, end included": (lambda text: len(text), True),
}


def read(path: Path) -> Project:
    return read_qdpx(path, Setting())


def quotes(project: Project) -> list[str]:
    return [coding.quote for coding in project.codings]


@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"], ids=["", "BOM"])
@pytest.mark.parametrize("ends", ["\n", "\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize("way", WAYS)
def test_every_way_of_counting_is_recognised(tmp_path: Path, way: str, ends: str, bom: bytes) -> None:
    count, inclusive = WAYS[way]
    raw = TEXT.replace("\n", ends)
    places = [(raw.index(quote.replace("\n", ends)), quote) for quote in QUOTES]
    selections = [
        selection(count(raw[:at]), count(raw[: at + len(quote)]) - inclusive, n) for n, (at, quote) in enumerate(places)
    ]
    project = read(coded(tmp_path / "x.qdpx", bom + raw.encode(), *selections))
    assert sorted(quotes(project)) == sorted(QUOTES)
    assert project.transcripts["P01"].text == TEXT
    standard = way == "code points, as in the file" or ("line ends as one" in way and ends == "\n" and "16" not in way)
    assert any("realigned" in warning for warning in project.warnings) == (not standard)


def test_line_ends_counted_as_two_though_the_file_has_one(tmp_path: Path) -> None:
    count = lambda text: len(text.replace("\n", "\r\n"))  # noqa: E731
    places = [(TEXT.index(quote), quote) for quote in QUOTES]
    selections = [selection(count(TEXT[:at]), count(TEXT[: at + len(q)]), n) for n, (at, q) in enumerate(places)]
    assert sorted(quotes(read(coded(tmp_path / "x.qdpx", TEXT.encode(), *selections)))) == sorted(QUOTES)


def test_byte_order_mark_that_is_counted(tmp_path: Path) -> None:
    selections = [selection(TEXT.index(q) + 1, TEXT.index(q) + len(q) + 1, n) for n, q in enumerate(QUOTES)]
    project = read(coded(tmp_path / "x.qdpx", b"\xef\xbb\xbf" + TEXT.encode(), *selections))
    assert sorted(quotes(project)) == sorted(QUOTES)
    assert "byte order mark counted" in " ".join(project.warnings)


def test_the_name_of_a_selection_decides_where_words_do_not(tmp_path: Path) -> None:
    text = "P1: \U0001f600 a b c d e f g h i j k l m n"
    at = text.index("c d e")
    project = read(coded(tmp_path / "x.qdpx", text.encode(), selection(at + 1, at + 6, name="c d e")))
    assert quotes(project) == ["c d e"]


def test_what_stays_ambiguous_is_listed_by_guid_and_counted_as_the_standard_says(tmp_path: Path) -> None:
    text = "P1: \U0001f600 he said 'no' !!!!!!"
    at = text.index("!!")
    project = read(coded(tmp_path / "x.qdpx", text.encode(), selection(at + 2, at + 4, 7)))
    assert [(c.start, c.end) for c in project.codings] == [(at + 2, at + 4)]
    (warning,) = project.warnings
    assert "selections that may be slightly misplaced: 1" in warning
    assert "55555555-5555-5555-5555-000000000007" in warning
    assert "!!" not in warning


def test_text_that_no_rule_can_change_raises_no_doubt(tmp_path: Path) -> None:
    assert read(coded(tmp_path / "x.qdpx", b"P1: one two three", selection(4, 7))).warnings == ()


def test_one_rule_for_the_project_where_a_text_has_too_little_to_tell() -> None:
    rich = Text("\U0001f600 " + "word other " * 20)
    units = [Placed(3 + 11 * n, 7 + 11 * n) for n in range(20)]
    judged = score_rules(rich, units)
    assert judged.choose(Rule()) == Rule("UTF-16 units")
    poor = score_rules(Text("\U0001f600 a b c d"), [Placed(3, 4)])
    assert poor.choose(Rule()) == Rule()
    assert poor.choose(Rule("UTF-16 units")) == Rule("UTF-16 units")


def test_selections_of_whole_lines_keep_the_standard() -> None:
    text = Text("one line\nand a second\nb c\n")
    assert score_rules(text, [Placed(0, 9), Placed(9, 22), Placed(22, 26)] * 3).choose(Rule()) == Rule()


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_every_rule_places_every_character(rule: Rule) -> None:
    text = Text("\ufeffa\r\né\U0001f600\nz\r", mark=True)
    counts = text.counts(rule)
    assert len(counts) == len(text.canonical) + 1
    placed = [Placed(int(a), int(b) - rule.inclusive) for a, b in pairwise(counts)]
    fit = place(text, placed, rule)
    if rule.inclusive:  # an end that is the last of two units lies inside a character
        assert [span[0] for span in fit.spans if span] == list(range(len(text.canonical)))
    else:
        assert fit.spans == [(n, n + 1) for n in range(len(text.canonical))]
        assert fit.moved == []
