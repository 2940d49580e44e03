"""Grid search: every combination of a few values of each parameter, once, in an order by chance.

It says least where few parameters matter: of 4 values for each of 6 parameters, 4,096 trials look at 4 values of the
one that does, random ones at 4,096. Bergstra and Bengio, "Random search for hyper-parameter optimization", JMLR 2012.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TypeAlias, final

import numpy as np
from numpy.typing import NDArray

from app.domain.errors import Fault, faults_of, pointer, show
from app.domain.hints import hint
from app.domain.options import Option, settled
from app.domain.plan import Need
from app.domain.space import ChoiceParameter, Parameter, Space
from app.domain.space_faults import space_faults
from app.domain.values import Value, whole
from app.samplers.base import Ask, Quantiles, Sampler
from app.samplers.streams import words_of
from app.surrogates.axes import middles

MOST = 100_000
"""So many combinations are gone through at most."""

_CACHED = 32

_UNTOLD = 10**15
"""Larger counts are not written out."""

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
            "so many values of each number, evenly from low to high on its scale, or an object that has so many for "
            "some by their names; a choice has all of its own",
        )
    }

    def faults(self, posted: Mapping[str, Value], space: Space, fixed: Mapping[str, Value]) -> Iterator[Fault]:
        """Yield what is wrong with the options, or that there are too many combinations."""
        by_name, others = _split(posted)
        wrong = [*super().faults(others, space, fixed), *_of_each(by_name, space)]
        yield from wrong
        if wrong or space_faults(space.parameters, fixed):
            return
        count = math.prod(_most_levels(one, many) for one, many in _resolved(posted, space))
        if count > MOST:
            yield Fault(
                "/sampler/resolution",
                f"With this resolution the grid has {_counted(count)} combinations of the values of {len(space)} "
                f"parameters, but at most {MOST:,} are gone through. Lower the resolution, also of single parameters "
                'by their names, as in {"learning_rate": 8, "l2": 2}, search fewer parameters, or use sobol, which '
                "fills the same space with as many trials as you like.",
            )

    def points(self, ask: Ask) -> int:
        """Return how many different points within the constraints the grid has; the seed does not matter."""
        return len(_cells(_question(replace(ask, seed=0))))

    def propose(self, ask: Ask) -> Quantiles:
        """Return the combinations of these numbers; behind the last one the first comes again."""
        cells = _in_order(_question(ask))
        mine = cells[[number % len(cells) for number in ask.numbers]]
        return _rows(mine, _levels(ask))


@dataclass(frozen=True)
class _Question:
    """What the cells follow from; `text` tells it from others."""

    text: str
    ask: Ask = field(compare=False)


def _question(ask: Ask) -> _Question:
    resolution = ask.options.get("resolution")
    return _Question(repr((ask.space, sorted(ask.fixed.items()), ask.seed, ask.rules, resolution)), ask)


@lru_cache(maxsize=_CACHED)
def _in_order(question: _Question) -> Cells:
    """Return the cells of all points in the order of their trials."""
    ask = question.ask
    cells = _cells(_question(replace(ask, seed=0)))
    order = words_of(ask.seed, ["grid order"], range(len(cells)))[:, 0]
    return cells[np.argsort(order, kind="stable")]


@lru_cache(maxsize=_CACHED)
def _cells(question: _Question) -> Cells:
    """Return the cells of all different points within the constraints."""
    ask = question.ask
    levels = _levels(ask)
    cells = np.arange(math.prod(map(len, levels)), dtype=np.int64)
    if ask.space.constraints or any(one.when for one in ask.space.parameters.values()):
        return _different(ask, cells, levels)
    return cells


def _different(ask: Ask, cells: Cells, levels: Levels) -> Cells:
    """Return the first cell of each point that the constraints admit: inactive parameters make no difference."""
    points = ask.space.points(_rows(cells, levels).tolist(), ask.fixed, ask.rules)
    first = dict[str, int]()
    for cell, point in enumerate(points):
        if ask.space.admits(point, ask.fixed):
            first.setdefault(repr(point), cell)
    return np.array(list(first.values()), np.int64)


def _rows(cells: Cells, levels: Levels) -> Quantiles:
    """Return the quantiles of each cell."""
    if not levels:
        return np.empty((len(cells), 0))
    places = np.unravel_index(cells, [len(one) for one in levels])
    return np.stack([np.array(one)[place] for one, place in zip(levels, places, strict=True)], axis=1)


def _levels(ask: Ask) -> Levels:
    return [_levels_of(one, resolution, ask.rules) for one, resolution in _resolved(ask.options, ask.space)]


def _resolved(posted: Mapping[str, Value], space: Space) -> Iterator[tuple[Parameter, int]]:
    """Yield each parameter with its resolution; the options have no faults."""
    own, rest = _split(posted)
    others = settled(rest, GridSampler.options)["resolution"]
    for name, parameter in space.parameters.items():
        yield parameter, int(str(whole(own[name]))) if name in own else others


def _split(posted: Mapping[str, Value]) -> tuple[Mapping[str, Value], Mapping[str, Value]]:
    """Return the resolutions by name, and the options without them."""
    each = posted.get("resolution")
    if not isinstance(each, Mapping):
        return {}, posted
    return each, {name: value for name, value in posted.items() if name != "resolution"}


def _of_each(each: Mapping[str, Value], space: Space) -> Iterator[Fault]:
    """Yield what is wrong with resolutions by name."""
    numbers = [name for name, one in space.parameters.items() if not isinstance(one, ChoiceParameter)]
    yield from faults_of([name for name in each if name not in numbers], lambda name: _no_number(name, space, numbers))
    option = GridSampler.options["resolution"]
    for name in numbers:
        if name in each and not option.accepts(each[name]):
            rule = f"it must be a whole number from {option.low:,} to {option.high:,}"
            detail = f"The resolution of {show(name)} cannot be {show(each[name])}; {rule}."
            yield Fault(pointer("sampler", "resolution", name), detail)


def _no_number(name: str, space: Space, numbers: Sequence[str]) -> Fault:
    what = "a choice, which has all of its values" if name in space.parameters else "no parameter of the space"
    detail = f"A resolution is that of a number, but {show(name)} is {what}. {hint(name, numbers)}"
    return Fault(pointer("sampler", "resolution", name), detail)


def _counted(count: int) -> str:
    return f"{count:,}" if count < _UNTOLD else f"more than {_UNTOLD:,}"


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
