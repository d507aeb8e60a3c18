"""What an opinion adds: how much the loss on held-out transcripts falls when it is joined to the others.

Shapes: N segments, M opinions, K codes, G groups that are held out together.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from comb.codings.alignment import Codes
from comb.learning.linear import log_losses
from comb.learning.stacker import fit_stacker, joinable, value_means
from comb.learning.thresholds import Floats

FEWEST_GROUPS = 4
"""Fewest transcripts; with fewer, no improvement could be shown."""
FOLDS = 4
SURE = 0.5
"""Standard errors over transcripts by which an opinion must improve on the others to be used."""
NORMAL_95 = 1.96


@dataclass(frozen=True)
class Worth:
    """Mean logarithmic loss per segment with an opinion and without it, and the gain with a normal 95% interval."""

    opinion: str
    used: bool
    with_it: float
    without_it: float
    gain: float
    low: float
    high: float


@dataclass(frozen=True)
class HeldOut:
    """M opinions' values for segments on which they were not fitted, and people's codes."""

    names: tuple[str, ...]
    """(M,)."""
    expected: tuple[float, ...]
    """(M,): expected weight of each in the stacker."""
    values: Floats
    """(N, M, K): NaN where an opinion cannot judge."""
    transcripts: NDArray[np.intp]
    """(N,): a segment shown alone has a number of its own."""
    coded: NDArray[np.bool_]
    """(N,): whether its answers are known; the others serve as neighbours."""
    answers: Codes
    """(N, K)."""
    groups: NDArray[np.intp]
    """(N,)."""
    exclusive: bool

    def only(self, names: Sequence[str]) -> "HeldOut":
        """Return the same with these opinions only."""
        kept = [self.names.index(name) for name in names]
        expected = tuple(self.expected[index] for index in kept)
        return HeldOut(tuple(names), expected, self.values[:, kept], *self._rest())

    def _rest(self) -> tuple[NDArray[np.intp], NDArray[np.bool_], Codes, NDArray[np.intp], bool]:
        return self.transcripts, self.coded, self.answers, self.groups, self.exclusive

    @property
    def means(self) -> Floats:
        """(M, K): replacements for missing values."""
        return value_means(self.values[self.coded])

    def features(self) -> tuple[Floats, Codes]:
        """Return the data for fitting a stacker: joinable values of the coded segments, and their answers."""
        joined = joinable(self.values, self.means, np.array(self.expected), self.transcripts)
        return joined[self.coded], self.answers[self.coded]

    def losses(self) -> Floats:
        """Return the loss (G,) of each group, summed over segments, by a stacker fitted on other groups."""
        features, answers = self.features()
        number = np.unique(self.groups[self.coded], return_inverse=True)[1]
        losses = np.zeros(len(answers))
        for fold in range(FOLDS):
            test = number % FOLDS == fold
            rest = self.means, self.expected
            stacker = fit_stacker(features[~test], answers[~test], *rest, exclusive=self.exclusive)
            losses[test] = log_losses(stacker.join(features[test]), answers[test].astype(float), self.exclusive)
        summed: Floats = np.bincount(number, losses).astype(np.float64)
        return summed


def earned(held: HeldOut, core: Sequence[str], candidates: Sequence[str]) -> tuple[str, ...]:
    """Return the core opinions, and the candidates that reduce the loss of those before them enough.

    Enough is more than ``SURE`` standard errors over groups: a low bar, which chance alone often passes.
    """
    joined = tuple(core)
    if not candidates or _groups(held) < FEWEST_GROUPS:
        return joined
    before = held.only(joined).losses()
    for name in candidates:
        after = held.only((*joined, name)).losses()
        gain, error = _gain(before, after)
        if gain > SURE * error:
            joined, before = (*joined, name), after
    return joined


def worths(held: HeldOut, joined: Sequence[str]) -> list[Worth]:
    """Return the worth of each opinion given the others in use; none if too few groups are coded."""
    if _groups(held) < FEWEST_GROUPS:
        return []
    now = held.only(joined).losses()
    return [_worth(held, tuple(joined), name, now) for name in held.names if set(joined) != {name}]


def _worth(held: HeldOut, joined: tuple[str, ...], name: str, now: Floats) -> Worth:
    used = name in joined
    others = tuple(one for one in joined if one != name) if used else (*joined, name)
    other = held.only(others).losses()
    with_it, without_it = (now, other) if used else (other, now)
    n = int(held.coded.sum())
    gain, error = _gain(without_it, with_it)
    figures = with_it.sum(), without_it.sum(), gain, gain - NORMAL_95 * error, gain + NORMAL_95 * error
    return Worth(name, used, *(round(float(figure) / n, 5) + 0.0 for figure in figures))


def _groups(held: HeldOut) -> int:
    return len(np.unique(held.groups[held.coded]))


def _gain(before: Floats, after: Floats) -> tuple[float, float]:
    """Return by how much the loss (G,) fell, summed over groups, and the standard error of that."""
    gains = before - after
    error = float(np.sqrt(len(gains)) * gains.std(ddof=1))
    return float(gains.sum()), error
