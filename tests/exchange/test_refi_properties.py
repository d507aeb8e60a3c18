"""Any study goes to .qdpx and comes back the same; so do codebooks to .qdc and YAML."""

import io
import re
import tempfile
from pathlib import Path

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from comb.codebook import Codebook, codebook_yaml, parse_codebook
from comb.exchange.note_fields import (
    cells,
    quoted,
    read_description,
    read_note,
    split_cells,
    unquoted,
    write_description,
    write_note,
    xml_safe,
)
from comb.exchange.project import Project, Setting
from comb.exchange.refi_qda.identifiers import Names, file_id
from comb.exchange.refi_qda.read import read_qdc, read_qdpx
from comb.exchange.refi_qda.write import write_qdc, write_qdpx
from comb.records import ROLES, VALENCES, Coding, Decision, Evidence, Suggestion, Transcript, Turn
from comb.study.params import RoleParams
from comb.transcripts.json_format import read_json_transcript
from comb.transcripts.reader import dump_transcript

quick = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))

anything = st.text(st.characters(exclude_categories=("Cs",)), max_size=15)
tricky = st.sampled_from(
    [
        "valence: both",
        "memo: x",
        'memo: "x"',
        '"x"',
        "score: 1\nmemo: a",
        "a | b",
        "\x00\x0b",
        "\ufffe",
        " a ",
        "é\r\nb",
        "e\u0301😀’",
    ]
)
words = anything | tricky
said_of_codes = words.filter(lambda text: not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", text))
"""A codebook has no control characters."""
line = st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn", "Zl", "Zp")), min_size=1, max_size=12)
names = line.map(str.strip).filter(bool) | st.sampled_from(["Ann", "ann", "comb model x", "P | 1", '"Q"'])
spoken = st.text(
    st.characters(exclude_categories=("Cs", "Cc")) | st.sampled_from("\n\n aeé😀’\u0301\ufeff"), min_size=1, max_size=60
).filter(lambda text: bool(text.strip()))
ids = st.text(st.characters(categories=("Ll", "Lu", "Nd"), max_codepoint=0x24F), min_size=1, max_size=8)
file_names = ids.filter(lambda name: file_id(name, Names(" "), strip=False) == name)
code_ids = ids | st.sampled_from(["off target", "a.b", "naïve-1", "x: y"])
scores = st.floats(0, 1)
times = st.sampled_from(
    [
        "",
        "2026-11-20T10:00:00Z",
        "2026-11-20T10:00:00.123+00:00",
        "yesterday",
        "2000-01-01T00:00:00Z",
        "2026-02-30T00:00:00Z",
    ]
)
guids = st.sampled_from(["", "098AC082-A9C7-50F4-9728-48730081A95E", "33623333-6536-3839-6665-643535383163"])


@st.composite
def codebooks(draw: st.DrawFn) -> Codebook:
    known = draw(st.lists(code_ids, min_size=1, max_size=7, unique=True))
    top: list[dict] = []
    nodes: list[dict] = []
    spare = draw(
        st.permutations(["098AC082-A9C7-50F4-9728-48730081A95E", "33623333-6536-3839-6665-643535383163", *[""] * 7])
    )
    for name, guid in zip(known, spare, strict=False):
        node = {
            "id": name,
            "name": draw(st.just("") | line),
            "color": draw(st.sampled_from(["", "#00aBff"])),
            "guid": guid,
        }
        node |= {key: draw(said_of_codes) for key in ("definition", "include", "exclude")}
        node |= {"examples": draw(st.lists(said_of_codes, max_size=2)), "children": []}
        parent = draw(st.sampled_from([None, *nodes]))
        (top if parent is None else parent["children"]).append(node)
        nodes.append(node)
    data = {
        "codes": top,
        "name": draw(words),
        "behaviour": draw(words),
        "coding": draw(st.sampled_from(["multiple", "exclusive"])),
    }
    deepest = max(len(code.path) for code in parse_codebook(data))
    levels = draw(st.just([]) | st.lists(names, min_size=deepest, max_size=deepest + 1))
    return parse_codebook({**data, "levels": levels})


@st.composite
def transcripts(draw: st.DrawFn, name: str) -> Transcript:
    text = draw(spoken)
    places = sorted(
        draw(st.lists(st.integers(0, len(text)), min_size=2, max_size=8).filter(lambda found: len(found) % 2 == 0))
    )
    turns = tuple(
        Turn(draw(words), draw(st.sampled_from(ROLES)), start, end, draw(st.none() | st.floats(0, 9999)))
        for start, end in zip(places[::2], places[1::2], strict=True)
    )
    return Transcript(name, text, turns, "x.qdpx")


@st.composite
def projects(draw: st.DrawFn) -> Project:
    found = draw(st.lists(file_names, min_size=1, max_size=3, unique_by=str.casefold))
    texts = {name: draw(transcripts(name)) for name in sorted(found)}
    book = draw(st.none() | codebooks())
    used = st.sampled_from([*(book.codes if book else ()), "not in it", 'a;b "c"'])
    coders = draw(st.lists(names, min_size=1, max_size=3, unique=True))
    models = ("60c33a60e7881ba5", "x")
    some = st.sampled_from(list(texts))
    pairs = st.tuples(some, st.sampled_from(coders))
    codings, suggestions, decisions = [], [], []
    for _ in range(draw(st.integers(0, 6))):
        text = texts[draw(some)]
        start = draw(st.integers(0, len(text.text) - 1))
        end = draw(st.integers(start + 1, len(text.text)))
        place = (text.id, start, end)
        code, valence, coder = draw(used), draw(st.sampled_from(VALENCES)), draw(st.sampled_from(coders))
        score, threshold, model = draw(scores), draw(scores), draw(st.sampled_from(models))
        if draw(st.booleans()):
            facts = (draw(words), draw(times), draw(st.just("") | words), draw(st.just("") | words))
            code = draw(st.sampled_from([code, ""]))
            quote = text.text[start:end]
            codings.append(Coding(*place, quote, code, valence, coder, *facts, draw(st.none() | scores)))
            continue
        speaker = next((turn.speaker for turn in text.turns if turn.start <= start < turn.end), "")
        evidence = tuple(Evidence("a:1-2", draw(words), code, draw(scores)) for _ in range(draw(st.integers(0, 2))))
        if draw(st.booleans()):
            facts = (code, valence, score, threshold, draw(st.integers(1, 4)), model, evidence)
            suggestions.append(Suggestion(*place, speaker, text.text[start:end], *facts))
        for _ in range(draw(st.integers(0, 2))):
            verdict = draw(st.sampled_from(["accepted", "changed", "rejected"]))
            decisions.append(
                Decision(*place, code, valence, score, threshold, model, verdict, coder, draw(times), draw(words))
            )
    attributes = draw(st.dictionaries(some, st.dictionaries(names, words, min_size=1, max_size=3)))
    return Project(
        name=draw(line),
        codebook=book,
        transcripts=texts,
        codings=tuple(dict.fromkeys(codings)),
        suggestions=tuple(suggestions),
        decisions=tuple(decisions),
        attributes={key: {k: xml_safe(v) for k, v in values.items()} for key, values in attributes.items()},
        coverage=draw(st.none() | st.frozensets(pairs, max_size=3)),
        participants=tuple(draw(st.lists(st.tuples(some, names), unique=True, max_size=3))),
        new=draw(st.frozensets(some, max_size=1)),
    )


def same(project: Project) -> tuple:
    """What must be equal, whatever the order that it came in."""
    lists = (project.codings, project.suggestions, project.decisions, project.participants)
    return (
        project.name,
        project.codebook,
        {name: (t.text, t.turns) for name, t in project.transcripts.items()},
        [sorted(items, key=repr) for items in lists],
        project.attributes,
        project.coverage,
        project.new,
    )


def there_and_back(project: Project) -> Project:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.qdpx"
        assert write_qdpx(project, path) == []
        first = path.read_bytes()
        write_qdpx(project, path)
        assert path.read_bytes() == first
        return read_qdpx(path, Setting())


@quick
@given(projects())
def test_any_study_comes_back_the_same(project: Project) -> None:
    assert same(there_and_back(project)) == same(project)


def test_a_coding_of_unknown_time_does_not_take_the_time_of_another_on_the_same_words() -> None:
    text = Transcript("t", "It helps.", (Turn("", "participant", 0, 9),), "x.qdpx")
    coded = [
        Coding("t", 0, 9, "It helps.", code, "", coder, created_at=time)
        for code, coder, time in (("a", "Ann", ""), ("b", "Ann", "2026-11-20T10:00:00Z"), ("a", "Ben", ""))
    ]
    project = Project("p", None, {"t": text}, codings=tuple(coded))
    assert same(there_and_back(project)) == same(project)


@quick
@given(codebooks())
def test_any_codebook_comes_back_the_same(book: Codebook) -> None:
    assert parse_codebook(yaml.safe_load(io.StringIO(codebook_yaml(book)))) == book
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.qdc"
        write_qdc(Project("x", book, {}), path)
        assert read_qdc(path, Setting()).codebook == book


@quick
@given(transcripts("a"))
def test_any_transcript_comes_back_from_json(transcript: Transcript) -> None:
    roles = RoleParams()
    assert read_json_transcript(dump_transcript(transcript, roles), "a.json", roles) == (
        transcript.text,
        transcript.turns,
    )


@settings(max_examples=300)
@given(st.lists(words, min_size=1, max_size=4), words)
def test_values_stand_on_one_line_and_come_back(values: list[str], value: str) -> None:
    assert split_cells(cells(values)) == values
    written = quoted(value)
    assert unquoted(written) == value
    assert not set(written) & {"\n", "\r"}
    assert xml_safe(written) == written


@settings(max_examples=300)
@given(st.lists(st.tuples(st.sampled_from(["model", "origin"]), words.map(quoted)), max_size=3), words)
def test_notes_come_back(fields: list[tuple[str, str]], memo: str) -> None:
    note = write_note(fields, memo)
    assert xml_safe(note) == note
    assert read_note(note) == (fields, memo)


@settings(max_examples=300)
@given(words, st.lists(st.tuples(st.sampled_from(["include", "example"]), words), max_size=3), words)
def test_descriptions_come_back(definition: str, fields: list[tuple[str, str]], name: str) -> None:
    fields = [*fields, ("id", name)]
    found, read = read_description(write_description(definition, fields))
    if read[0][0] == "definition":
        found = read.pop(0)[1]
    assert (found, read) == (definition, fields)
