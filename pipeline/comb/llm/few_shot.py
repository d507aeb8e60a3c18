"""Choose coded segments as examples for a model: similar to the segment that it codes, and different from one another.

Shapes: M examples, D dimensions.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]


def nearest_diverse(query: Floats, pool: Floats, most: int) -> list[int]:
    """Return up to ``most`` rows of the pool (M, D) for a query (D,), all of unit length: the nearest one first.

    Each next one is the row whose cosine to the query exceeds that to its nearest chosen row by the most: maximal
    marginal relevance with equal weights (Carbonell & Goldstein 1998, SIGIR).

    >>> pool = np.array([[1, 0], [0.999, 0.04], [0.6, 0.8]])
    >>> nearest_diverse(np.array([0.8, 0.6]), pool, 2)
    [2, 0]
    """
    worth = pool @ query
    chosen: list[int] = []
    taken = np.zeros(len(pool))
    for _ in range(min(most, len(pool))):
        value = worth - taken
        value[chosen] = -np.inf
        best = int(value.argmax())
        chosen.append(best)
        taken = np.maximum(taken, pool @ pool[best])
    return chosen
