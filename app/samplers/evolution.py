"""Regularised evolution: each new point is a good one of late with one parameter changed; the oldest die, however good.

It learns from comparisons alone, at a cost that does not grow with the trials: it fits huge spaces and odd ones. Real,
Aggarwal, Huang and Le, "Regularized evolution for image classifier architecture search", AAAI 2019.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import final

import numpy as np
from numpy.typing import NDArray

from app.domain.options import Option, settled
from app.domain.plan import Need
from app.domain.space import ChoiceParameter, Parameter
from app.domain.values import Value
from app.samplers.base import Ask, Quantiles, Sampler
from app.samplers.seen import Seen, seen
from app.samplers.unlearnt import unlearnt
from app.surrogates.axes import BELOW_1, Axes, middles

_ENOUGH = 8
"""So many trials at a rung are enough to learn from."""

_CHILDREN = 64
"""So many mutations of parents are tried until one is new and within the constraints."""

_NEAR = 0.1
"""The deviation of a small step along an axis of numbers; every other step goes anywhere."""

Floats = NDArray[np.float64]


@final
class Evolution(Sampler):
    """Proposes batches: each trial is a child of the best of a few of the newest trials, drawn by chance."""

    need = Need.ALL
    options: Mapping[str, Option] = {
        "population": Option(20, 2, 10_000, "so many of the newest trials may have children, once there are so many"),
        "tournament": Option(5, 1, 10_000, "the best of so many of them, drawn by chance, is a parent"),
        "batch": Option(8, 1, 64, "so many trials are drawn together, after the last ones have stopped"),
    }

    def propose(self, ask: Ask) -> Quantiles:
        """Return the batch; what each trial gets follows from the history, its number and those before it."""
        options = settled(ask.options, self.options)
        shown = seen(ask.history, _ENOUGH)
        if not len(ask.space) or len(ask.history) < options["population"] or not shown.costs:
            return unlearnt(ask)
        breeding = _Breeding(ask, shown, options["population"], options["tournament"])
        return np.array([breeding.child(number) for number in ask.numbers]).reshape(len(ask.numbers), len(ask.space))


class _Breeding:
    """The children of one batch, of the newest trials that can be compared."""

    def __init__(self, ask: Ask, shown: Seen, population: int, tournament: int) -> None:
        self.ask, self.tournament = ask, tournament
        self.axes = Axes(ask.space, ask.fixed, ask.rules)
        self.taken = {self.axes.name(trial.params) for trial in ask.history}
        self.parents, self.costs = shown.params[-population:], shown.costs[-population:]

    def child(self, number: int) -> Floats:
        """Return the row of a child that is new and within the constraints, or of the last one that was tried."""
        chance = np.random.Generator(np.random.Philox([self.ask.seed, number]))
        row = np.empty(0)
        for row in self._children(chance):
            if name := self.axes.open_name(self.axes.points(row[None, :])[0], self.taken):
                self.taken.add(name)
                break
        return row

    def _children(self, chance: np.random.Generator) -> Iterator[Floats]:
        for _ in range(_CHILDREN):
            rivals = chance.choice(len(self.costs), min(self.tournament, len(self.costs)), replace=False)
            yield self._mutated(self.parents[min(rivals, key=lambda place: self.costs[place])], chance)

    def _mutated(self, parent: Mapping[str, Value], chance: np.random.Generator) -> Floats:
        """Return the parent's row with one of its parameters changed; those that it does not have come by chance."""
        parameters = list(self.ask.space.parameters.items())
        active = [name in parent for name, _ in parameters]
        row = np.where(active, self.axes.row(parent), chance.random(len(parameters)))
        if not any(active):
            return row
        place = int(chance.choice(np.flatnonzero(active)))
        name, parameter = parameters[place]
        row[place] = _changed(parameter, parameter.coordinate(parent[name]), chance)
        return row


def _changed(parameter: Parameter, coordinate: float, chance: np.random.Generator) -> float:
    """Return the quantile of another value: half of the numbers and ordered choices near the one before."""
    if isinstance(parameter, ChoiceParameter):
        return _other_choice(parameter, coordinate, chance)
    near = coordinate + _NEAR * chance.normal()
    anywhere = chance.random()
    return float(min(max(near, 0.0), BELOW_1)) if chance.random() < 0.5 else anywhere


def _other_choice(parameter: ChoiceParameter, coordinate: float, chance: np.random.Generator) -> float:
    count = len(parameter.values)
    place = round(coordinate * (count - 1)) if parameter.ordered else int(coordinate)
    others = _open_places(parameter, place)
    if not others:
        return middles(parameter)[place]
    near = [other for other in others if abs(other - place) == min(abs(one - place) for one in others)]
    nearby = parameter.ordered and chance.random() < 0.5
    return middles(parameter)[int(chance.choice(near if nearby else others))]


def _open_places(parameter: ChoiceParameter, place: int) -> Sequence[int]:
    weights = parameter.weights or [1.0] * len(parameter.values)
    return [other for other, weight in enumerate(weights) if weight and other != place]
