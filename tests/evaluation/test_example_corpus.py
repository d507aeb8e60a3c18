"""The example corpus: large enough, coded exactly, and not the work of a template."""

import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from comb.agreement.coefficients import cohen_kappa, f1
from comb.codings.alignment import UNREAD, USED, CoderView, CoderViews, align, reference
from comb.codings.codings_csv import CodingsRead, read_codings
from comb.records import Coding, Segment, Transcript
from comb.study.files import read_rows
from comb.study.layout import Study
from comb.transcripts.confirmed_roles import unknown_speakers
from comb.transcripts.reader import read_folder
from comb.transcripts.segment import segment_transcripts

STUDY = Study(Path(__file__).resolve().parents[2])
COMPONENTS = (
    "physical_capability",
    "psychological_capability",
    "physical_opportunity",
    "social_opportunity",
    "reflective_motivation",
    "automatic_motivation",
)
ADJUDICATED = 12
"""Transcripts that two coders read, at the least."""
# Each behaviour of the held-out part shows in one sentence that has both a thing and a doing.
HELD_OUT = {
    "injecting insulin at mealtimes": (
        r"\binsulin\b",
        r"\b(?:inject\w*|pens?|needles?|jabs?|doses?|units?|meals?|mealtimes?|breakfast|dinner|tea)\b",
    ),
    "offering residents drinks": (
        r"\b(?:residents?|care homes?|nursing homes?|residential)\b",
        r"\b(?:drinks?|drinking|squash|beakers?|fluids?|hydrat\w*|dehydrat\w*|thirst\w*|cuppas?|thicken\w*)\b",
    ),
}
# The fewest words that a sentence has to have to count as repeated: people do say "No." and "All the time." twice.
LONG = 6


@dataclass(frozen=True)
class Part:
    """The training part, or the held-out one."""

    transcripts: dict[str, Transcript]
    segments: list[Segment]
    read: CodingsRead
    views: CoderViews
    reference: CoderView

    def rows(self, transcript: str) -> list[int]:
        return [row for row, segment in enumerate(self.segments) if segment.transcript == transcript]

    @property
    def coded(self) -> np.ndarray:
        """(N,): whether the reference has any code."""
        return (self.reference.codes == USED).any(axis=1)


def _part(raw: Path, codings: Path) -> Part:
    params = STUDY.params
    found, errors = read_folder(raw, STUDY.roles)
    assert not errors
    transcripts = {transcript.id: transcript for transcript in found}
    segments = segment_transcripts(found, params.segment)
    read = read_codings(codings, transcripts)
    views = align(segments, read, STUDY.codebook, "component", params.train.overlap)
    merged = reference(views, segments, params.train.reference, exclusive=STUDY.codebook.exclusive)
    return Part(transcripts, segments, read, views, merged)


@pytest.fixture(scope="module")
def training() -> Part:
    return _part(STUDY.raw, STUDY.codings)


@pytest.fixture(scope="module")
def held_out() -> Part:
    return _part(STUDY.new, STUDY.reference)


@pytest.fixture(scope="module", params=["training", "held_out"])
def part(request: pytest.FixtureRequest) -> Part:
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module")
def sentences(training: Part, held_out: Part) -> list[tuple[str, list[str]]]:
    """Id and words of every participant sentence."""
    return [(s.id, _words(s.text)) for s in training.segments + held_out.segments]


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+(?:'[^\W_]+)*", text.lower().replace("’", "'"))


def _speakers(transcript: Transcript) -> set[str]:
    return {turn.speaker for turn in transcript.turns if turn.role == "participant"}


def _is_group(transcript: Transcript) -> bool:
    return "-fg" in transcript.id


# ------------------------------------------------------------------------------------------------ size and shape
def test_there_are_enough_interviews_and_focus_groups(training, held_out):
    groups = [t for t in training.transcripts.values() if _is_group(t)]
    interviews = [t for t in training.transcripts.values() if not _is_group(t)]
    assert len(interviews) >= 26
    assert len(groups) >= 6
    assert len(held_out.transcripts) == 8
    assert len({name.split("-")[0] for name in training.transcripts}) >= 9


def test_an_interview_has_one_participant_and_a_focus_group_four_to_seven(part):
    outside = {
        t.id: sorted(_speakers(t))
        for t in part.transcripts.values()
        if len(_speakers(t)) not in (range(4, 8) if _is_group(t) else (1,))
    }
    assert not outside


def test_about_half_of_the_training_part_is_about_coproduction(training):
    on = sum(segment.transcript.startswith("cop-") for segment in training.segments)
    assert 0.4 <= on / len(training.segments) <= 0.6


def test_there_are_enough_sentences_of_each_component(training):
    assert len(training.segments) >= 2600
    counts = (training.reference.codes == USED).sum(axis=0)
    count = dict(zip(training.views.codes, counts.tolist(), strict=True))
    assert {name: count[name] for name in COMPONENTS if count[name] < 150} == {}


def test_a_third_to_a_half_of_training_sentences_carry_no_code(training):
    assert 1 / 3 <= 1 - training.coded.mean() <= 1 / 2


def test_in_each_transcript_some_talk_is_coded_and_some_is_not(part):
    shares = {name: part.coded[part.rows(name)].mean() for name in part.transcripts}
    assert {name: share for name, share in shares.items() if not 0.5 <= share <= 0.85} == {}


def test_the_formats_of_real_exports_occur(training):
    suffixes = Counter(Path(t.source).suffix for t in training.transcripts.values())
    assert all(suffixes[suffix] >= 2 for suffix in (".txt", ".docx", ".vtt", ".srt"))
    assert sum(t.turns[1].time is not None for t in training.transcripts.values()) >= 8


def test_every_speaker_is_known(part):
    assert unknown_speakers(list(part.transcripts.values()), STUDY.roles) == {}
    assert {turn.role for t in part.transcripts.values() for turn in t.turns} == {"participant", "interviewer"}


# ------------------------------------------------------------------------------------------------ codings
@pytest.mark.parametrize("file", ["codings/A", "codings/B", "codings/consensus", "reference/A"])
def test_every_quote_is_the_text_at_its_offsets(file, training, held_out):
    transcripts = training.transcripts | held_out.transcripts
    for number, row in read_rows(STUDY.data / f"{file}.csv", ("transcript", "start", "end", "quote")):
        text = transcripts[row["transcript"]].text
        assert row["quote"], number
        assert text[int(row["start"]) : int(row["end"])] == row["quote"], number


def test_every_code_is_in_the_codebook_and_every_coding_lies_in_participants_speech(part):
    assert part.read.warnings == ()
    assert {c.code for c in part.read.codings if c.code} <= set(STUDY.codebook.codes)
    assert part.views.unplaced == 0
    assert not [c for c in part.read.codings if c.code in ("off_target", "outside_framework") and c.valence]


def test_coders_read_what_they_are_said_to_have_read(training, held_out):
    read = defaultdict(set)
    for coding in training.read.codings:
        read[coding.coder].add(coding.transcript)
    assert set(read) == {"A", "B", "consensus"}
    assert read["A"] == set(training.transcripts)
    assert read["B"] == read["consensus"]
    assert len(read["B"]) >= ADJUDICATED
    assert {(c.coder, c.transcript) for c in held_out.read.codings} == {("A", name) for name in held_out.transcripts}


def test_agreement_is_that_of_careful_coders_who_differ(training):
    a, b = (training.views.coders[name].codes for name in "AB")
    kappas = {name: _kappa(a[:, k], b[:, k]) for k, name in enumerate(training.views.codes)}
    assert {name: kappas[name] for name in COMPONENTS if not 0.55 <= kappas[name] <= 0.9} == {}


def _kappa(first: np.ndarray, second: np.ndarray) -> float:
    return float(cohen_kappa(_table(first, second)))


def _table(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """(2, 2) from two columns (N,), on the segments that both read."""
    both = (first != UNREAD) & (second != UNREAD)
    return np.array([[((first == i) & (second == j) & both).sum() for j in (0, 1)] for i in (0, 1)])


def test_boundaries_sometimes_differ(training):
    spans = defaultdict(set)
    for c in training.read.codings:
        spans[c.coder, c.transcript, c.code].add((c.start, c.end))
    differ = [
        (a, b)
        for (coder, transcript, code), found in spans.items()
        if coder == "A"
        for a in found
        for b in spans.get(("B", transcript, code), ())
        if a != b and a[0] < b[1] and b[0] < a[1]
    ]
    assert len(differ) >= 30


def test_every_resolved_disagreement_has_a_memo(training):
    by_coder = defaultdict(list)
    for coding in training.read.codings:
        by_coder[coding.coder, coding.transcript].append(coding)

    def agreed(coding: Coding) -> bool:
        return all(any(_same(coding, other) for other in by_coder[coder, coding.transcript]) for coder in "AB")

    silent = [
        f"{c.transcript}:{c.start}-{c.end} {c.code}"
        for c in training.read.codings
        if c.coder == "consensus" and not c.memo and not agreed(c)
    ]
    assert silent == []


def _same(one: Coding, other: Coding) -> bool:
    same = one.code == other.code and one.valence == other.valence
    return same and one.start < other.end and other.start < one.end


def test_every_disagreement_is_resolved(training):
    rows = defaultdict(list)
    for coding in training.read.codings:
        rows[coding.coder, coding.transcript].append(coding)
    adjudicated = {name for coder, name in rows if coder == "B"}
    lost = [
        f"{c.coder} {c.transcript}:{c.start}-{c.end} {c.code}"
        for coder in "AB"
        for name in adjudicated
        for c in rows[coder, name]
        if not any(o.start < c.end and c.start < o.end for o in rows["consensus", name])
    ]
    assert lost == []


# ------------------------------------------------------------------------------------------------ the held-out part
def test_held_out_behaviours_occur_nowhere_else(training, held_out):
    prefixes = [{name.split("-")[0] for name in one.transcripts} for one in (training, held_out)]
    assert not prefixes[0] & prefixes[1]
    for behaviour, patterns in HELD_OUT.items():
        found = [t.id for t in training.transcripts.values() for s in _rough(t.text) if _has_all(s, patterns)]
        assert found == [], behaviour
        assert any(_has_all(s, patterns) for t in held_out.transcripts.values() for s in _rough(t.text)), behaviour


def _rough(text: str) -> list[str]:
    return re.split(r"(?<=[.?!])\s+|\n+", text.lower())


def _has_all(sentence: str, patterns: tuple[str, ...]) -> bool:
    return all(re.search(pattern, sentence) for pattern in patterns)


# ------------------------------------------------------------------------------------------------ no templates
def test_no_sentence_occurs_twice(sentences):
    places = defaultdict(list)
    for place, words in sentences:
        if len(words) >= LONG:
            places[tuple(words)].append(place)
    assert [found for found in places.values() if len(found) > 1] == []


def test_no_sentence_is_nearly_another(sentences):
    grams = [{tuple(w[i : i + 4]) for i in range(len(w) - 3)} if len(w) >= LONG else set() for _, w in sentences]
    index = defaultdict(list)
    for row, found in enumerate(grams):
        for gram in found:
            index[gram].append(row)
    shared = Counter(pair for rows in index.values() for pair in combinations(rows, 2))
    near = [(sentences[a][0], sentences[b][0]) for (a, b), n in shared.items() if n / len(grams[a] | grams[b]) > 0.6]
    assert near == []


def test_openings_are_not_repeated(sentences):
    long = [words for _, words in sentences if len(words) >= LONG]
    for length, most in ((3, 0.01), (4, 0.005)):
        opening, n = Counter(tuple(words[:length]) for words in long).most_common(1)[0]
        assert n / len(long) <= most, opening


def test_the_codebooks_own_words_do_not_give_the_codes_away(training):
    truth = training.reference.codes[:, [training.views.codes.index(name) for name in COMPONENTS]]
    texts = [_stems(segment.text) for segment in training.segments]
    for fields in (("id", "name"), ("id", "name", "definition", "include"), ("name", "include", "examples")):
        words = _codebook_words(fields)
        hits = np.array([[len(text & words[name]) for name in COMPONENTS] for text in texts])
        only = {name: words[name] - set.union(*(words[o] for o in COMPONENTS if o != name)) for name in COMPONENTS}
        rare = np.array([[len(text & only[name]) for name in COMPONENTS] for text in texts])
        for scores in (hits, rare, _weighted(texts, words)):
            assert _best_lookup(scores, truth) < 0.35, fields


def _codebook_words(fields: tuple[str, ...]) -> dict[str, set[str]]:
    """Give the stems of a component and of all that is below it."""
    words: dict[str, set[str]] = {name: set() for name in COMPONENTS}
    for code in STUDY.codebook:
        component = STUDY.codebook.at_level(code.id, "component")
        if component in words:
            words[component] |= _stems(" ".join(str(getattr(code, field)) for field in fields).replace("_", " "))
    return words


def _stems(text: str) -> set[str]:
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    words = {word for word in _words(text) if word not in ENGLISH_STOP_WORDS and len(word) > 2}
    return {re.sub(r"(?<=\w{4})(?:ing|ed|es|s|ly)$", "", word) for word in words}


def _weighted(texts: list[set[str]], words: dict[str, set[str]]) -> np.ndarray:
    """Score (N, C), a word counting the more the fewer components have it."""
    weight = {w: np.log(6.5 / sum(w in words[name] for name in COMPONENTS)) for w in set.union(*words.values())}
    return np.array([[sum(weight[w] for w in text & words[name]) for name in COMPONENTS] for text in texts])


def _best_lookup(scores: np.ndarray, truth: np.ndarray) -> float:
    """Macro-F1 with each component's threshold chosen on the very answers: no lookup of these words does better."""
    best = []
    for k in range(len(COMPONENTS)):
        cuts = np.unique(scores[:, k])[1:]
        found = [float(f1(_table(truth[:, k], (scores[:, k] >= cut).astype(np.int8)))) for cut in cuts]
        best.append(max(found, default=0.0))
    return float(np.mean(best))


# ------------------------------------------------------------------------------------------------ what is said of it
def test_the_readme_says_first_that_the_corpus_is_synthetic():
    for name in ("README.md", "DATASHEET.md"):
        text = (STUDY.data / name).read_text(encoding="utf-8")
        start = text.split("\n\n")[1]
        assert "SYNTHETIC" in start, name
        assert "CC BY 4.0" in text, name


def test_the_readmes_table_of_transcripts_is_true(training, held_out):
    text = (STUDY.data / "README.md").read_text(encoding="utf-8")
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]
    stated = {
        cells[0].strip("`"): tuple(cells[4:])
        for cells in rows
        if len(cells) == 7 and cells[1] in ("interview", "focus group")
    }
    actual = {
        name: (Path(t.source).suffix, str(len(one.rows(name))), f"{one.coded[one.rows(name)].mean():.0%}")
        for one in (training, held_out)
        for name, t in one.transcripts.items()
    }
    assert stated == actual


def test_the_readmes_agreement_is_what_comb_measures(training):
    text = (STUDY.data / "README.md").read_text(encoding="utf-8")
    a, b = (training.views.coders[name].codes for name in "AB")
    for k, name in enumerate(training.views.codes):
        stated = re.search(rf"^\| `{name}` \|.*\| (\d\.\d\d) \|$", text, re.MULTILINE)
        assert stated, name
        assert stated[1] == f"{_kappa(a[:, k], b[:, k]):.2f}", name
