"""Evidence: the finished trials of a sweep as tables of numbers, from which is read what its search has found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, inf
from typing import Self, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from app.analysis.columns import Floats, coordinates_of, values_of
from app.domain.objectives import Direction, cost
from app.domain.space import Space
from app.domain.states import TrialState
from app.domain.trials import Trial

Rows: TypeAlias = NDArray[np.int64]
T = TypeVar("T", bound=np.generic)

LEAST_TRIALS = 20
"""With fewer trials that have a value nothing is said of the space."""

BEST = 0.1
"""The best tenth of the trials."""

FEWEST_BEST, LARGEST_BEST = 10, 1 / 3
"""A best tenth or fifth has so many trials at least, but never is a larger part of all: few tell little from chance."""

COMPARED = frozenset({TrialState.COMPLETED, TrialState.PRUNED, TrialState.DIVERGED})
"""What was cancelled or failed says nothing of its point."""

_STANDS = {TrialState.COMPLETED: 0, TrialState.PRUNED: 1, TrialState.DIVERGED: 2}


@dataclass(frozen=True, slots=True)
class Evidence:
    """Trials that lie in `space`, each trained itself, with a number in each array for each of them.

    `costs` are lower where a trial is better, infinite without a value; `best_first` are rows: completed trials by
    cost, then pruned ones, the longest first, then those that diverged. `values` are the numbers of each parameter, of
    a choice the positions in its list, `coordinates` where they lie on its own scale, from 0 to 1, but for the values
    of choices without an order, which are labels; both are NaN where the parameter was not drawn.
    """

    space: Space
    direction: Direction
    trials: Sequence[Trial]
    costs: Floats
    best_first: Rows
    values: Mapping[str, Floats]
    coordinates: Mapping[str, Floats]

    @classmethod
    def of(cls, space: Space, direction: Direction, trials: Sequence[Trial]) -> Self:
        """Return what trials of a space show; those that cannot be compared are left out."""
        kept = [one for one in trials if one.state in COMPARED and one.same_as is None]
        found = [cost(one.value, direction) for one in kept]
        costs = np.array([inf if value is None else value for value in found], np.float64)
        axes = space.parameters
        points = [one.params for one in kept]
        values = {name: values_of(axis, name, points) for name, axis in axes.items()}
        coordinates = {name: coordinates_of(axis, values[name]) for name, axis in axes.items()}
        order = sorted(range(len(kept)), key=lambda row: _rank(kept[row], float(costs[row])))
        return cls(space, direction, kept, costs, np.array(order, np.int64), values, coordinates)

    @property
    def valued(self) -> int:
        """How many trials have a value."""
        return int(np.isfinite(self.costs).sum())

    @property
    def enough(self) -> bool:
        """Whether there are enough trials to say something of the space."""
        return self.valued >= LEAST_TRIALS and len(self.space) > 0

    def drawn(self, *names: str) -> Rows:
        """Return the rows of trials that have all these parameters, the best first."""
        missing = np.isnan(np.stack([self.coordinates[name] for name in names])).sum(0)
        return np.asarray(self.best_first[missing[self.best_first] == 0])


def best_of(rows: NDArray[T], share: float) -> NDArray[T]:
    """Return so large a share of rows, or of what belongs to them, that come with the best first."""
    return rows[: best_count(len(rows), share)]


def best_count(count: int, share: float) -> int:
    """Return how many of so many trials are the best ones."""
    return min(max(round(count * share), FEWEST_BEST), ceil(count * max(share, LARGEST_BEST)))


def _rank(trial: Trial, value: float) -> tuple[int, int, float, int]:
    stands = _STANDS[trial.state]
    return stands, -trial.epochs if trial.state is TrialState.PRUNED else 0, value, trial.number
