"""Turn segments into embeddings; only new texts are encoded."""

from comb.encoder.embed import LAYERS
from comb.records import Segment
from comb.stages.listener import Listener
from comb.stages.loading import embedded, load_encoder
from comb.study.files import count_records, iterate_records, new_array
from comb.study.layout import Study


def embed(study: Study, listener: Listener) -> int:
    """Write the embeddings of all segments and return how many texts had to be encoded."""
    count, segments = count_records(study.segments, Segment), iterate_records(study.segments, Segment)
    encoder, encoded = load_encoder(study), 0
    shape = (count, LAYERS * (2 if study.params.embed.context else 1), encoder.dimension)
    with new_array(study.embeddings, shape) as write:
        for _, embeddings, new in embedded(study, segments, count, encoder, listener):
            write(embeddings)
            encoded += new
    listener.note(f"Segments embedded: {count}; texts encoded: {encoded}, the others were in the cache.")
    return encoded
