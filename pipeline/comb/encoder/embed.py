"""Turn segments into embeddings with onnxruntime; each text is encoded once and then taken from the cache.

Shapes: N texts, D dimensions. An embedding has ``LAYERS`` parts, each of unit length: the encoder's last layer, by
which texts are compared, and a layer two thirds up, which represents grammar and tone better (Liu et al. 2019,
Linguistic Knowledge and Transferability of Contextual Representations, NAACL, section 5).
"""

import hashlib
import json
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from comb.errors import BadInputError, NotReadyError
from comb.records import Segment
from comb.study.damage import check, sound
from comb.study.files import need, read_record

Embeddings = NDArray[np.floating[Any]]
LAYERS = 2
Progress = Callable[[int], object]
CHUNK = 8192
"""Texts that are tokenised and sorted together; keeps memory flat whatever the study's size."""

PAGES = 65_536
"""Size of the cache's pages in memory, in KiB."""


class TextEncoder(Protocol):
    """Anything that turns texts into embeddings."""

    id: str
    dimension: int
    max_tokens: int
    """Most tokens of a text that it reads; the rest is left out."""
    cut: int
    """Number of texts so far that were longer."""

    def encode(self, texts: Sequence[str], progress: Progress = ...) -> Embeddings:
        """Return the embeddings (N, LAYERS, D) of N texts."""
        ...


GRAPH, TOKENIZER, FACTS = "model.onnx", "tokenizer.json", "encoder.json"
"""The files of an encoder."""
AGAIN = "Export the encoder again: dvc repro --force encoder (or: comb encoder)."


@dataclass(frozen=True, kw_only=True)
class EncoderFacts:
    """Description of an encoder: the content of ``encoder.json``."""

    id: str
    """Hash of everything that an embedding depends on."""
    model: str = ""
    weights_sha256: str = ""
    precision: str = ""
    dimension: int
    max_tokens: int
    tuned: str = ""
    """Digest of the data that it was fine-tuned on."""
    prompt: str = ""
    """Text that is put before each text."""
    special_tokens: bool = True
    """False if no tokens for beginning and end are added to a text."""


def read_encoder_facts(folder: Path) -> EncoderFacts:
    """Read the description of an encoder. Raises NotReadyError if there is none, BadInputError if it is damaged."""
    if not folder.is_dir():
        raise NotReadyError("not exported yet", where=str(folder), remedy="Run: comb encoder.")
    return read_record(folder / FACTS, EncoderFacts, AGAIN)


def identity(folder: Path, facts: EncoderFacts) -> str:
    """Hash everything that an embedding depends on: graph, tokenizer and the length at which texts are cut."""
    told = {name: value for name, value in stored_facts(facts).items() if name != "id"}
    digest = hashlib.sha256(json.dumps(told, sort_keys=True).encode())
    for name in (GRAPH, TOKENIZER):
        with (folder / name).open("rb") as file:
            hashlib.file_digest(file, lambda: digest)
    return digest.hexdigest()[:16]


def stored_facts(facts: EncoderFacts) -> dict[str, Any]:
    """Return the content of ``encoder.json``, without fields that have their usual value."""
    usual = {"tuned": "", "prompt": "", "special_tokens": True}
    return {name: value for name, value in asdict(facts).items() if name not in usual or value != usual[name]}


def open_graph(path: Path) -> Any:
    """Return a session of onnxruntime that runs a graph on the processor, with telemetry off."""
    import onnxruntime

    onnxruntime.disable_telemetry_events()  # on Windows, where no environment variable does it
    options = onnxruntime.SessionOptions()
    # Whole batches side by side keep all cores busy; threads inside a batch wait for one another.
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def _silent(done: int) -> None:
    return None


class OnnxEncoder:
    """The exported encoder.

    A batch contains texts of one length in tokens, as many as the token budget allows: no padding is computed, and an
    embedding does not depend, to the bit, on what else is in the batch.
    """

    def __init__(self, folder: Path, batch_tokens: int = 2048, threads: int | None = None) -> None:
        """``threads`` is the number of batches at once, by default one for each processor."""
        from tokenizers import Tokenizer

        facts = read_encoder_facts(folder)
        self.id: str = facts.id
        self.dimension: int = facts.dimension
        self.max_tokens: int = facts.max_tokens
        self.cut = 0
        self.batch_tokens, self.threads = batch_tokens, threads or os.cpu_count()
        self._prompt, self._special_tokens = facts.prompt, facts.special_tokens
        for name in (GRAPH, TOKENIZER):
            need(folder / name, AGAIN)
        with sound(folder / TOKENIZER, AGAIN):
            self._tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
            self._tokenizer.no_padding()
            self._tokenizer.enable_truncation(facts.max_tokens)
        with sound(folder / GRAPH, AGAIN):
            self._session = open_graph(folder / GRAPH)
            parts = len(self._session.get_outputs()[0].shape)
        if parts != 3:
            remedy = "Rebuild everything: dvc repro --force"
            raise NotReadyError("the encoder is from an earlier version of comb", where=str(folder), remedy=remedy)
        check(identity(folder, facts) == facts.id, folder / FACTS, AGAIN)

    def encode(self, texts: Sequence[str], progress: Progress = _silent) -> Embeddings:
        """Return the embeddings (N, LAYERS, D) of N texts."""
        out = np.zeros((len(texts), LAYERS, self.dimension), np.float32)
        with ThreadPoolExecutor(self.threads) as pool:
            for start in range(0, len(texts), CHUNK):
                tokens = self._tokens(texts[start : start + CHUNK])
                batches = list(self._batches([len(ids) for ids in tokens]))
                done = pool.map(self._run, [[tokens[row] for row in rows] for rows in batches])
                for rows, embeddings in zip(batches, done, strict=True):
                    out[[start + row for row in rows]] = embeddings
                    progress(len(rows))
        return out

    def _tokens(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the token ids of some texts, and count the texts that are longer than the encoder reads."""
        prompted = [self._prompt + text for text in texts]
        found = self._tokenizer.encode_batch_fast(prompted, add_special_tokens=self._special_tokens)
        self.cut += sum(bool(encoding.overflowing) for encoding in found)
        return [encoding.ids for encoding in found]

    def _run(self, tokens: list[list[int]]) -> Embeddings:
        embeddings: Embeddings = self._session.run(None, {"input_ids": np.array(tokens, np.int64)})[0]
        return embeddings

    def _batches(self, lengths: Sequence[int]) -> Iterator[list[int]]:
        rows: list[int] = []
        for row in sorted(range(len(lengths)), key=lengths.__getitem__, reverse=True):
            if not lengths[row]:
                break  # a text without any token that the encoder knows: its embedding is 0
            if rows and (lengths[row] != lengths[rows[0]] or (len(rows) + 1) * lengths[row] > self.batch_tokens):
                yield rows
                rows = []
            rows.append(row)
        if rows:
            yield rows


class Cache:
    """Embeddings by content: the key is a hash of the encoder's id and the text; the texts are not kept.

    They are kept in half precision (three digits), which takes half of the memory.
    """

    def __init__(self, path: Path | str, encoder: TextEncoder) -> None:
        self.encoder = encoder
        self.path = path

    def encode(self, texts: Sequence[str], progress: Progress = _silent) -> tuple[Embeddings, int]:
        """Return the embeddings (N, LAYERS, D) of N texts, and how many texts had to be encoded."""
        distinct, places, new = self.look_up(texts, progress)
        return distinct[places], new

    def look_up(self, texts: Sequence[str], progress: Progress = _silent) -> tuple[Embeddings, NDArray[np.intp], int]:
        """Return embeddings of U distinct texts (U, LAYERS, D), the index of each of N (N,), and how many are new.

        Each embedding is in memory once, however often its text occurs.
        """
        index: dict[str, int] = {}
        places = np.array([index.setdefault(text, len(index)) for text in texts], np.intp)
        unique = list(index)
        out = np.empty((len(unique), LAYERS, self.encoder.dimension), np.float16)
        new = 0
        with self._refusing(), closing(self._open()) as database:
            for start in range(0, len(unique), CHUNK):
                new += self._fill(database, unique[start : start + CHUNK], out[start : start + CHUNK], progress)
        return out, places, new

    def _fill(self, database: sqlite3.Connection, texts: Sequence[str], out: Embeddings, progress: Progress) -> int:
        """Fill ``out`` from the database or, if it does not know a text, from the encoder; count the latter."""
        keys = [self._key(text) for text in texts]
        size = out[:1].nbytes
        stored = {key: vector for key, vector in _select(database, keys).items() if len(vector) == size}
        missing = [row for row, key in enumerate(keys) if key not in stored]
        for row, key in enumerate(keys):
            if key in stored:
                out[row] = np.frombuffer(stored[key], np.float16).reshape(out[row].shape)
        progress(len(stored))
        if missing:
            out[missing] = self.encoder.encode([texts[row] for row in missing], progress)
            _insert(database, [(keys[row], out[row].tobytes()) for row in missing])
        return len(missing)

    def unknown(self, texts: Iterable[str]) -> Iterator[str]:
        """Yield the texts that are not in the cache, each once."""
        seen: set[bytes] = set()
        left = iter(texts)
        with self._refusing(), closing(self._open()) as database:
            while some := list(islice(left, CHUNK)):
                keys = {self._key(text): text for text in some}
                new = [key for key in keys if key not in seen]
                seen.update(new)
                stored = _select(database, new)
                yield from (keys[key] for key in new if key not in stored)

    def store(self, texts: Sequence[str], vectors: Sequence[bytes]) -> None:
        """Store embeddings that were made elsewhere, given in half precision as they are in memory."""
        with self._refusing(), closing(self._open()) as database:
            _insert(database, [(self._key(text), vector) for text, vector in zip(texts, vectors, strict=True)])

    @contextmanager
    def _refusing(self) -> Iterator[None]:
        """Turn what SQLite says of a file that is no database, and of a full disk, into one line."""
        where = Path(self.path).name
        try:
            yield
        except sqlite3.OperationalError as error:
            what = f"the cache of embeddings cannot be used ({error.sqlite_errorname})"
            remedy = "Check whether the disk is full and whether you may write there; then run the command again."
            raise NotReadyError(what, where=where, remedy=remedy) from None
        except sqlite3.Error:
            remedy = "Delete it: the next run encodes the texts again."
            raise BadInputError("a damaged cache of embeddings", where=str(self.path), remedy=remedy) from None

    def _key(self, text: str) -> bytes:
        return hashlib.sha256(f"{self.encoder.id}\0{text}".encode("utf-8", "surrogatepass")).digest()

    def _open(self) -> sqlite3.Connection:
        Path(self.path).parent.mkdir(parents=True, exist_ok=True)
        database = sqlite3.connect(self.path, timeout=60)
        # Vectors lie in the order in which they came, and only the keys are sorted: among sorted vectors, each new one
        # would touch a page of its own, and cost more the more there are.
        database.execute("create table if not exists embeddings (key blob primary key, vector blob)")
        database.execute(f"pragma cache_size = -{PAGES}")
        return database


def _insert(database: sqlite3.Connection, rows: Sequence[tuple[bytes, bytes]]) -> None:
    with database:
        database.executemany("insert or replace into embeddings values (?, ?)", rows)


def _select(database: sqlite3.Connection, keys: Sequence[bytes]) -> dict[bytes, bytes]:
    found: dict[bytes, bytes] = {}
    for start in range(0, len(keys), 500):
        some = keys[start : start + 500]
        marks = ",".join("?" * len(some))
        # The statement contains question marks only, never a value.
        found.update(database.execute(f"select key, vector from embeddings where key in ({marks})", some))  # noqa: S608
    return found


def embed_segments(
    segments: Sequence[Segment], cache: Cache, progress: Progress = _silent, *, context: bool
) -> tuple[Embeddings, int]:
    """Return the embeddings (N, B, D) of N segments, and how many texts were new to the cache.

    B is LAYERS, or twice that with ``context``: then those of the segment's context follow, 0 if it has none.
    """
    n = len(segments)
    texts = [segment.text for segment in segments]
    texts += [segment.context for segment in segments] if context else []
    distinct, places, new = cache.look_up(texts, progress)
    out = np.empty((n, 2 if context else 1, *distinct.shape[1:]), distinct.dtype)
    for block in range(out.shape[1]):
        np.take(distinct, places[block * n : (block + 1) * n], axis=0, out=out[:, block], mode="clip")
    if context:
        out[[not segment.context for segment in segments], 1] = 0
    return out.reshape(n, -1, out.shape[-1]), new


def groups(segments: Iterable[Segment]) -> Iterator[list[Segment]]:
    """Split segments into groups of whole transcripts, each as small as possible with at least ``CHUNK`` segments.

    Work that is done group by group takes no more memory in a large study than in a small one.
    """
    group: list[Segment] = []
    for segment in segments:
        if len(group) >= CHUNK and segment.transcript != group[-1].transcript:
            yield group
            group = []
        group.append(segment)
    if group:
        yield group


def distinct_texts(segments: Sequence[Segment], *, context: bool) -> int:
    """Count the texts that ``embed_segments`` has to look up."""
    return len({s.text for s in segments} | ({s.context for s in segments} if context else set()))
