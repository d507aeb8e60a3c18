"""Embeddings: each text once, and never again while the cache knows it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comb.encoder import embed
from comb.encoder.embed import Cache, OnnxEncoder, distinct_texts, embed_segments, groups
from comb.records import Segment


def segment(text: str, context: str = "") -> Segment:
    return Segment("t", 0, len(text), 0, "P", "participant", text, context)


def test_equal_texts_are_encoded_once(tmp_path, fake_encoder) -> None:
    embeddings, new = Cache(tmp_path / "c" / "cache.sqlite", fake_encoder).encode(["yes", "no", "yes"])
    assert fake_encoder.encoded == ["yes", "no"]
    assert new == 2
    assert np.array_equal(embeddings[0], embeddings[2])


def test_a_second_run_encodes_only_what_is_new(tmp_path, fake_encoder) -> None:
    first, _ = Cache(tmp_path / "cache.sqlite", fake_encoder).encode(["yes", "no"])
    fake_encoder.encoded.clear()
    second, new = Cache(tmp_path / "cache.sqlite", fake_encoder).encode(["no", "perhaps", "yes"])
    assert fake_encoder.encoded == ["perhaps"]
    assert new == 1
    assert np.array_equal(second[[2, 0]], first)


def test_one_more_transcript_in_a_thousand_encodes_only_that_transcript(tmp_path, fake_encoder) -> None:
    cache = Cache(tmp_path / "cache.sqlite", fake_encoder)
    texts = [f"transcript {n} sentence {s}" for n in range(1000) for s in range(3)]
    cache.encode(texts)
    fake_encoder.encoded.clear()
    cache.encode([*texts, "one more", "and more"])
    assert fake_encoder.encoded == ["one more", "and more"]


def test_another_encoder_shares_nothing(tmp_path, fake_encoder) -> None:
    Cache(tmp_path / "cache.sqlite", fake_encoder).encode(["yes"])
    fake_encoder.id = "other"
    assert Cache(tmp_path / "cache.sqlite", fake_encoder).encode(["yes"])[1] == 1


def test_the_cache_holds_no_words(tmp_path, fake_encoder) -> None:
    Cache(tmp_path / "cache.sqlite", fake_encoder).encode(["unmistakable words"])
    assert b"unmistakable" not in (tmp_path / "cache.sqlite").read_bytes()


def test_context_is_a_second_embedding_and_zero_where_there_is_none(tmp_path, fake_encoder) -> None:
    cache = Cache(tmp_path / "cache.sqlite", fake_encoder)
    segments = [segment("yes", "Do you walk?"), segment("hello")]
    both, _ = embed_segments(segments, cache, context=True)
    alone, _ = embed_segments(segments, cache, context=False)
    assert both.shape == (2, 4, 24)
    assert alone.shape == (2, 2, 24)
    assert np.array_equal(both[:, :2], alone)
    assert not both[1, 2:].any()
    assert both[0, 2:].any()
    assert distinct_texts(segments, context=True) == 4


@given(st.lists(st.integers(1, 40), max_size=60), st.integers(1, 200))
def test_batches_hold_texts_of_one_length_within_the_budget(lengths: list[int], budget: int) -> None:
    encoder = OnnxEncoder.__new__(OnnxEncoder)
    encoder.batch_tokens = budget
    batches = list(encoder._batches(lengths))
    assert sorted(row for rows in batches for row in rows) == list(range(len(lengths)))
    for rows in batches:
        assert len({lengths[row] for row in rows}) == 1
        assert len(rows) == 1 or len(rows) * lengths[rows[0]] <= budget


def test_groups_hold_whole_transcripts_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embed, "CHUNK", 3)
    segments = [Segment(name, i, i + 1, 0, "P", "participant", "x") for name in "abcd" for i in range(2)]
    found = list(groups(segments))
    assert [{s.transcript for s in group} for group in found] == [{"a", "b"}, {"c", "d"}]
    assert [s for group in found for s in group] == segments
    assert list(groups([])) == []
