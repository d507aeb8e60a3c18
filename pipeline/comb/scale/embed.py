"""``comb embed --engine ray``: the cluster encodes the texts that are not in the cache of embeddings.

The local stage then writes all embeddings. A killed run resumes from the cache.
"""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from comb.encoder.embed import Cache
from comb.errors import CombError
from comb.records import Segment
from comb.scale.cluster import Workers, cluster, import_ray
from comb.scale.run import mapped
from comb.scale.work import Files, OwnStudy, encoder_files, load_lone_encoder
from comb.stages.embed import embed
from comb.stages.listener import Listener
from comb.stages.loading import load_encoder, tell_cut
from comb.study.files import iterate_records
from comb.study.layout import Study

TEXTS = 1024
"""Texts that a worker encodes at once."""
AT_ONCE = 400_000
"""Texts that are sent to the cluster together; bounds memory."""


class EncodingWorker:
    """An actor of Ray that encodes texts."""

    def __init__(self, files: Any) -> None:
        self.own = OwnStudy(files)
        self.encoder = load_lone_encoder(self.own.study)

    def __call__(self, batch: Mapping[str, Any]) -> Any:
        """Return the texts of a row with their embeddings, in half precision as the cache keeps them."""
        import numpy as np
        import pyarrow as pa

        texts = [str(text) for text in batch["texts"][0]]
        before = self.encoder.cut
        try:
            found = self.encoder.encode(texts).astype(np.float16)
        except Exception as error:  # its words would go into Ray's logs
            remedy = "Run the command again with fewer --workers; if that fails too, run: comb encoder."
            raise CombError(f"the encoder failed ({type(error).__name__})", remedy=remedy) from None
        cut = [self.encoder.cut - before] + [0] * (len(texts) - 1)
        return pa.table({"text": texts, "embedding": [one.tobytes() for one in found], "cut": cut})


def embed_on_ray(study: Study, listener: Listener, *, address: str = "", workers: int = 0) -> int:
    """Write the embeddings of all segments and return how many texts had to be encoded."""
    import_ray(address)
    encoder, encoded = load_encoder(study), 0
    cache, files = Cache(study.cache, encoder), encoder_files(study)
    missing = cache.unknown(_texts(study))
    if texts := list(islice(missing, AT_ONCE)):
        with cluster(address, workers) as many:
            while texts:
                encoded += _encode(texts, cache, files, many, listener)
                texts = list(islice(missing, AT_ONCE))
    listener.note(f"{encoded} texts encoded on Ray.")
    embed(study, listener)
    tell_cut(encoder, listener)
    return encoded


def _texts(study: Study) -> Iterator[str]:
    """Yield the texts that have to be embedded."""
    for segment in iterate_records(study.segments, Segment):
        yield segment.text
        if study.params.embed.context:
            yield segment.context


def _encode(texts: list[str], cache: Cache, files: Files, workers: Workers, listener: Listener) -> int:
    """Encode texts on the cluster, and keep each worker's embeddings as soon as they are there; return their number."""
    rows = [{"texts": texts[low : low + TEXTS]} for low in range(0, len(texts), TEXTS)]
    with listener.progress("Encoding on Ray", len(texts)) as advance:
        for table in mapped(rows, EncodingWorker, (import_ray().put(dict(files)),), workers):
            cache.store(table.column("text").to_pylist(), table.column("embedding").to_pylist())
            cache.encoder.cut += sum(table.column("cut").to_pylist())
            advance(len(table))
    return len(texts)
