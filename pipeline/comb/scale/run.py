"""Process parts with Ray Data: a dataset of parts, and actors that load encoder and head once."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from comb.errors import CombError
from comb.scale.cluster import Workers, import_ray
from comb.scale.results import Partitions
from comb.scale.sources import PART_SIZE
from comb.scale.work import Files, Work, Worker
from comb.stages.listener import Listener
from comb.stages.reading import Instructions


def work_on(
    partitions: Partitions, files: Files, how: Instructions, work: Work, workers: Workers, listener: Listener
) -> None:
    """Process the missing parts, each of which is kept as soon as it is done."""
    missing = partitions.missing()
    if len(missing) < len(partitions.parts):
        done = len(partitions.parts) - len(missing)
        listener.note(f"{done} of {len(partitions.parts)} parts are done already: continuing with the others.")
    if not missing:
        return
    rows = [{"part": part, "sources": partitions.parts[part]} for part in missing]
    kept = import_ray().put(dict(files))  # stays where a restarted worker finds it
    with listener.progress("Working on Ray, by transcript", PART_SIZE * len(missing)) as advance:
        for table in mapped(rows, Worker, (kept, how, work), workers):
            partitions.write(table)
            advance(len(table))


def mapped(
    rows: Sequence[Mapping[str, Any]], worker: type, arguments: tuple[Any, ...], workers: Workers
) -> Iterator[Any]:
    """Yield the workers' results for rows, a pyarrow table for each, in the order in which they finish.

    Raises CombError if the cluster fails; its own messages stay in its logs.
    """
    import_ray()
    import ray.data

    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    dataset = ray.data.from_items(list(rows), override_num_blocks=len(rows)).map_batches(
        worker,
        fn_constructor_args=arguments,
        batch_size=1,
        compute=ray.data.ActorPoolStrategy(size=min(workers.count, len(rows))),
        num_cpus=workers.cpus,
    )
    with _one_line():
        yield from dataset.iter_batches(batch_size=None, batch_format="pyarrow")


@contextmanager
def _one_line() -> Iterator[None]:
    from ray.exceptions import RayError

    try:
        yield
    except RayError as error:
        cause = getattr(error, "cause", None)
        if isinstance(cause, CombError):
            raise cause from None
        remedy = "Run the command again: finished parts are kept, and it resumes from there."
        raise CombError(f"Ray stopped ({type(error).__name__})", remedy=remedy) from None
