"""Tasks: tables and recorded curves that tell how any trial of their space would go, without training."""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TypeAlias, final

import numpy as np
from numpy.typing import NDArray

from app.domain.plan import Drawn
from app.domain.space import ChoiceParameter, FloatParameter, IntParameter, Parameter, Space
from app.domain.values import Value, key
from app.simulation.runs import Fate, Fates

Floats = NDArray[np.float64]

Recorder: TypeAlias = Callable[[Mapping[str, Value]], Mapping[str, Value]]
"""The parameters that a trial is taken to have, by those that were proposed; it is asked for each trial in turn."""


class Task(ABC):
    """A space with `epochs` for each trial, and what trials of it come to; costs are lower where they are better.

    `truth` is the cost of every configuration at its end: the mean of its seeds, without noise.
    """

    name: str
    space: Space
    epochs: int
    truth: Floats

    @abstractmethod
    def fates(self, seed: int, noise: float) -> Fates:
        """Return how runs go that are seen with `noise`, a share of the median less the best; both follow from seed."""

    @abstractmethod
    def cost(self, params: Mapping[str, Value], epochs: int) -> float:
        """Return the true cost of a trial that has trained so many epochs."""

    def recorder(self) -> Recorder:
        """Return what tells the configuration whose results a trial has: what a sampler is to learn from."""
        return dict

    def regret(self, cost: float) -> float:
        """Return a true cost normalised: 0 is that of the best configuration, 1 that of the median one."""
        return (cost - self.best) / (self.median - self.best)

    @cached_property
    def best(self) -> float:
        """The lowest true cost."""
        return float(self.truth.min())

    @cached_property
    def median(self) -> float:
        """The median of the true costs."""
        return float(np.median(self.truth))

    def shift(self, trial: Drawn, replicate: int, seed: int, noise: float) -> float:
        """Return what noise adds to all costs of a run: the same at each epoch, as if it came from its seed."""
        chance = np.random.default_rng([seed, trial.number, replicate, 1])
        return float(chance.normal()) * noise * (self.median - self.best)


@final
class Table(Task):
    """A cost for every point of a grid and each of some seeds: an evaluation is one epoch. A run sees one seed."""

    epochs = 1

    def __init__(self, name: str, axes: Mapping[str, Sequence[Value]], costs: Floats, seconds: Floats) -> None:
        """Keep `costs` and `seconds`, arrays of (points of each axis ..., seeds)."""
        self.name, self._costs, self._seconds = name, costs, seconds
        self.space = Space({axis: _choice(values) for axis, values in axes.items()})
        self._places = [(axis, {key(value): i for i, value in enumerate(values)}) for axis, values in axes.items()]
        self.truth = costs.mean(-1)

    def fates(self, seed: int, noise: float) -> Fates:
        """Return runs of one epoch, each on a seed of the table."""

        def fate(trial: Drawn, replicate: int, _: int) -> Fate:
            place = (*self.space_index(trial.params), self._seed(seed, trial.number, replicate))
            cost = float(self._costs[place]) + self.shift(trial, replicate, seed, noise)
            return Fate([cost], seconds=[float(self._seconds[place])])

        return fate

    def cost(self, params: Mapping[str, Value], epochs: int) -> float:  # noqa: ARG002 - it has one epoch
        """Return the mean over the seeds."""
        return float(self.truth[self.space_index(params)])

    def _seed(self, seed: int, trial: int, replicate: int) -> int:
        """Return the seed of the table that a run sees: replicates of a trial see others, as long as there are some."""
        first = np.random.default_rng([seed, trial, 0]).integers(self._costs.shape[-1])
        return (int(first) + replicate) % int(self._costs.shape[-1])

    def space_index(self, params: Mapping[str, Value]) -> tuple[int, ...]:
        """Return the place of a point on each axis."""
        return tuple(places[key(params[axis])] for axis, places in self._places)


@final
class Curves(Task):
    """The curves of some configurations: a trial goes as the free one that is nearest on the axes' scales."""

    def __init__(self, name: str, columns: Sequence[str], configs: Floats, costs: Floats, seconds: Floats) -> None:
        """Keep (configurations, columns) and, as (configurations, epochs), costs and the seconds of each epoch."""
        self.name, self._costs, self._seconds, self.epochs = name, costs, seconds, costs.shape[1]
        self._columns, self._configs = columns, configs
        self._axes = [Axis(configs[:, place]) for place in range(len(columns))]
        self.space = Space({name: axis.parameter for name, axis in zip(columns, self._axes, strict=True)})
        self._points = np.stack([axis.unit(configs[:, place]) for place, axis in enumerate(self._axes)], 1)
        self._best = np.minimum.accumulate(costs, 1)
        self.truth = costs[:, -1]

    def fates(self, seed: int, noise: float) -> Fates:
        """Return runs along the curves."""

        def fate(trial: Drawn, replicate: int, epochs: int) -> Fate:
            nearest = self.nearest(trial.params)
            best = self._best[nearest, :epochs] + self.shift(trial, replicate, seed, noise)
            return Fate(best.tolist(), seconds=self._seconds[nearest, :epochs].tolist())

        return fate

    def cost(self, params: Mapping[str, Value], epochs: int) -> float:
        """Return the cost at that epoch of the nearest curve."""
        return float(self._costs[self.nearest(params), epochs - 1])

    def recorder(self) -> Recorder:
        """Return what gives each trial the nearest configuration that no earlier one has; once all are taken, any.

        Two points of a continuous space are never the same; two trials that went along one curve would be.
        """
        free = np.ones(len(self._configs), bool)

        def recorded(params: Mapping[str, Value]) -> Mapping[str, Value]:
            free[:] |= not free.any()
            place = int(np.where(free, self._distances(params), np.inf).argmin())
            free[place] = False
            return self._params(place)

        return recorded

    def nearest(self, params: Mapping[str, Value]) -> int:
        """Return the number of the nearest configuration, the first of several."""
        return int(self._distances(params).argmin())

    def _distances(self, params: Mapping[str, Value]) -> Floats:
        """Return the squared distances to all configurations."""
        numbers = [np.array([float(str(params[name]))]) for name in self._columns]
        point = np.concatenate([axis.unit(value) for axis, value in zip(self._axes, numbers, strict=True)])
        distances: Floats = ((self._points - point) ** 2).sum(1)
        return distances

    def _params(self, place: int) -> Mapping[str, Value]:
        whole = [isinstance(self.space.parameters[name], IntParameter) for name in self._columns]
        values = zip(self._columns, self._configs[place].tolist(), whole, strict=True)
        return {name: int(value) if is_whole else value for name, value, is_whole in values}


class Axis:
    """A column of recorded configurations as an axis, whole if all values are, on the scale that spreads them best."""

    def __init__(self, values: Floats) -> None:
        self._low, self._high = float(values.min()), float(values.max())
        self._log = self._low > 0 and self._unevenness(np.log(values)) < self._unevenness(values)
        self._whole = bool((values == np.round(values)).all())

    @property
    def parameter(self) -> Parameter:
        """The parameter of a space."""
        if self._whole:
            return IntParameter(int(self._low), int(self._high), "log" if self._log else "linear")
        return FloatParameter(self._low, self._high, "log" if self._log else "linear")

    def unit(self, values: Floats) -> Floats:
        """Return values as places from 0 to 1."""
        low, high, at = self._low, self._high, values
        if self._log:
            low, high, at = math.log(low), math.log(high), np.log(values)
        return np.asarray((at - low) / ((high - low) or 1.0))

    @staticmethod
    def _unevenness(values: Floats) -> float:
        """Return how far the sorted values are from evenly spread ones, as Kolmogorov and Smirnov measure it."""
        spread = float(np.ptp(values)) or 1.0
        return float(np.abs((np.sort(values) - values.min()) / spread - np.linspace(0, 1, len(values))).max())


def _choice(values: Sequence[Value]) -> Parameter:
    """Return an axis of a table: numbers are in order."""
    ordered = all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
    return ChoiceParameter(tuple(values), ordered=ordered)
