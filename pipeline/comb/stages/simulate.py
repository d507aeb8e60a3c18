"""Simulate coding in several orders, to see how many coded segments each would have needed."""

from collections.abc import Sequence

from comb.active_learning.simulation import ORDERS, Simulation, heads, sizes, summarise
from comb.active_learning.simulation import simulate as play
from comb.stages.listener import Listener
from comb.stages.tune import untuned_dataset
from comb.study.files import write_record
from comb.study.layout import Study


def simulate(study: Study, strategies: Sequence[str], runs: int, listener: Listener) -> Simulation:
    """Simulate the strategies and random order, write how many coded segments each would have needed, and return it."""
    dataset = untuned_dataset(study, "simulate", listener)
    played = [*ORDERS, *strategies]
    with listener.progress("Coding again", heads(dataset, played, runs)) as advance:
        found = play(dataset, study.params.train, played, runs, advance)
    summary = summarise(found, sizes(dataset), study.params.evaluate.seed)
    write_record(study.simulation, summary)
    return summary
