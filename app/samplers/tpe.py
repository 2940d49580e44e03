"""Tree-structured Parzen estimators: each parameter where good trials are dense and the others are not.

Costs are compared by rank alone. Each parameter is drawn from the density of the good trials in which it was active; of
some draws the one is taken at which that density exceeds the others' most. Bergstra, Bardenet, Bengio and Kegl,
"Algorithms for hyper-parameter optimization", NIPS 2011.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, islice, pairwise
from typing import final

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

_ATTEMPTS = list(pairwise(accumulate(_DRAWS, initial=0)))
"""The first and the end of the draws of each attempt."""

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
        return _Search(ask, shown).batch()


@dataclass(frozen=True)
class _Axis:
    """One parameter: its place in the space, and its densities among the good trials and the others."""

    place: int
    parameter: Parameter
    good: Density
    others: Density

    def draw(self, axes: Axes, chance: Floats) -> tuple[Floats, Floats]:
        """Return quantiles drawn where trials were good, and the logarithms of how much their values stand out there.

        `chance` has two numbers for each (picks, draws, 2).
        """
        drawn = _quantiles(self.parameter, self.good.draw(chance.reshape(-1, 2)))
        quantiles, where = np.unique(drawn, return_inverse=True)
        values = _on_axis(self.parameter, axes.coordinates(self.place, quantiles))
        worth = self.good.logarithms(values) - self.others.logarithms(values)
        return drawn.reshape(chance.shape[:2]), worth[where].reshape(chance.shape[:2])


class _Search:
    """The picks of one batch."""

    def __init__(self, ask: Ask, shown: Seen) -> None:
        self.ask = ask
        self.axes = Axes(ask.space, ask.fixed, ask.rules)
        self.taken = {self.axes.name(trial.params) for trial in ask.history}
        ranked = sorted(range(len(shown.costs)), key=lambda place: shown.costs[place])
        self.ranked = [shown.params[place] for place in ranked]
        groups = [[shown.params[place] for place in group] for group in _parted(ranked, shown.costs)]
        self.densities = [
            _Axis(place, one, *(_density(self.axes, place, name, one, group) for group in groups))
            for place, (name, one) in enumerate(ask.space.parameters.items())
        ]

    def batch(self) -> Quantiles:
        """Return the picks, one after the other; where no new point is found, the best of those that were tried."""
        chances = [np.random.Generator(np.random.Philox([self.ask.seed, number])) for number in self.ask.numbers]
        picks = list[Floats]()
        for rows, chance in zip(self._promising(chances), chances, strict=True):
            pick = self._first_new(rows)
            if pick is None:
                pick = self._first_new(chance.random((_UNIFORM, len(self.ask.space))))
            if pick is None:
                return np.array([*picks, *self._again(len(picks))])
            picks.append(pick)
        return np.array(picks)

    def _promising(self, chances: Sequence[np.random.Generator]) -> Floats:
        """Return rows for each pick, the most promising first (picks, attempts, parameters)."""
        chance = np.array([one.random((len(self.densities), sum(_DRAWS), 2)) for one in chances])
        drawn = [axis.draw(self.axes, chance[:, axis.place]) for axis in self.densities]
        quantiles, worth = (np.stack(part, axis=2) for part in zip(*drawn, strict=True))
        best = [first + worth[:, first:end].argmax(axis=1) for first, end in _ATTEMPTS]
        return np.take_along_axis(quantiles, np.stack(best, axis=1), axis=1)

    def _first_new(self, rows: Floats) -> Floats | None:
        """Return the first row whose point was not tried and is within the constraints, from now on tried."""
        for place, point in enumerate(self.axes.points(rows)):
            if name := self.axes.open_name(point, self.taken):
                self.taken.add(name)
                row: Floats = rows[place]
                return row
        return None

    def _again(self, first: int) -> Quantiles:
        """Return the rows of points that were tried, for the numbers of the batch from the `first` on."""
        rows = [self.axes.row(point) for point in islice(self.ranked, len(self.ask.numbers))]
        return np.array([rows[place % len(rows)] for place in range(len(self.ask.numbers) - first)])


def _parted(ranked: Sequence[int], costs: Sequence[float]) -> tuple[Sequence[int], Sequence[int]]:
    """Return the places of the good trials and of the others; those with no finite cost are never good."""
    finite = sum(map(math.isfinite, costs))
    good = min(math.ceil(_GOOD * len(costs)), _MOST_GOOD, finite)
    return ranked[:good], sorted(ranked[good:])[-_OTHERS:]


def _density(axes: Axes, place: int, name: str, parameter: Parameter, points: Sequence[Mapping[str, Value]]) -> Density:
    """Return how a parameter is spread among those of the points in which it is active."""
    seen_at = _on_axis(parameter, axes.coordinates_of(place, [point[name] for point in points if name in point]))
    if not isinstance(parameter, ChoiceParameter):
        return Normals.of(np.clip(seen_at, 0.0, 1.0))
    prior = np.array(parameter.weights or [1.0] * len(parameter.values))
    shares = Shares.in_a_row if parameter.ordered else Shares.of
    return shares(seen_at.astype(np.int64), prior / prior.sum())


def _on_axis(parameter: Parameter, coordinates: Floats) -> Floats:
    """Return where a density has the values of these coordinates: of a choice, their positions in its list."""
    if isinstance(parameter, ChoiceParameter) and parameter.ordered:
        return np.rint(coordinates * (len(parameter.values) - 1))
    return coordinates


def _quantiles(parameter: Parameter, drawn: Floats) -> Floats:
    """Return quantiles of the values that were drawn: coordinates, or of a choice positions in its list."""
    if not isinstance(parameter, ChoiceParameter):
        return np.minimum(drawn, BELOW_1)
    found: Floats = np.array(middles(parameter))[drawn.astype(np.int64)]
    return found
