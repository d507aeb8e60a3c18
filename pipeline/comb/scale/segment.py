"""``comb segment --engine ray``: the same output as the local stage, to the byte."""

import logging
from collections.abc import Iterator

from comb.errors import BadInputError
from comb.scale.cluster import cluster, import_ray
from comb.scale.results import Partitions
from comb.scale.run import work_on
from comb.scale.sources import find_sources, parts
from comb.scale.work import SegmentWork, digest_of
from comb.stages.listener import Listener
from comb.stages.loading import each_read
from comb.stages.reading import READERS, Prepared, instructions, prepared_json
from comb.stages.reading_cache import remove_entries
from comb.stages.segment import write_segments
from comb.study.layout import Study


def segment_on_ray(study: Study, listener: Listener, *, address: str = "", workers: int = 0) -> int:
    """Read data/raw on Ray, write the canonical transcripts and their segments, and return the number of segments."""
    import_ray(address)
    how = instructions(study)
    sources, errors = find_sources(study, (), study.raw)
    work = SegmentWork(how.segment)
    done = Partitions(study.state / "ray", digest_of({}, how, work), parts(sources))
    if sources:
        with cluster(address, workers) as many:
            work_on(done, {}, how, work, many, listener)
    count = write_segments(study, each_read(study, study.raw, _read(done, errors), errors, listener), listener)
    done.remove()
    remove_entries(study.readings)  # nobody else would remove those of transcripts that are gone
    return count


def _read(done: Partitions, errors: list[BadInputError]) -> Iterator[Prepared | BadInputError]:
    """Yield what the workers read, and add what they could not to the errors."""
    for results in done.read():
        for one in results:
            if one.error:
                errors.append(BadInputError(one.error, remedy=""))  # the line ends with its remedy
                continue
            prepared = prepared_json().validate_json(one.facts)
            for warning in prepared.warnings:
                logging.getLogger(READERS).warning("%s", warning)
            yield prepared
