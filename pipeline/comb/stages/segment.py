"""Read the transcripts and cut them into segments."""

from collections.abc import Iterable, Iterator

from comb.records import Segment, Transcript
from comb.stages.listener import Listener
from comb.stages.loading import each_in, no_speech
from comb.stages.reading import Prepared
from comb.stages.transcript_copies import coded_and_new, copies_of
from comb.study.atomic import together
from comb.study.files import new_records, write_transcripts
from comb.study.layout import Study


def segment(study: Study, listener: Listener) -> int:
    """Read data/raw, write the canonical transcripts and their segments, and return the number of segments."""
    return write_segments(study, each_in(study, study.raw, listener, keep=True), listener)


def write_segments(study: Study, read: Iterable[Prepared], listener: Listener) -> int:
    """Write transcripts and their segments one by one, all or none, and return the number of segments."""
    openings: dict[str, str] = {}
    count = 0

    def passing() -> Iterator[Transcript]:
        nonlocal count
        for one in read:
            segments = one.cut(study.params.segment)
            openings[one.transcript.id], count = one.reading.opening, count + len(segments)
            write(segments)
            yield one.transcript

    with together(study.root), new_records(study.segments, Segment) as write:
        write_transcripts(study.transcripts, passing())
        for note in (*copies_of(openings, openings), *coded_and_new(study)):
            listener.note(note)
        if not count:
            raise no_speech(study.raw)
    listener.note(f"{len(openings)} transcripts, {count} segments ({study.params.segment.unit}).")
    return count
