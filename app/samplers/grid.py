"""Grid search: every combination of a few values of each parameter, once, in an order by chance.

It says least where few parameters matter: of 4 values for each of 6 parameters, 4,096 trials look at 4 values of the
one that does, random ones at 4,096. Bergstra and Bengio, "Random search for hyper-parameter optimization", JMLR 2012.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeAlias, final

import numpy as np
from numpy.typing import NDArray

from app.domain.errors import Fault
from app.domain.options import Option, settled
from app.domain.plan import Need
from app.domain.space import ChoiceParameter, Parameter, Space
from app.domain.space_faults import space_faults
from app.domain.values import Value
from app.samplers.base import Ask, Quantiles, Sampler
from app.samplers.streams import words_of
from app.surrogates.axes import middles

MOST = 100_000
"""So many combinations are gone through at most."""

_CACHED = 32

Levels: TypeAlias = Sequence[Sequence[float]]
"""For each parameter the quantiles of its values."""

Cells: TypeAlias = NDArray[np.int64]
"""Combinations of levels, by their places in the order of all."""


@final
class GridSampler(Sampler):
    """Goes through the combinations in an order that follows from the seed; then it is exhausted."""

    need = Need.NOTHING
    options: Mapping[str, Option] = {
        "resolution": Option(
            4,
            2,
            1000,
            "so many values of each number, evenly from low to high on its scale; a choice has all of its own",
        )
    }

    def faults(self, posted: Mapping[str, Value], space: Space, fixed: Mapping[str, Value]) -> Iterator[Fault]:
        """Yield what is wrong with the options, or that there are too many combinations."""
        wrong = list(super().faults(posted, space, fixed))
        yield from wrong
        if wrong or space_faults(space.parameters, fixed):
            return
        resolution = settled(posted, self.options)["resolution"]
        count = math.prod(_most_levels(one, resolution) for one in space.parameters.values())
        if count > MOST:
            yield Fault(
                "/sampler/resolution",
                f"A grid with a resolution of {resolution} has {count:,} combinations of the values of "
                f"{len(space)} parameters, but at most {MOST:,} are gone through. Lower the resolution, search fewer "
                "parameters, or use sobol, which fills the same space with as many trials as you like.",
            )

    def points(self, ask: Ask) -> int:
        """Return how many different points within the constraints the grid has."""
        return len(_cells(_question(ask)))

    def propose(self, ask: Ask) -> Quantiles:
        """Return the combinations of these numbers; behind the last one the first comes again."""
        cells = _cells(_question(ask))
        mine = cells[[number % len(cells) for number in ask.numbers]]
        return _rows(mine, _levels(ask))


@dataclass(frozen=True)
class _Question:
    """What the cells follow from; `text` tells it from others."""

    text: str
    ask: Ask = field(compare=False)


def _question(ask: Ask) -> _Question:
    resolution = settled(ask.options, GridSampler.options)["resolution"]
    return _Question(repr((ask.space, sorted(ask.fixed.items()), ask.seed, ask.rules, resolution)), ask)


@lru_cache(maxsize=_CACHED)
def _cells(question: _Question) -> Cells:
    """Return the cells of all different points within the constraints, in the order of their trials."""
    ask = question.ask
    levels = _levels(ask)
    cells = np.arange(math.prod(map(len, levels)), dtype=np.int64)
    if ask.space.constraints or any(one.when for one in ask.space.parameters.values()):
        cells = _different(ask, cells, levels)
    order = words_of(ask.seed, ["grid order"], range(len(cells)))[:, 0]
    return cells[np.argsort(order, kind="stable")]


def _different(ask: Ask, cells: Cells, levels: Levels) -> Cells:
    """Return the first cell of each point that the constraints admit: inactive parameters make no difference.

    If they admit none of the grid, all cells stay, and their trials are drawn anew by chance.
    """
    points = ask.space.points(_rows(cells, levels).tolist(), ask.fixed, ask.rules)
    first, admitted = dict[str, int](), dict[str, int]()
    for cell, point in enumerate(points):
        name = repr(point)
        if name not in first:
            first[name] = cell
            if ask.space.admits(point, ask.fixed):
                admitted[name] = cell
    return np.array(list((admitted or first).values()), np.int64)


def _rows(cells: Cells, levels: Levels) -> Quantiles:
    """Return the quantiles of each cell."""
    if not levels:
        return np.empty((len(cells), 0))
    places = np.unravel_index(cells, [len(one) for one in levels])
    return np.stack([np.array(one)[place] for one, place in zip(levels, places, strict=True)], axis=1)


def _levels(ask: Ask) -> Levels:
    resolution = settled(ask.options, GridSampler.options)["resolution"]
    return [_levels_of(one, resolution, ask.rules) for one in ask.space.parameters.values()]


def _levels_of(parameter: Parameter, resolution: int, rules: int) -> Sequence[float]:
    """Return one quantile for each value that the grid has of a parameter."""
    if isinstance(parameter, ChoiceParameter):
        shares = parameter.weights or [1.0] * len(parameter.values)
        return [middle for middle, share in zip(middles(parameter), shares, strict=True) if share]
    zero = parameter.zero_probability
    quantiles = [*([0.0] if zero else []), *np.linspace(zero, 1.0, resolution).tolist()]
    values = parameter.at(quantiles, rules)
    return list(dict(zip(values, quantiles, strict=True)).values())


def _most_levels(parameter: Parameter, resolution: int) -> int:
    """Return how many values the grid has of a parameter, at most: where there are few steps, no more than those."""
    if isinstance(parameter, ChoiceParameter):
        return sum(map(bool, parameter.weights or [1.0] * len(parameter.values)))
    steps = math.inf if parameter.grid is None else parameter.grid.last + 1
    return int(min(resolution, steps)) + bool(parameter.zero_probability)
