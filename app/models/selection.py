"""Which models make an ensemble: greedy selection with replacement, and the best few alike; pure.

Greedy selection is that of Caruana et al., Ensemble selection from libraries of models (ICML 2004).
"""

import math
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

Shares = NDArray[np.float64]
"""What models answer, (models, outputs, examples): probabilities, or numbers."""

Cost = Callable[[Shares], NDArray[np.float64]]
"""What answers cost, (models, criteria): compared by the first criterion, and where that is equal by the next."""

ROUNDS = 50
"""How many models, counted as often as they are taken, greedy selection goes through."""

MOST_VALUES = 1 << 22
"""How many numbers of candidates are compared at a time."""


def greedy(shares: Shares, cost: Cost, rounds: int = ROUNDS) -> list[int]:
    """Return how often each model counts in the ensemble that costs least, of those that greedy selection comes by.

    The models are in their order, best first. In each round the one is taken, perhaps again, with which the mean of all
    taken so far costs least; equal ones go to the first. Of the ensembles of all rounds the best is kept, and of equal
    ones the smallest. Counts have no common divisor. A model that answers anything with no finite number, as one that
    diverged may, is never taken: by a metric that counts answers it could be the best. Raises ValueError if all do.
    """
    usable = np.flatnonzero(answers_with_numbers(shares))
    if not len(usable):
        raise ValueError("No model answers all rows of dev with finite numbers.")
    counts = np.zeros(len(shares), int)
    counts[usable] = _taken(shares[usable], cost, rounds)
    return [int(count) for count in counts]


def answers_with_numbers(shares: Shares) -> NDArray[np.bool_]:
    """Return which models answer every example with finite numbers, (models,)."""
    return np.asarray(np.isfinite(shares).all(axis=(1, 2)), np.bool_)


def _taken(shares: Shares, cost: Cost, rounds: int) -> list[int]:
    """Return how often each model counts, all of which answer with numbers."""
    total = np.zeros_like(shares[0])
    taken: list[int] = []
    costs: list[NDArray[np.float64]] = []
    for size in range(1, rounds + 1):
        found = _costs(shares, total, size, cost)
        pick = _least(found)
        total += shares[pick]
        taken.append(pick)
        costs.append(found[pick])
    best = _least(np.array(costs))
    counts = [taken[: best + 1].count(place) for place in range(len(shares))]
    return [count // math.gcd(*counts) for count in counts]


def top(usable: Iterable[bool], count: int) -> list[int]:
    """Return how often each model counts if the first `count` that are usable count alike.

    No more are asked about than it takes. Raises ValueError if none is usable.
    """
    counts: list[int] = []
    for one in usable:
        counts.append(int(one))
        if sum(counts) == count:
            break
    if not any(counts):
        raise ValueError("No model answers all rows of dev with finite numbers.")
    return counts


def _costs(shares: Shares, total: Shares, size: int, cost: Cost) -> NDArray[np.float64]:
    """Return what the mean costs if each model is the next, (models, criteria)."""
    step = max(MOST_VALUES // max(total.size, 1), 1)
    blocks = [cost((total + shares[first : first + step]) / size) for first in range(0, len(shares), step)]
    return np.concatenate(blocks)


def _least(costs: NDArray[np.float64]) -> int:
    """Return the first row of the least cost; what is no number costs more than all else."""
    rows: Sequence[tuple[float, ...]] = np.where(np.isnan(costs), np.inf, costs).tolist()
    return min(range(len(rows)), key=lambda place: (rows[place], place))
