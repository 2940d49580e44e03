"""Tree-structured Parzen estimators: each parameter where good trials are dense and the others are not.

Costs are compared by rank alone. Each parameter is drawn from the density of the good trials in which it was active; of
some draws the one is taken at which that density exceeds the others' most. Bergstra, Bardenet, Bengio and Kegl,
"Algorithms for hyper-parameter optimization", NIPS 2011.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeGuard, final

import numpy as np
from numpy.typing import NDArray

from app.domain.options import Option
from app.domain.plan import Need
from app.domain.space import ChoiceParameter, Parameter
from app.domain.values import Value
from app.samplers.base import Ask, Quantiles, Sampler
from app.samplers.seen import Seen, seen
from app.samplers.unlearnt import unlearnt
from app.surrogates import Density, Normals, Shares
from app.surrogates.axes import BELOW_1, Axes, middles

_ENOUGH = 8
"""So many trials at a rung are enough to learn from."""

_GOOD, _MOST_GOOD, _OTHERS = 0.1, 25, 500
"""The share of the trials that is good, the most of them, and how many of the others are looked at, the newest."""

_DRAWS = (24, 12, 6, 3, *[1] * 12)
"""Of how many draws each parameter is the best: fewer, once the points found that way were tried before."""

_UNIFORM = 256
"""Points by chance among which a new one is sought, once the densities gave none."""

Floats = NDArray[np.float64]


@final
class TreeParzen(Sampler):
    """Proposes batches from all trials that have stopped; the first one, and any while none has, fills the space."""

    need = Need.ALL
    options: Mapping[str, Option] = {
        "batch": Option(8, 1, 64, "so many trials are drawn together, after the last ones have stopped")
    }

    def propose(self, ask: Ask) -> Quantiles:
        """Return the batch, the same for the same question; each point is new while any is found."""
        shown = seen(ask.history, _ENOUGH)
        if not len(ask.space) or not shown.costs or not ask.numbers:
            return unlearnt(ask)
        return _Search(ask, shown, np.random.Generator(np.random.Philox([ask.seed, ask.numbers[0]]))).batch()


@dataclass(frozen=True)
class _Axis:
    """One parameter: its place in the space, and its densities among the good trials and the others."""

    place: int
    parameter: Parameter
    good: Density
    others: Density

    def best(self, axes: Axes, chance: np.random.Generator, draws: int) -> float:
        """Return the quantile, of some draws, whose value stands out most among the good trials."""
        quantiles = _quantiles(self.parameter, self.good.draw(chance, draws))
        values = axes.coordinates(self.place, quantiles)
        return float(quantiles[np.argmax(self.good.logarithms(values) - self.others.logarithms(values))])


class _Search:
    """The picks of one batch."""

    def __init__(self, ask: Ask, shown: Seen, chance: np.random.Generator) -> None:
        self.ask, self.chance = ask, chance
        self.axes = Axes(ask.space, ask.fixed, ask.rules)
        self.tried = [trial.params for trial in ask.history]
        ranked = sorted(range(len(shown.costs)), key=lambda place: shown.costs[place])
        good, others = _parted(ranked, shown.costs)
        self.ranked = [shown.params[place] for place in ranked]
        self.densities = [
            _Axis(place, one, *(_density(name, one, [shown.params[k] for k in group]) for group in (good, others)))
            for place, (name, one) in enumerate(ask.space.parameters.items())
        ]

    def batch(self) -> Quantiles:
        """Return the picks, one after the other; where no new point is found, the best of those that were tried."""
        picks = list[Floats]()
        for _ in self.ask.numbers:
            pick = next(self._new(), None)
            if pick is None:
                return np.array([*picks, *self._again(len(picks))])
            picks.append(pick)
        return np.array(picks)

    def _new(self) -> Iterator[Floats]:
        """Yield rows whose points were not tried and are within the constraints, the most promising first."""
        for row in self._rows():
            point = self.ask.space.points([row.tolist()], self.ask.fixed, self.ask.rules)[0]
            if point not in self.tried and self.ask.space.admits(point, self.ask.fixed):
                self.tried.append(point)
                yield row

    def _rows(self) -> Iterator[Floats]:
        for draws in _DRAWS:
            yield np.array([axis.best(self.axes, self.chance, draws) for axis in self.densities])
        yield from self.chance.random((_UNIFORM, len(self.ask.space)))

    def _again(self, first: int) -> Quantiles:
        """Return the rows of points that were tried, for the numbers of the batch from the `first` on."""
        rows = [self.axes.row(point) for point in islice(self.ranked, len(self.ask.numbers))]
        return np.array([rows[place % len(rows)] for place in range(len(self.ask.numbers) - first)])


def _parted(ranked: Sequence[int], costs: Sequence[float]) -> tuple[Sequence[int], Sequence[int]]:
    """Return the places of the good trials and of the others; those with no finite cost are never good."""
    finite = sum(map(math.isfinite, costs))
    good = min(math.ceil(_GOOD * len(costs)), _MOST_GOOD, finite)
    return ranked[:good], sorted(ranked[good:])[-_OTHERS:]


def _density(name: str, parameter: Parameter, points: Sequence[Mapping[str, Value]]) -> Density:
    """Return how a parameter is spread among those of the points in which it is active."""
    seen_at = np.array([parameter.coordinate(point[name]) for point in points if name in point], np.float64)
    if not _is_category(parameter):
        return Normals.of(np.clip(seen_at, 0.0, 1.0))
    shares = np.array(parameter.weights or [1.0] * len(parameter.values))
    return Shares.of(seen_at.astype(np.int64), shares / shares.sum())


def _quantiles(parameter: Parameter, coordinates: Floats) -> Floats:
    """Return quantiles of the values at, or about, these coordinates."""
    if not isinstance(parameter, ChoiceParameter):
        return np.minimum(coordinates, BELOW_1)
    scale = len(parameter.values) - 1 if parameter.ordered else 1
    found: Floats = np.array(middles(parameter))[np.rint(coordinates * scale).astype(np.int64)]
    return found


def _is_category(parameter: Parameter) -> TypeGuard[ChoiceParameter]:
    return isinstance(parameter, ChoiceParameter) and not parameter.ordered
