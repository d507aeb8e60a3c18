"""Read the transcripts and cut them into segments."""

from comb.records import Segment
from comb.stages.listener import Listener
from comb.stages.loading import no_speech, read_all
from comb.stages.transcript_copies import coded_and_new, copies_of
from comb.study.atomic import together
from comb.study.files import write_records, write_transcripts
from comb.study.layout import Study
from comb.transcripts.segment import segment_transcripts


def segment(study: Study, listener: Listener) -> list[Segment]:
    """Read data/raw, write the canonical transcripts and their segments, and return the segments."""
    transcripts = read_all(study, study.raw, listener)
    by_id = {transcript.id: transcript for transcript in transcripts}
    for note in (*copies_of(by_id, by_id), *coded_and_new(study)):
        listener.note(note)
    segments = segment_transcripts(transcripts, study.params.segment)
    if not segments:
        raise no_speech(study.raw)
    with together(study.root):
        write_transcripts(study.transcripts, transcripts)
        write_records(study.segments, Segment, segments)
    listener.note(f"{len(transcripts)} transcripts, {len(segments)} segments ({study.params.segment.unit}).")
    return segments
