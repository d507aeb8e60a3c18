"""Codings CSV: every quote is verified against its transcript, and no message repeats a participant's words."""

import tempfile
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comb.codings.codings_csv import (
    read_codings,
    read_codings_file,
    read_decisions,
    read_participants,
    write_codings,
    write_decisions,
)
from comb.codings.folded_text import fold
from comb.codings.quote_finder import QuoteFinder
from comb.errors import BadInputError
from comb.records import Coding, Decision, Transcript

TEXT = (
    "INT: Why?\nP: I don’t know — I\u00a0left. I left early, café “no” 😀 said… and so on. We went, we went, we went."
)
TRANSCRIPTS = {"p 1": Transcript("p 1", TEXT, ()), "Zoë": Transcript("Zoë", "P: Yes.", ())}
HEADER = "transcript,start,end,quote,code,valence,coder"


def locate(quote: str, text: str) -> list[tuple[int, int]]:
    return [place.spans[0] for place in QuoteFinder(text).places(quote)]


def read(folder: Path, *rows: str, header: str = HEADER) -> tuple[list[Coding], list[str]]:
    path = folder / "codes.csv"
    path.write_text("\n".join((header, *rows)) + "\n", encoding="utf-8")
    return read_codings_file(path, TRANSCRIPTS)


def refused(folder: Path, *rows: str, header: str = HEADER) -> str:
    with pytest.raises(BadInputError) as caught:
        read(folder, *rows, header=header)
    return str(caught.value)


def at(quote: str) -> tuple[int, int]:
    return TEXT.index(quote), TEXT.index(quote) + len(quote)


def test_quote_at_its_offsets_is_read_as_it_is(tmp_path: Path) -> None:
    start, end = at("I left early")
    codings, warnings = read(tmp_path, f"p 1,{start},{end},I left early,goals,Barrier,A")
    assert codings == [Coding("p 1", start, end, "I left early", "goals", "barrier", "A")]
    assert warnings == []


def test_wrong_offsets_are_repaired_and_said(tmp_path: Path) -> None:
    start, end = at("I left early")
    codings, (warning,) = read(tmp_path, f"p 1,{start - 3},{end - 3},I left early,goals,,A")
    assert (codings[0].start, codings[0].end) == (start, end)
    assert warning.startswith("codes.csv, row 2: ")
    assert str(start) in warning
    assert "early" not in warning


@pytest.mark.parametrize("offsets", ["9000,9012", "-4,2", "12,5", "0,0"])
def test_offsets_outside_the_transcript_are_repaired(tmp_path: Path, offsets: str) -> None:
    ((coding,), warnings) = read(tmp_path, f"p 1,{offsets},I left early,goals,,A")
    assert (coding.start, coding.end) == at("I left early")
    assert len(warnings) == 1


def test_quote_alone_is_placed_without_warning(tmp_path: Path) -> None:
    ((coding,), warnings) = read(tmp_path, "p 1,I left early,goals,A", header="transcript,quote,code,coder")
    assert (coding.start, coding.end, coding.valence) == (*at("I left early"), "")
    assert warnings == []


def test_offsets_alone_give_the_quote(tmp_path: Path) -> None:
    start, end = at("I left early")
    ((coding,), _) = read(tmp_path, f"p 1,{start}.0,{end},,goals,,A")  # spreadsheets write 12.0
    assert coding.quote == "I left early"


@pytest.mark.parametrize(
    ("quote", "found"),
    [
        ("I don't know", "I don’t know"),
        ('"no"', "“no”"),
        ("know - I left.", "know — I\u00a0left."),
        ("said... and", "said… and"),
        ("so   on.  We", "so on. We"),
        ("Why? P:", "Why?\nP:"),
    ],
)
def test_quote_as_word_processors_change_it_is_found(tmp_path: Path, quote: str, found: str) -> None:
    ((coding,), warnings) = read(tmp_path, f'p 1,,,"{quote.replace(chr(34), chr(34) * 2)}",goals,,A')
    assert (coding.start, coding.end, coding.quote) == (*at(found), found)  # the transcript's own words, not the cell's
    assert warnings == []


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("p 1,,,I never left,goals,,A", "the quote (12 characters) occurs nowhere in transcript 'p 1'"),
        ("p 1,0,4,I never left,goals,,A", "the quote (12 characters) occurs nowhere in transcript 'p 1'"),
        ("p 1,,,we went,goals,,A", "the quote (7 characters) occurs 2 times in transcript 'p 1'"),
        ("p 1,,,,goals,,A", "neither a quote nor a usable start and end"),
        ("p 1,5,5,,goals,,A", "neither a quote nor a usable start and end"),
        ("p 9,,,I left early,goals,,A", "there is no transcript 'p 9'; did you mean p 1? Put it in the raw folder"),
        ("p 1,,,I left early,goals,,", "no coder"),
        ("p 1,,,I left early,goals,perhaps,A", "unknown valence 'perhaps': use barrier, facilitator, both"),
        ("p 1,1,2,,goals,,A,high", "more cells than columns"),
    ],
)
def test_row_that_cannot_be_placed_names_file_and_row_and_no_words(tmp_path: Path, row: str, said: str) -> None:
    message = refused(tmp_path, "p 1,,,I left early,goals,,A", row)
    assert message.startswith(f"codes.csv, row 3: {said}")
    for word in ("never", "went", "early"):
        assert word not in message


def test_unknown_transcript_lists_what_there_is(tmp_path: Path) -> None:
    assert "The transcripts are: Zoë, p 1." in refused(tmp_path, "p 9,,,x,goals,,A")


def test_score_that_is_no_number_is_refused(tmp_path: Path) -> None:
    message = refused(tmp_path, "p 1,,,I left early,goals,,A,high", header=HEADER + ",score")
    assert message.startswith("codes.csv, row 2: ")


def test_long_quotes_are_read(tmp_path: Path) -> None:
    words = "word " * 20_000
    path = tmp_path / "codes.csv"
    write_codings(path, [Coding("t", 0, len(words), words, "goals", "", "A")])
    ((coding,), _) = read_codings_file(path, {"t": Transcript("t", words, ())})
    assert coding.quote == words


def test_whole_transcripts_can_be_quoted(tmp_path: Path) -> None:
    words = "word " * 30_000
    path = tmp_path / "codes.csv"
    write_codings(path, [Coding("t", 0, len(words), words, "goals", "", "A")])
    assert len(read_codings_file(path, {"t": Transcript("t", words, ())})[0]) == 1


def test_empty_code_says_read_and_nothing_coded(tmp_path: Path) -> None:
    ((coding,), _) = read(tmp_path, "p 1,,,I left early, ,n/a,A")
    assert (coding.code, coding.valence) == ("", "")


def test_names_match_in_either_unicode_form(tmp_path: Path) -> None:
    ((coding,), _) = read(tmp_path, f"{unicodedata.normalize('NFD', 'Zoë')} ,,,Yes., goals ,, A ")
    assert (coding.transcript, coding.code, coding.coder) == ("Zoë", "goals", "A")


# ---- finding quotes


def test_every_place_of_a_quote_is_found_though_they_overlap() -> None:
    assert locate("aba", "ababa") == [(0, 3), (2, 5)]
    assert locate("(a.b)", "(a.b) (axb)") == [(0, 5)]
    assert locate("😀 b", "a😀 b") == [(1, 4)]


def test_overlapping_places_count_also_where_spaces_differ() -> None:
    assert len(locate("x y x", "x  y  x  y  x")) == 2


lookalike_text = st.text(st.sampled_from("ab \n\u00a0'’‘\"“”-–—….é😀"), min_size=1, max_size=40)


@given(lookalike_text, st.data())
@settings(max_examples=100, deadline=None)
def test_a_span_is_among_the_places_of_its_own_words_however_typed(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    quote = text[start:end]
    places = locate(quote, text)
    assert (start, end) in places or len(places) == 1  # the only place where these are whole words
    typed = quote.translate(str.maketrans("’‘“”–—\n\u00a0", "''\"\"--  ")).replace("…", "...")
    for low, high in locate(typed, text):
        assert fold(text[low:high]) == fold(typed)


# ---- round trip

# What a transcript can hold: canonical text has no carriage return.
speech = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"), min_size=1, max_size=60)
words = st.one_of(speech, st.text(st.sampled_from("a,;\"\n'“ e\u0301😀👩‍⚕️\t="), min_size=1, max_size=30))
name = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=8).map(str.strip).filter(bool)


coder_name = st.sampled_from(["A", "Ann Lee", "é", "=B", "9", "a;b", "comb"])


@st.composite
def coded(draw: st.DrawFn) -> tuple[Transcript, list[Coding]]:
    text = draw(words)
    codings = []
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(text) - 1))
        end = draw(st.integers(start + 1, len(text)))
        code, coder, memo = draw(st.one_of(st.just(""), name)), draw(coder_name), draw(st.one_of(st.just(""), words))
        valence = draw(st.sampled_from(["barrier", "facilitator", "both", ""]))
        score, unsure = draw(st.none() | st.floats(0, 1)), draw(st.sampled_from(["", "yes"]))
        codings.append(Coding("t", start, end, text[start:end], code, valence, coder, memo, score=score, unsure=unsure))
    return Transcript("t", text, ()), codings


def through_file(transcript: Transcript, codings: list[Coding]) -> tuple[list[Coding], list[str]]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "codes.csv"
        write_codings(path, codings)
        return read_codings_file(path, {"t": transcript})


@given(coded())
@settings(max_examples=100, deadline=None)
def test_codings_survive_being_written_and_read(case: tuple[Transcript, list[Coding]]) -> None:
    transcript, codings = case
    found, notes = through_file(transcript, codings)
    assert (found, notes) == (codings, [])
    assert [coding.unsure for coding in found] == [coding.unsure for coding in codings]


def test_carriage_return_in_a_memo_does_not_break_the_file() -> None:
    ((coding,), _) = through_file(Transcript("t", "words", ()), [Coding("t", 0, 5, "words", "c", "", "A", "one\rtwo")])
    assert coding.memo.split() == ["one", "two"]


def test_unsure_is_a_column_only_where_it_says_something(tmp_path: Path) -> None:
    sure, unsure = Coding("t", 0, 5, "words", "c", "", "A"), Coding("t", 0, 5, "words", "d", "", "A", unsure="yes")
    headers = []
    for codings in ([sure], [sure, unsure]):
        write_codings(tmp_path / "a.csv", codings)
        headers.append((tmp_path / "a.csv").read_text(encoding="utf-8-sig").splitlines()[0].split(","))
    assert ["unsure" in header for header in headers] == [False, True]


def test_unsure_is_read_in_other_words_and_a_remark_is_said(tmp_path: Path) -> None:
    rows = (f"p 1,,,I left early,goals,,A,{cell}" for cell in ("yes", "", "no"))
    codings, warnings = read(tmp_path, *rows, header=f"{HEADER},unsure")
    assert ([coding.unsure for coding in codings], warnings) == (["yes", "", ""], [])
    ((coding,), (warning,)) = read(tmp_path, "p 1,,,I left early,goals,,A,a bit", header=f"{HEADER},unsure")
    assert coding.unsure == "yes"
    assert "column unsure: a remark, read as yes" in warning
    assert "a bit" not in warning


# ---- the folder


def test_folder_of_codings(tmp_path: Path) -> None:
    start, end = at("I left early")
    same = f"p 1,{start},{end},I left early,goals,,A"
    (tmp_path / "a.csv").write_text(f"{HEADER}\n{same}\n{same}\n", encoding="utf-8")
    (tmp_path / "b.csv").write_text(
        f"{HEADER}\n{same}\n{same[:-1]}B\np 1,1,2,I left early,emotion,,B\n", encoding="utf-8"
    )
    for ignored in ("participants.csv", ".~lock.a.csv", "notes.txt"):
        (tmp_path / ignored).write_text("x\n", encoding="utf-8")
    found = read_codings(tmp_path, TRANSCRIPTS)
    assert [(c.code, c.coder) for c in found.codings] == [("goals", "A"), ("goals", "B"), ("emotion", "B")]
    assert len(found.warnings) == 1
    assert found.coverage is None


def test_coverage_says_who_read_what(tmp_path: Path) -> None:
    zoe = unicodedata.normalize("NFD", "Zoë")
    (tmp_path / "coverage.csv").write_text(f"\ufefftranscript;coder\np 1;A\n{zoe}; B\n", encoding="utf-8")
    assert read_codings(tmp_path, TRANSCRIPTS).coverage == {("p 1", "A"), ("Zoë", "B")}
    (tmp_path / "coverage.csv").write_text("transcript,who\np 1,A\n", encoding="utf-8")
    with pytest.raises(BadInputError, match=r"coverage\.csv: column 'coder' is missing"):
        read_codings(tmp_path, TRANSCRIPTS)


def test_misspelt_transcript_in_coverage_is_refused(tmp_path: Path) -> None:
    (tmp_path / "coverage.csv").write_text("transcript,coder\nq1,A\n", encoding="utf-8")
    with pytest.raises(BadInputError, match="row 2: column transcript: there is no such transcript") as caught:
        read_codings(tmp_path, TRANSCRIPTS)
    assert "q1" not in str(caught.value), "the cell may be what somebody said"


def test_participants_join_transcripts_directly_or_through_others(tmp_path: Path) -> None:
    path = tmp_path / "participants.csv"
    names = ["t1", "t2", "t3", "t4", "t5"]
    assert read_participants([path], names) == {name: name for name in names}
    path.write_text("transcript,participant\nt3,Ann\nt1,Bob\n t5 ,Ann\nt1,Ann\nt2,Cy\ngone,Cy\n", encoding="utf-8")
    groups = read_participants([path], names)
    assert groups["t1"] == groups["t3"] == groups["t5"]
    people = tmp_path / "people.csv"
    people.write_text("participant,transcript,group\nBob,t4,x\n", encoding="utf-8")
    assert read_participants([path, people], names)["t4"] == groups["t1"]
    assert len({groups["t1"], groups["t2"], groups["t4"]}) == 3


@given(st.lists(st.tuples(st.sampled_from("12345"), st.sampled_from("ABC")), max_size=8), st.randoms())
@settings(max_examples=40, deadline=None)
def test_groups_do_not_depend_on_the_order_of_rows(pairs: list[tuple[str, str]], random) -> None:
    def groups(rows: list[tuple[str, str]]) -> set[frozenset[str]]:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "participants.csv"
            path.write_text("transcript,participant\n" + "".join(f"{t},{p}\n" for t, p in rows), encoding="utf-8")
            found = read_participants([path], list("12345"))
        return {frozenset(t for t in found if found[t] == name) for name in found.values()}

    shuffled = random.sample(pairs, len(pairs))
    assert groups(pairs) == groups(shuffled)
    for t, p in pairs:
        assert any({t, *(other for other, person in pairs if person == p)} <= group for group in groups(pairs))


def test_decisions_survive_a_round_trip(tmp_path: Path) -> None:
    made = [
        Decision("a", 0, 9, "goals", "barrier", 0.71, 0.4, "m1", "changed", "Ann", "2026-11-23T10:00:00Z", 'why, "so"'),
        Decision("b é", 4, 5, "memory", "", 0.5, 0.5, "m1", "rejected", "Ann", "2026-11-23T10:00:01Z"),
    ]
    write_decisions(tmp_path / "decisions.csv", made)
    assert read_decisions(tmp_path / "decisions.csv") == made
    assert read_decisions(tmp_path / "none.csv") == []


def test_an_unknown_verdict_is_named_with_its_row(tmp_path: Path) -> None:
    write_decisions(tmp_path / "d.csv", [Decision("a", 0, 9, "goals", "", 0.7, 0.4, "m1", "perhaps", "A", "2026")])
    with pytest.raises(BadInputError, match="d.csv, row 2: unknown verdict"):
        read_decisions(tmp_path / "d.csv")
