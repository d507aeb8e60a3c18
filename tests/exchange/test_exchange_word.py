"""Word: a coded transcript out, comments in; every place to the character, and nothing dropped in silence."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import docx
import pytest
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from hypothesis import given, settings
from hypothesis import strategies as st

from comb.codebook import Codebook, parse_codebook
from comb.codings.codings_csv import read_codings, read_decisions
from comb.errors import BadInputError
from comb.exchange.project import Project
from comb.exchange.word.comment_positions import read_comments
from comb.exchange.word.comments_reader import Margin, read_margin
from comb.exchange.word.writer import docx_bytes
from comb.records import Coding, Suggestion, Transcript, Turn
from comb.study.layout import Study
from comb.study.params import RoleParams
from comb.transcripts import file_safety as guard
from comb.transcripts.embedded_turns import xml_safe
from comb.transcripts.reader import read_folder
from comb.transcripts.word import read_word
from tests.conftest import ROOT, Comb

BOOK = parse_codebook({"codes": [{"id": "goals", "name": "Goals"}, {"id": "social_influences"}, {"id": "memory"}]})
ROLES = RoleParams()
KEY = ("transcript", "start", "end", "quote", "code", "valence", "coder", "memo", "score")


def key(coding: Coding) -> tuple[object, ...]:
    return tuple(getattr(coding, name) for name in KEY)


def document(*paragraphs: str) -> Any:
    made = docx.Document()
    for text in paragraphs:
        made.add_paragraph(text)
    return made


def saved(made: Any) -> bytes:
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def comment(made: Any, paragraph: int, start: int, end: int, text: str, author: str = "Ann") -> str:
    """Put a comment on the words ``[start, end)`` of a paragraph, cutting its one run as Word would."""
    found = made.paragraphs[paragraph]
    whole = found.text
    for run in list(found.runs):
        found._p.remove(run._r)
    parts = [found.add_run(piece) for piece in (whole[:start], whole[start:end], whole[end:])]
    added = made.add_comment(parts[1], text=text, author=author)
    return str(added.comment_id)


def margin(made: Any, book: Codebook = BOOK) -> Margin:
    data = saved(made)
    text, turns = read_word(data, "a.docx", ROLES)
    return read_margin(read_comments(data, "a.docx"), Transcript("a", text, turns), book)


def coded(found: Margin) -> list[tuple[str, str, str, str]]:
    return [(c.quote, c.code, c.valence, c.coder) for c in found.codings]


# ---- comments in


@pytest.mark.parametrize(
    ("text", "codes", "memo"),
    [
        ("goals", [("goals", "")], ""),
        ("Goals", [("goals", "")], ""),
        ("SOCIAL  influences", [("social_influences", "")], ""),
        ("goals: she hopes", [("goals", "")], "she hopes"),
        ("goals [barrier]", [("goals", "barrier")], ""),
        ("goals [Facilitators]; memory", [("goals", "facilitator"), ("memory", "")], ""),
        ("goals; memory [both]: see also: P2", [("goals", ""), ("memory", "both")], "see also: P2"),
        ("goals\nbecause\nshe says so", [("goals", "")], "because\nshe says so"),
        ("goals: because\nshe says so", [("goals", "")], "because\nshe says so"),
        ("goals (0.71)", [("goals", "")], ""),
    ],
)
def test_what_a_comment_says(text: str, codes: list[tuple[str, str]], memo: str) -> None:
    made = document("P1: I want to walk.")
    comment(made, 0, 6, 13, text)
    found = margin(made)
    assert [(c.code, c.valence) for c in found.codings] == codes
    assert {(c.quote, c.coder, c.memo) for c in found.codings} == {("want to", "Ann", memo)}
    assert found.notes == ()


def test_a_comment_that_is_no_code_is_listed_and_a_long_one_not_quoted() -> None:
    made = document("P1: I want to walk.", "P2: My mother said no because of the cold.")
    comment(made, 0, 6, 13, "golas")
    comment(made, 1, 4, 13, "My mother said no because of the cold, and so she did not")
    found = margin(made)
    assert found.codings == ()
    assert found.notes[0] == "comment of Ann (number 1) is not a code: 'golas'"
    assert found.notes[1] == "comment of Ann (number 2) is not a code: (a longer text)"


def test_half_known_codes_are_no_codes() -> None:
    made = document("P1: I want to walk.")
    comment(made, 0, 6, 13, "goals; golas")
    assert margin(made).codings == ()


def mark(kind: str, name: str) -> Any:
    element = OxmlElement(f"w:{kind}")
    element.set(qn("w:id"), name)
    return element


def moved(made: Any, name: str, start: Callable[[Any], None], end: Callable[[Any], None]) -> None:
    """Take a comment's marks out, and set them elsewhere."""
    for kind, put in (("commentRangeStart", start), ("commentRangeEnd", end)):
        for old in list(made.element.body.iter(qn(f"w:{kind}"))):
            if old.get(qn("w:id")) == name:
                old.getparent().remove(old)
        put(mark(kind, name))


def test_range_over_paragraphs_and_a_table() -> None:
    made = document("P1: First.", "P2: Second one.")
    table = made.add_table(1, 2)
    table.cell(0, 0).text, table.cell(0, 1).text = "Left", "Right side"
    name = comment(made, 0, 4, 9, "goals")
    cell = table.cell(0, 1).paragraphs[0]._p
    moved(made, name, made.paragraphs[0].runs[1]._r.addprevious, cell.append)
    assert coded(margin(made)) == [("First.\nP2: Second one.\nLeft\tRight side", "goals", "", "Ann")]


def test_marks_between_paragraphs() -> None:
    made = document("P1: First.", "P1: Second.", "P1: Third.")
    name = comment(made, 0, 4, 9, "goals")
    moved(made, name, made.paragraphs[1]._p.addprevious, made.paragraphs[2]._p.addprevious)
    assert coded(margin(made)) == [("P1: Second.", "goals", "", "Ann")]


def test_nested_and_overlapping_ranges() -> None:
    made = document("P1: one two three four")
    paragraph = made.paragraphs[0]
    paragraph.runs[0].text = "P1: "
    one, two, three, four = (paragraph.add_run(word) for word in ("one ", "two ", "three ", "four"))
    for first, last, code in ((one, three, "goals"), (two, two, "memory"), (three, four, "social_influences")):
        made.add_comment([first, last], text=code, author="Ann")
    assert sorted(coded(margin(made))) == [
        ("one two three ", "goals", "", "Ann"),
        ("three four", "social_influences", "", "Ann"),
        ("two ", "memory", "", "Ann"),
    ]


def tracked(kind: str, text: str) -> Any:
    inner = "delText" if kind == "del" else "t"
    return parse_xml(
        f'<w:{kind} {nsdecls("w")} w:id="9" w:author="x"><w:r><w:{inner}>{text}</w:{inner}></w:r></w:{kind}>'
    )


def test_tracked_changes_count_as_the_reader_of_transcripts_counts_them() -> None:
    made = document("P1: I will walk.")
    name = comment(made, 0, 4, 10, "goals")
    paragraph = made.paragraphs[0]
    paragraph.runs[1]._r.addprevious(tracked("del", "never say "))
    paragraph.runs[1]._r.addnext(tracked("ins", " surely"))
    inside = paragraph._p.find(qn("w:del"))
    moved(made, name, inside.append, paragraph._p.find(qn("w:ins")).append)
    assert coded(margin(made)) == [("I will surely", "goals", "", "Ann")]


def test_comment_on_no_words_is_on_its_paragraph() -> None:
    made = document("P1: First.", "P1: Second.")
    name = comment(made, 1, 4, 7, "goals")
    for kind in ("commentRangeStart", "commentRangeEnd"):
        for old in list(made.element.body.iter(qn(f"w:{kind}"))):
            old.getparent().remove(old)
    found = margin(made)
    assert name == "0"
    assert coded(found) == [("P1: Second.", "goals", "", "Ann")]
    assert found.notes == ("comments that mark no words, applied to the whole paragraph: 1",)


def test_comment_outside_the_text_is_listed() -> None:
    made = document("P1: First.")
    comment(made, 0, 4, 9, "goals")
    for old in list(made.element.body.iter(qn("w:commentRangeStart"), qn("w:commentRangeEnd"))):
        old.getparent().remove(old)
    reference = next(made.element.body.iter(qn("w:commentReference")))
    reference.getparent().getparent().remove(reference.getparent())
    found = margin(made)
    assert found.codings == ()
    assert found.notes == ("comment of Ann (number 1) is outside the text",)


def reply(made: Any, parent: str, text: str, author: str) -> None:
    """Add a reply as Word stores it: a comment on the same words, tied to the other by ids of paragraphs."""
    runs = [run for paragraph in made.paragraphs for run in paragraph.runs]
    name = str(made.add_comment(runs[1], text=text, author=author).comment_id)
    comments = made.part._comments_part.element
    w14 = "{http://schemas.microsoft.com/office/word/2010/wordml}paraId"
    for at, one in enumerate(comments):
        one[-1].set(w14, f"0000000{at}")
    entries = "".join(
        f'<w15:commentEx w15:paraId="0000000{at}"'
        + (f' w15:paraIdParent="0000000{parent}"/>' if str(at) == name else "/>")
        for at in range(len(comments))
    )
    space = "http://schemas.microsoft.com/office/word/2012/wordml"
    blob = f'<w15:commentsEx xmlns:w15="{space}">{entries}</w15:commentsEx>'.encode()
    part = Part(PackURI("/word/commentsExtended.xml"), "application/xml", blob, made.part.package)
    made.part.relate_to(part, "http://schemas.microsoft.com/office/2011/relationships/commentsExtended")


def test_replies_are_taken_by_themselves() -> None:
    made = document("P1: I want to walk.")
    reply(made, comment(made, 0, 6, 13, "goals"), "memory", "Ben")
    assert coded(margin(made)) == [("want to", "goals", "", "Ann"), ("want to", "memory", "", "Ben")]
    made = document("P1: I want to walk.")
    reply(made, comment(made, 0, 6, 13, "goals"), "I agree", "Ben")
    assert margin(made).notes == ("reply of Ben (number 2) is not a code: 'I agree'",)


@pytest.mark.parametrize(
    ("answer", "verdict", "codes"),
    [("Yes", "accepted", ["goals"]), ("no: too far", "rejected", []), ("memory [both]", "changed", ["memory"])],
)
def test_replies_to_suggestions_are_decisions(answer: str, verdict: str, codes: list[str]) -> None:
    text = "P1: I want to walk."
    turns = (Turn("P1", "participant", 4, len(text)),)
    suggestion = Suggestion("a", 6, 13, "P1", "want to", "goals", "barrier", 0.71, 0.45, 1, "1a2b")
    project = Project("x", BOOK, {"a": Transcript("a", text, turns)}, suggestions=(suggestion,))
    plain = docx.Document(io.BytesIO(docx_bytes(project, "a")))
    reply(plain, "0", answer, "Ann")
    found = margin(plain)
    (decision,) = found.decisions
    assert (decision.verdict, decision.coder, decision.code, decision.valence) == (verdict, "Ann", "goals", "barrier")
    assert (decision.score, decision.threshold, decision.model) == (0.71, 0.45, "1a2b")
    assert [(c.code, c.coder, c.model, c.score) for c in found.codings] == [(c, "Ann", "1a2b", 0.71) for c in codes]


def test_suggestions_are_no_codings_until_somebody_says_so() -> None:
    text = "P1: I want to walk."
    suggestion = Suggestion("a", 6, 13, "P1", "want to", "goals", "barrier", 0.71, 0.45, 1, "1a2b")
    project = Project("x", BOOK, {"a": Transcript("a", text, ())}, suggestions=(suggestion,))
    found = margin(docx.Document(io.BytesIO(docx_bytes(project, "a"))))
    assert found.codings == ()
    assert found.notes == ("comments that are suggestions of a model, not codings: 1",)


# ---- out, and back


def test_example_study_round_trip() -> None:
    study = Study(ROOT)
    found, _ = read_folder(study.raw, study.roles)
    transcripts = {t.id: t for t in found}
    codings = read_codings(study.codings, transcripts).codings
    project = Project("x", study.codebook, transcripts, codings)
    one_of_each = {t.source.rpartition(".")[2]: t for t in found}
    assert one_of_each.keys() >= {"docx", "txt", "srt", "vtt"}
    for transcript in (*one_of_each.values(), found[0]):
        data = docx_bytes(project, transcript.id)
        assert read_word(data, "a.docx", study.roles) == (transcript.text, transcript.turns)
        back = read_margin(read_comments(data, "a.docx"), transcript, study.codebook)
        assert {key(c) for c in back.codings} == {key(c) for c in codings if c.transcript == transcript.id and c.code}
        assert back.notes == ()


TEXT = st.text(st.sampled_from("ab \n\t:P1.é😀́\u2028“\x0c\ufffeا\u200b"), min_size=1, max_size=60)


@st.composite
def projects(draw: st.DrawFn) -> Project:
    text = draw(TEXT)
    codings = set()
    for _ in range(draw(st.integers(0, 6))):
        start = draw(st.integers(0, len(text) - 1))
        end = draw(st.integers(start + 1, len(text)))
        code, valence = draw(st.sampled_from(list(BOOK.codes))), draw(st.sampled_from(["barrier", "both", ""]))
        memo = draw(st.text(st.sampled_from("xy \n\t:;[]'"), max_size=8))
        coder = draw(st.sampled_from(["Ann", "Zoë & <Ben>"]))
        score = draw(st.sampled_from([None, 0.5, 0.7125]))
        codings.add(Coding("a", start, end, text[start:end], code, valence, coder, memo, score=score))
    edges = sorted(draw(st.sets(st.integers(0, len(text)), max_size=4)))
    turns = tuple(
        Turn(draw(st.sampled_from(["P1", "", "Zoë"])), "participant", a, b, draw(st.sampled_from([None, 1.25])))
        for a, b in zip(edges[::2], edges[1::2], strict=False)
    )
    return Project("x", BOOK, {"a": Transcript("a", text, turns)}, tuple(codings))


@settings(max_examples=40, deadline=None)
@given(projects())
def test_any_study_reads_back_equal(project: Project) -> None:
    transcript = project.transcripts["a"]
    data = docx_bytes(project, "a")
    text, turns = read_word(data, "a.docx", ROLES)
    assert text == xml_safe(transcript.text)
    if transcript.turns:
        assert turns == transcript.turns
    back = read_margin(read_comments(data, "a.docx"), transcript, BOOK)
    assert set(map(key, back.codings)) == set(map(key, project.codings))


def test_same_project_same_bytes() -> None:
    transcript = Transcript("a", "P1: I want to.", ())
    project = Project("x", BOOK, {"a": transcript}, (Coding("a", 4, 13, "I want to", "goals", "", "Ann"),))
    assert docx_bytes(project, "a") == docx_bytes(project, "a")


def test_overlapping_codes_stay_legible_and_the_legend_names_them() -> None:
    text = "P1: I want to walk."
    spans = ((4, 18, "goals"), (6, 13, "memory"), (6, 10, "social_influences"))
    codings = tuple(Coding("a", a, b, text[a:b], code, "", "Ann") for a, b, code in spans)
    made = docx.Document(io.BytesIO(docx_bytes(Project("x", BOOK, {"a": Transcript("a", text, ())}, codings), "a")))
    looks = {
        run.text: sorted(child.tag.rpartition("}")[2] for child in run._r.rPr) if run._r.rPr is not None else []
        for run in made.paragraphs[0].runs
        if run.text
    }
    assert looks == {
        "P1: ": [],
        "I ": ["shd"],
        "want": ["bdr", "shd", "u"],
        " to": ["shd", "u"],
        " walk": ["shd"],
        ".": [],
    }
    legend = made.sections[0].first_page_header.paragraphs[0].text
    assert [name in legend for name in ("Goals", "Memory", "Social influences")] == [True] * 3


def test_turns_of_a_changed_document_are_read_from_its_words() -> None:
    text = "Ann: Hello there.\nBen: Yes."
    turns = (Turn("", "participant", 0, len(text)),)
    data = docx_bytes(Project("x", BOOK, {"a": Transcript("a", text, turns)}), "a")
    assert read_word(data, "a.docx", ROLES)[1] == turns
    made = docx.Document(io.BytesIO(data))
    made.add_paragraph("Ann: More.")
    assert {turn.speaker for turn in read_word(saved(made), "a.docx", ROLES)[1]} == {"Ann", "Ben"}


# ---- the command line


def export(comb: Comb, study: Study, text: str, *rows: str) -> Path:
    (study.raw / "P1.txt").write_text(text, encoding="utf-8")
    header = "transcript,quote,code,valence,coder,memo"
    (study.codings / "Ann.csv").write_text("\n".join((header, *rows)) + "\n", encoding="utf-8")
    comb("export", "--format", "docx", "--out", "out")
    return study.root / "out" / "P1.docx"


def test_export_remark_and_import_again(comb: Comb, study: Study) -> None:
    path = export(comb, study, "INT: Why?\nP1: I want to walk.\n", "P1,want to,goals,barrier,Ann,she hopes")
    made = docx.Document(str(path))
    made.add_comment(made.paragraphs[1].runs[-1], text="knowledge [barrier]", author="Ben")
    made.add_comment(made.paragraphs[1].runs[0], text="nice", author="Ben")
    made.save(str(path))
    out = comb("import", path)
    assert "comment of Ben (number 3) is not a code: 'nice'" in out
    transcripts = {t.id: t for t in read_folder(study.raw, study.roles)[0]}
    found = read_codings(study.codings, transcripts).codings
    assert {(c.quote, c.code, c.valence, c.coder, c.memo) for c in found} == {
        ("want to", "goals", "barrier", "Ann", "she hopes"),
        (" walk.", "knowledge", "barrier", "Ben", ""),
    }
    assert [path.name for path in study.raw.iterdir()] == ["P1.txt"]


def test_commented_transcript_comes_in_with_its_codings(comb: Comb, study: Study) -> None:
    made = document("INT: Why?", "P1: I want to walk.")
    comment(made, 1, 6, 13, "goals")
    path = comb.folder.parent / "interview.docx"
    made.save(str(path))
    comb("import", path)
    assert (study.raw / "interview.docx").read_bytes() == path.read_bytes()
    (transcript,) = read_folder(study.raw, study.roles)[0]
    (coding,) = read_codings(study.codings, {"interview": transcript}).codings
    assert (coding.quote, coding.code, coding.coder) == ("want to", "goals", "Ann")


def test_changed_copy_is_placed_by_its_words(comb: Comb, study: Study) -> None:
    path = export(comb, study, "P1: I want to walk. No. No.\n")
    made = document("A title", "P1: I want to walk. No. No.")
    comment(made, 1, 6, 13, "goals")
    made.add_comment(made.add_paragraph("No.").runs[0], text="memory_attention_decision", author="Ann")
    made.save(str(path))
    out = comb("import", path)
    assert "comments were placed by their words" in out
    assert "the words of comment of Ann (number 2) occur 2 times in the transcript" in out
    (transcript,) = read_folder(study.raw, study.roles)[0]
    assert [c.quote for c in read_codings(study.codings, {"P1": transcript}).codings] == ["want to"]


def test_decisions_arrive_in_the_study(comb: Comb, study: Study) -> None:
    (study.raw / "P1.txt").write_text("P1: I want to walk.\n", encoding="utf-8")
    suggestion = Suggestion("P1", 6, 13, "P1", "want to", "goals", "barrier", 0.71, 0.45, 1, "1a2b")
    transcripts = {t.id: t for t in read_folder(study.raw, study.roles)[0]}
    project = Project("x", study.codebook, transcripts, suggestions=(suggestion,))
    made = docx.Document(io.BytesIO(docx_bytes(project, "P1")))
    reply(made, "0", "yes", "Ann")
    made.save(str(comb.folder / "P1.docx"))
    comb("import", "P1.docx")
    assert [(d.verdict, d.coder) for d in read_decisions(study.decisions)] == [("accepted", "Ann")]
    assert [c.model for c in read_codings(study.codings, transcripts).codings] == ["1a2b"]


@pytest.mark.parametrize("name", ["docx", "html"])
def test_suggestions_for_one_transcript(study: Study, tmp_path: Path, name: str) -> None:
    from comb.stages.listener import Listener
    from comb.stages.suggest import write_transcript_suggestions

    transcript = Transcript("P1", "P1: I want to walk.", (Turn("P1", "participant", 4, 19),))
    suggestion = Suggestion("P1", 6, 13, "P1", "want to", "goals", "barrier", 0.71, 0.45, 1, "1a2b")
    write_transcript_suggestions(study, transcript, [suggestion], tmp_path, [name], Listener())
    data = (tmp_path / f"P1.{name}").read_bytes()
    if name == "html":
        assert "score 0.71" in data.decode()
    else:
        assert [c.author for c in read_comments(data, "a").comments] == ["comb model 1a2b"]


# ---- hostile


def with_part(name: str, data: bytes) -> bytes:
    made = document("P1: I want to walk.")
    comment(made, 0, 6, 13, "goals")
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(saved(made))) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            new.writestr(part, data if part == name else old.read(part))
    return out.getvalue()


ENTITY = b'<?xml version="1.0"?><!DOCTYPE w [<!ENTITY x "y">]><w:comments xmlns:w="w">&x;</w:comments>'
BOMB = (
    b'<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>'
    + b"<w:p/>" * 800_000
    + b"</w:body></w:document>"
)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (with_part("word/comments.xml", ENTITY), "document type definition"),
        (with_part("word/comments.xml", b"<w:comments"), "not a .docx file"),
        (with_part("word/document.xml", BOMB), "more than 700000 elements"),
        (with_part("word/document.xml", BOMB)[:5000], "not a .docx file"),
        (b"transcript,quote\n", "not a .docx file"),
        (b"SQLite format 3\x00", "not a .docx file"),
    ],
)
def test_hostile_and_broken_documents_are_one_line(data: bytes, message: str) -> None:
    with pytest.raises(BadInputError, match=message) as caught:
        read_comments(data, "a.docx")
    assert "\n" not in str(caught.value)


def test_text_and_layout_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "MAX_XML", 50_000)
    with pytest.raises(BadInputError, match="of text and layout"):
        read_comments(with_part("word/document.xml", b"<w>" + b"x" * 60_000 + b"</w>"), "a.docx")


def test_characters_that_stand_for_places_are_refused() -> None:
    made = document("P1: \U00100001 I want to walk.")
    comment(made, 0, 6, 13, "goals")
    with pytest.raises(BadInputError, match="cannot be placed"):
        read_comments(saved(made), "a.docx")
