"""REFI-QDA: real files go in, exports are valid by both editions, and the example study comes back whole."""

import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from comb.exchange.from_study import gather_project
from comb.exchange.project import Project, Setting
from comb.exchange.refi_qda.identifiers import guid
from comb.exchange.refi_qda.read import read_qdc, read_qdpx
from comb.exchange.refi_qda.write import write_qdc, write_qdpx
from comb.records import Coding, Decision, Evidence, Memo, Suggestion, Transcript
from comb.study.layout import Study
from comb.transcripts.reader import read_transcript
from tests.conftest import ROOT
from tests.exchange.refi_files import (
    CODE,
    CODEBOOK,
    NAMESPACE,
    SOURCE,
    USER,
    USERS,
    coded,
    project,
    qdpx,
    selection,
    source,
)

PLAIN = b"INT: Why?\n\nP1: It costs a lot.\n"
COST = PLAIN.index(b"It costs")
AT = (COST, COST + len("It costs a lot."))


def read(path: Path) -> Project:
    return read_qdpx(path, Setting())


@pytest.fixture(scope="module")
def example() -> Project:
    """The example study, with suggestions and decisions made up for some of it."""
    found = gather_project(Study(ROOT), suggestions=False)
    some = [coding for coding in found.codings if coding.code][:40]
    suggestions, decisions = [], []
    for number, coding in enumerate(some):
        place = (coding.transcript, coding.start, coding.end)
        turns = found.transcripts[coding.transcript].turns
        speaker = next((t.speaker for t in turns if t.start <= coding.start < t.end), "")
        evidence = (Evidence("bf-01:486-581", "I said I'd see", "goals", 0.5),)
        facts = (coding.code, coding.valence, 0.9 - number / 100, 0.25, 1, "60c33a60e7881ba5", evidence)
        suggestions.append(Suggestion(*place, speaker, coding.quote, *facts))
        if number % 3 == 0:
            verdict = ("accepted", "changed", "rejected")[number // 3 % 3]
            facts = (coding.code, coding.valence, 0.9 - number / 100, 0.25, "60c33a60e7881ba5", verdict, "Ann")
            decisions.append(Decision(*place, *facts, "2026-11-20T10:00:00Z", "not her, her\nsister"))
    attributes = {name: {"gender": "f", "age": str(30 + n)} for n, name in enumerate(found.transcripts)}
    pairs = frozenset((coding.transcript, coding.coder) for coding in found.codings)
    people = (("bf-01", "Cerys"), ("bf-fg01", "Cerys"))
    marks = {"attributes": attributes, "coverage": pairs, "participants": people}
    return replace(found, suggestions=tuple(suggestions), decisions=tuple(decisions), **marks)


def check_same(found: Project, given: Project) -> None:
    assert {n: (t.text, t.turns) for n, t in found.transcripts.items()} == {
        n: (t.text, t.turns) for n, t in given.transcripts.items()
    }
    assert found.codebook == given.codebook
    for name in ("codings", "suggestions", "decisions", "participants"):
        assert sorted(getattr(found, name), key=repr) == sorted(getattr(given, name), key=repr), name
    assert (found.attributes, found.coverage, found.new) == (given.attributes, given.coverage, given.new)
    assert found.warnings == ()


# ---- out


@pytest.mark.parametrize("edition", ["Project.xsd", "Project-mrt2019.xsd"])
def test_export_is_valid(example: Project, tmp_path: Path, shared: Path, edition: str) -> None:
    from lxml import etree

    assert write_qdpx(example, tmp_path / "x.qdpx") == []
    schema = etree.XMLSchema(etree.parse(shared / "refi" / "schema" / edition))
    schema.assertValid(etree.fromstring(zipfile.ZipFile(tmp_path / "x.qdpx").read("project.qde")))


@pytest.mark.parametrize("edition", ["Project.xsd", "Project-mrt2019.xsd"])
def test_memos_are_notes_of_sources_codes_and_the_project(
    example: Project, tmp_path: Path, shared: Path, edition: str
) -> None:
    from lxml import etree

    name, code = min(example.transcripts), next(iter(example.codebook)).id
    memos = (Memo(name, "", "Ann", "tired", "2026-05-01T09:00:00.000Z"), Memo("", code, "Ann", "only plans"))
    memos += (Memo("", "", "Ben", "tired"), Memo("gone", "", "Ben", "of what is not here"))
    (warning,) = write_qdpx(replace(example, memos=memos), tmp_path / "x.qdpx")
    assert warning == "memos on transcripts or codes that are not in the project, left out: 1"
    found = etree.fromstring(zipfile.ZipFile(tmp_path / "x.qdpx").read("project.qde"))
    etree.XMLSchema(etree.parse(shared / "refi" / "schema" / edition)).assertValid(found)
    space = {"q": found.nsmap[None]}
    notes = {note.get("guid"): note for note in found.iterfind(".//q:Note", space)}
    users = {user.get("guid"): user.get("name") for user in found.iterfind(".//q:User", space)}
    said = []
    for parent in (f"q:Sources/q:TextSource[@name='{name}']", ".//q:Code", "."):
        for reference in found.iterfind(f"{parent}/q:NoteRef", space):
            note = notes[reference.get("targetGUID")]
            said.append((note.findtext("q:PlainTextContent", None, space), users[note.get("creatingUser")]))
    assert said == [("tired", "Ann"), ("only plans", "Ann"), ("tired", "Ben")]
    back = read_qdpx(tmp_path / "x.qdpx", Setting())
    assert back.warnings == ("memos that belong to no coding (to a project, a code or a whole text): 3",)
    check_same(replace(back, warnings=()), example)


@pytest.mark.parametrize("edition", ["Codebook.xsd", "Codebook-mrt2019.xsd"])
def test_codebook_export_is_valid_and_comes_back(example: Project, tmp_path: Path, shared: Path, edition: str) -> None:
    from lxml import etree

    assert write_qdc(example, tmp_path / "x.qdc") == []
    etree.XMLSchema(etree.parse(shared / "refi" / "schema" / edition)).assertValid(etree.parse(tmp_path / "x.qdc"))
    assert read_qdc(tmp_path / "x.qdc", Setting()).codebook == example.codebook


def test_the_example_study_comes_back_whole(example: Project, tmp_path: Path) -> None:
    write_qdpx(example, tmp_path / "x.qdpx")
    first = (tmp_path / "x.qdpx").read_bytes()
    found = read_qdpx(tmp_path / "x.qdpx", Setting(Study(ROOT).roles))
    check_same(found, example)
    write_qdpx(replace(found, changed=example.changed), tmp_path / "y.qdpx")
    assert (tmp_path / "y.qdpx").read_bytes() == first


def test_text_full_of_emoji_marks_and_quotes_comes_back(example: Project, tmp_path: Path) -> None:
    """The same codings on text in which every word is followed by what programs count differently."""
    tail = " 😀🧑🏽‍🚀e\u0301\u200f’“x”\ufeff"
    raw = example.transcripts["bf-01"].text.replace(" ", tail + " ").replace("\n", "\r\n")
    path = tmp_path / "bf-01.txt"
    path.write_bytes(raw.encode())
    transcript = read_transcript(path, Study(ROOT).roles)
    moved = [c for c in example.codings if c.transcript == "bf-01"]
    old = example.transcripts["bf-01"].text

    def at(place: int) -> int:
        return place + old[:place].count(" ") * len(tail)

    codings = [replace(c, start=at(c.start), end=at(c.end), memo=tail + "\r\n" + c.memo) for c in moved]
    codings = [replace(c, quote=transcript.text[c.start : c.end]) for c in codings]
    given = Project("p", example.codebook, {"bf-01": transcript}, tuple(codings))
    write_qdpx(given, tmp_path / "x.qdpx")
    found = read_qdpx(tmp_path / "x.qdpx", Setting(Study(ROOT).roles))
    check_same(found, given)
    assert len(found.codings) > 100


def test_a_person_can_read_what_stands_in_the_file(tmp_path: Path) -> None:
    text = PLAIN.decode()
    place = ("P01", *AT)
    coding = Coding(*place, text[slice(*AT)], "cost", "barrier", "Ann", "she means the bus")
    suggestion = Suggestion(*place, "P1", text[slice(*AT)], "cost", "barrier", 0.81, 0.3, 1, "60c3")
    decision = Decision(*place, "cost", "barrier", 0.81, 0.3, "60c3", "accepted", "Ben", "2026-11-20T10:00:00Z")
    given = Project("p", None, {"P01": transcript(text)}, (coding,), (suggestion,), (decision,))
    write_qdpx(given, tmp_path / "x.qdpx")
    with zipfile.ZipFile(tmp_path / "x.qdpx") as archive:
        xml = archive.read("project.qde").decode()
        assert archive.read(f"Sources/{guid('source', 'P01')}.txt") == PLAIN
    assert "valence: barrier\nmemo: she means the bus</PlainTextContent>" in xml
    assert 'name="comb model 60c3" id="60c3"' in xml
    told = "valence: barrier\nscore: 0.81\nthreshold: 0.3\nmodel: 60c3\nrank: 1\n"
    told += "decision: accepted | Ben | 2026-11-20T10:00:00Z"
    assert f"{told}</PlainTextContent>" in xml
    assert f'name="It costs a lot." startPosition="{AT[0]}" endPosition="{AT[1]}"' in xml
    assert xml.count("<User ") == 3


def transcript(text: str, name: str = "P01") -> Transcript:
    from comb.study.params import RoleParams
    from comb.transcripts.turns import parse_turns

    return Transcript(name, text, parse_turns(text, RoleParams(), name))


def test_control_characters_are_replaced_and_said(tmp_path: Path) -> None:
    coding = Coding("P01", *AT, PLAIN.decode()[slice(*AT)], "cost", "", "A\x0bnn")
    assert write_qdpx(Project("p", None, {"P01": transcript(PLAIN.decode())}, (coding,)), tmp_path / "x.qdpx") != []
    assert read(tmp_path / "x.qdpx").codings[0].coder == "A\ufffdnn"


# ---- in: real files


def test_qc_project(shared: Path) -> None:
    found = read(shared / "refi" / "demo.qdpx")
    assert (len(found.transcripts), len(found.codebook.codes), len(found.codings)) == (2, 262, 205)
    assert {coding.coder for coding in found.codings} == {"cp"}
    assert {(coding.start, coding.end) for coding in found.codings} == {
        (c.start, c.end) for c in found.codings if found.transcripts[c.transcript].text[c.end - 1] == "\n"
    }
    assert found.warnings == ()


def test_nvivo_project(shared: Path) -> None:
    found = read(shared / "refi" / "nvivo_project.qdpx")
    assert (len(found.transcripts), len(found.codebook.codes), len(found.codings)) == (0, 262, 0)
    assert found.codebook.codes["programming"].guid == "36636563-3863-6264-3638-303637613863"
    assert found.warnings == ("texts without words are left out: 2",)


def test_taguette_codebook(shared: Path) -> None:
    found = read_qdc(shared / "refi" / "taguette-codebook.qdc", Setting())
    assert [(code.id, code.name) for code in found.codebook] == [
        ("xsd:element_name", "xsd:element name"),
        ("codebook", "CodeBook"),
        ("variables", "Variables"),
    ]


def test_codes_keep_the_guids_of_other_programs(shared: Path, tmp_path: Path) -> None:
    found = read_qdc(shared / "refi" / "taguette-codebook.qdc", Setting())
    write_qdc(found, tmp_path / "x.qdc")
    assert 'guid="098AC082-A9C7-50F4-9728-48730081A95E"' in (tmp_path / "x.qdc").read_text(encoding="utf-8")
    assert read_qdc(tmp_path / "x.qdc", Setting()).codebook == found.codebook
    renamed = {**found.codebook.codes}
    renamed["mine"] = replace(renamed.pop("codebook"), id="mine")
    setting = Setting(codebook=replace(found.codebook, codes=renamed))
    again = read_qdc(shared / "refi" / "taguette-codebook.qdc", setting)
    assert [code.id for code in again.codebook] == ["xsd:element_name", "mine", "variables"]


# ---- in: what programs do differently


@pytest.mark.parametrize(
    ("path", "stored"),
    [
        ("internal://a.txt", "sources/a.txt"),
        ("internal://A.TXT", "Sources/a.txt"),
        ("internal:///a%20b.txt", "Sources/a b.txt"),
        ("a.txt", "sources/a.txt"),
        ("relative://Sources/a.txt", "sources/a.txt"),
        ("relative:///a.txt", "a.txt"),
        ("absolute:///home/ann/a.txt", "sources/a.txt"),
        ("absolute://C:\\Users\\Ann\\a.txt", "Sources\\a.txt"),
        ("internal://sub/a.txt", "sources/sub/a.txt"),
    ],
)
@pytest.mark.parametrize("name", ["project.qde", "Project.qde", "PROJECT.QDE"])
def test_paths_of_sources(tmp_path: Path, path: str, stored: str, name: str) -> None:
    xml = project(source(selection(*AT), path))
    found = read(qdpx(tmp_path / "x.qdpx", xml, {stored: PLAIN}, name))
    assert [coding.quote for coding in found.codings] == ["It costs a lot."]
    assert [coding.code for coding in found.codings] == ["cost"]


def test_relative_path_beside_the_file(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.txt").write_bytes(PLAIN)
    found = read(qdpx(tmp_path / "x.qdpx", project(source(selection(*AT), "relative://data/a.txt"))))
    assert len(found.codings) == 1


def test_text_inside_the_xml_and_in_word(tmp_path: Path) -> None:
    import docx

    document = docx.Document()
    for line in PLAIN.decode().splitlines():
        document.add_paragraph(line)
    document.save(tmp_path / "a.docx")
    content = f"<PlainTextContent>{PLAIN.decode()}</PlainTextContent>"
    sources = source(content + selection(*AT), "", name="inline")
    sources += source(selection(*AT, 1), "", richTextPath="internal://a.docx", name="word.docx").replace("333-", "444-")
    found = read(qdpx(tmp_path / "x.qdpx", project(sources), {"sources/a.docx": (tmp_path / "a.docx").read_bytes()}))
    assert sorted(found.transcripts) == ["inline", "word"]
    assert [coding.quote for coding in found.codings] == ["It costs a lot."] * 2
    assert [turn.speaker for turn in found.transcripts["word"].turns] == ["INT", "P1"]


def test_missing_and_empty_parts(tmp_path: Path) -> None:
    empty = read(qdpx(tmp_path / "a.qdpx", project("", "", "<Sets/><Users/><Sources/><CodeBook/>")))
    assert (empty.codebook, empty.transcripts, empty.codings) == (None, {}, ())
    uncoded = read(qdpx(tmp_path / "b.qdpx", project(source(), ""), {"sources/a.txt": PLAIN}))
    assert list(uncoded.transcripts) == ["P01"]


def test_codes_nested_coloured_and_described(tmp_path: Path) -> None:
    codes = f"""<CodeBook><Codes><Code guid="{{{CODE}}}" name="Barriers" isCodable="false" color="#F00">
      <Description>What hinders.</Description><Code guid="{USER}" name="Cost" isCodable="true" color="#12ab34"/>
      <Code guid="{SOURCE}" name="cost" isCodable="true"/></Code></Codes></CodeBook>"""
    found = read(qdpx(tmp_path / "x.qdpx", project("", codes)))
    assert [(c.id, c.name, c.path) for c in found.codebook] == [
        ("barriers", "Barriers", ("barriers",)),
        ("cost", "Cost", ("barriers", "cost")),
        ("barriers_cost", "cost", ("barriers", "barriers_cost")),
    ]
    assert found.codebook.codes["barriers"].color == "#FF0000"
    assert found.codebook.codes["barriers"].definition == "What hinders."
    assert found.codebook.codes["cost"].color == "#12ab34"
    assert found.warnings == ("codes are folders, which comb treats as codes: 1",)


def test_users_times_and_memos(tmp_path: Path) -> None:
    users = USERS.replace("</Users>", f'<User guid="{SOURCE}" name="Ann" id="B"/></Users>')
    note = f'<Note guid="{CODE}" name="n"><PlainTextContent>valence: Barrier\nwhy</PlainTextContent></Note>'
    inside = f"""<Description>why</Description>
      <Coding guid="{CODE}" creatingUser="{SOURCE}" creationDateTime="2026-01-02T03:04:05Z">
      <CodeRef targetGUID="{CODE}"/><NoteRef targetGUID="{CODE}"/></Coding><NoteRef targetGUID="{SOURCE}"/>"""
    file_note = f'<Note guid="{SOURCE}" plainTextPath="internal://n.txt"/>'
    xml = project(source(selection(*AT, inside=inside)), users + CODEBOOK, f"<Notes>{note}{file_note}</Notes>")
    found = read(qdpx(tmp_path / "x.qdpx", xml, {"sources/a.txt": PLAIN, "sources/n.txt": b"in a file"}))
    (coding,) = found.codings
    assert (coding.coder, coding.created_at, coding.valence) == ("Ann (B)", "2026-01-02T03:04:05Z", "barrier")
    assert coding.memo == "why\nin a file"


def test_cases_and_variables_become_attributes(tmp_path: Path) -> None:
    value = '<VariableValue><VariableRef targetGUID="{0}"/><{1}>{2}</{1}></VariableValue>'
    variables = f"""<Variables><Variable guid="{USER}" name="age" typeOfVariable="Integer"/>
      <Variable guid="{CODE}" name="gender" typeOfVariable="Text"/></Variables>"""
    cases = f"""<Cases><Case guid="{USER}" name="Gwen">{value.format(USER, "IntegerValue", 61)}
      <SourceRef targetGUID="{SOURCE}"/></Case>
      <Case guid="66666666-6666-6666-6666-666666666666" name="Huw">{value.format(USER, "IntegerValue", 64)}
      </Case></Cases>"""
    inside = f'<Coding guid="{CODE}"><CodeRef targetGUID="66666666-6666-6666-6666-666666666666"/></Coding>'
    text = source(selection(*AT, inside=inside) + value.format(CODE, "TextValue", "f"))
    found = read(
        qdpx(tmp_path / "x.qdpx", project(text, USERS + CODEBOOK + variables + cases), {"sources/a.txt": PLAIN})
    )
    assert found.attributes == {"P01": {"gender": "f", "case": "Gwen; Huw", "age": "61; 64"}}
    assert found.codings == ()


def test_transcript_of_a_recording_and_text_of_a_pdf(tmp_path: Path) -> None:
    points = f'<SyncPoint guid="{USER}" position="{AT[0]}"/><SyncPoint guid="{CODE}" position="{AT[1]}"/>'
    mark = selection(0, 0).replace("PlainText", "Transcript").replace("startPosition", f'fromSyncPoint="{USER}" x')
    mark = mark.replace("endPosition", f'toSyncPoint="{CODE}" y')
    content = f"<PlainTextContent>{PLAIN.decode()}</PlainTextContent>"
    audio = (
        f'<AudioSource guid="{USER}" name="talk.mp3"><Transcript guid="{SOURCE}">{content}{points}{mark}</Transcript>'
    )
    pdf = f'<PDFSource guid="{CODE}" name="letter.pdf"><PDFSelection guid="{CODE}"/>'
    pdf += f'<Representation guid="{CODE}">{content}{selection(*AT, 1)}</Representation></PDFSource>'
    found = read(qdpx(tmp_path / "x.qdpx", project(audio + f"</AudioSource>{pdf}")))
    assert {(c.transcript, c.quote) for c in found.codings} == {
        ("talk", "It costs a lot."),
        ("letter", "It costs a lot."),
    }
    (warning,) = found.warnings
    assert "sound recordings (a transcript inside them is read): 1" in warning
    assert "areas of PDF pages: 1" in warning


def test_what_comb_cannot_hold_is_counted(tmp_path: Path) -> None:
    sources = f'<PictureSource guid="{USER}"/><VideoSource guid="{CODE}"/>' + source(selection(*AT, inside=""))
    after = f'<Notes><Note guid="{USER}"/></Notes><Links><Link guid="{USER}"/></Links>'
    after += f'<Sets><Set guid="{USER}" name="s"/></Sets><Graphs><Graph guid="{USER}"/><Graph guid="{CODE}"/></Graphs>'
    found = read(qdpx(tmp_path / "x.qdpx", project(sources, after=after), {"sources/a.txt": PLAIN}))
    told = "\n".join(found.warnings)
    for part in (
        "pictures: 1",
        "video recordings (a transcript inside them is read): 1",
        "links: 1",
        "graphs: 2",
        "sets: 1",
        "memos that belong to no coding (to a project, a code or a whole text): 1",
        "selections without a code (annotations): 1",
    ):
        assert part in told


def test_other_namespaces_and_braces_are_borne(tmp_path: Path) -> None:
    xml = (
        project(source(selection(*AT)))
        .replace(NAMESPACE, "urn:QDA-XML:project:2.0")
        .replace(f'="{CODE}"', f'="{{{CODE}}}"')
    )
    assert len(read(qdpx(tmp_path / "x.qdpx", xml, {"sources/a.txt": PLAIN})).codings) == 1


def test_two_sources_of_one_name_and_coders_nobody_named(tmp_path: Path) -> None:
    bare = f'<Coding guid="{CODE}"><CodeRef targetGUID="{CODE}"/></Coding>'
    two = source(selection(*AT, inside=bare)) + source(selection(*AT, 1, inside=bare)).replace(SOURCE, USER)
    found = read(qdpx(tmp_path / "x.qdpx", project(two, CODEBOOK), {"sources/a.txt": PLAIN}))
    assert sorted(found.transcripts) == ["P01", "P01 2"]
    assert {coding.coder for coding in found.codings} == {"unknown"}
    assert coded(tmp_path / "y.qdpx", PLAIN, selection(*AT, inside=bare))
    assert read(tmp_path / "y.qdpx").codings[0].coder == "Ann"


# ---- through another program, and back


def as_two(text: str) -> int:
    return len(text.replace("\n", "\r\n"))


@pytest.mark.parametrize(
    ("count", "ends", "told"),
    [
        (len, "\n", ""),
        (as_two, "\r\n", ""),
        (len, "\r\n", "line ends as one"),
        (as_two, "\n", "line ends as two"),
    ],
    ids=["standard", "CRLF as it is", "CRLF as one", "LF as two"],
)
def test_the_example_study_through_another_program(
    example: Project, tmp_path: Path, count: Callable[[str], int], ends: str, told: str
) -> None:
    """Line ends and positions as other programs write them, without names of selections; comb's own files are lost,
    and with them which spans were read without a code."""
    write_qdpx(example, tmp_path / "x.qdpx")
    given = zipfile.ZipFile(tmp_path / "x.qdpx")
    texts = {name: given.read(name).decode() for name in given.namelist() if name.endswith(".txt")}
    lines, text = [], ""
    for line in given.read("project.qde").decode().replace('origin="comb', 'origin="other').split("\n"):
        if found := re.search(r'plainTextPath="internal://([^"]*)"', line):
            text = texts[f"Sources/{found[1]}"]
        if "<PlainTextSelection " in line:
            line = re.sub(r' name="[^"]*"', "", line)
            line = re.sub(r'Position="(\d+)"', lambda m, text=text: f'Position="{count(text[: int(m[1])])}"', line)
        lines.append(line)
    files = {name: content.replace("\n", ends).encode() for name, content in texts.items()}
    other = qdpx(tmp_path / "y.qdpx", "\n".join(lines), files)
    found = read_qdpx(other, Setting(Study(ROOT).roles))
    coded_spans = [coding for coding in example.codings if coding.code]
    assert sorted(found.codings, key=repr) == sorted(coded_spans, key=repr)
    assert found.codebook == example.codebook
    assert sorted(found.decisions, key=repr) == sorted(example.decisions, key=repr)
    assert len(found.warnings) == bool(told)
    assert told in " ".join(found.warnings)
