"""Turn segments into embeddings; only texts that are new are encoded."""

from comb.encoder.embed import LAYERS
from comb.records import Segment
from comb.stages.listener import Listener
from comb.stages.loading import embedded, load_encoder
from comb.study.files import new_array, read_records
from comb.study.layout import Study


def embed(study: Study, listener: Listener) -> int:
    """Write the embeddings of all segments and return how many texts had to be encoded."""
    segments = read_records(study.segments, Segment)
    encoder, encoded = load_encoder(study), 0
    shape = (len(segments), LAYERS * (2 if study.params.embed.context else 1), encoder.dimension)
    with new_array(study.embeddings, shape) as write:
        for _, embeddings, new in embedded(study, segments, encoder, listener):
            write(embeddings)
            encoded += new
    listener.note(f"{len(segments)} segments embedded; {encoded} texts encoded, the others were known.")
    return encoded
