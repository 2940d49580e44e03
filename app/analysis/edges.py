"""Edges: parameters whose best values lie at a bound of their range, so that better ones may lie beyond it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from math import comb
from typing import Any, Literal, TypeAlias

import numpy as np

from app.analysis.columns import Floats
from app.analysis.evidence import BEST, Evidence, best_count
from app.domain.scales import unscale
from app.domain.space import ChoiceParameter, FloatParameter, IntParameter, Parameter
from engine.diagnosis.figures import figure

Side = Literal["low", "high"]
Allowed: TypeAlias = Callable[[str, Parameter], bool]
"""Whether a parameter may be searched along an axis."""

OUTER = 0.2
"""The fifth of a range next to a bound is its edge."""

_CHANCE = 0.005
"""The best trials lie at an edge if so many would by chance no oftener than so."""

_WIDER = 1 / 3
"""By so large a part of its width, on its own scale, a range is widened."""


@dataclass(frozen=True, slots=True)
class Edge:
    """The best tenth of the trials lie at the `side` of a parameter's range, which ends at `bound`.

    `widen_to` is a bound beyond it, on the scale of the parameter; null where no value beyond is possible.
    """

    parameter: str
    side: Side
    bound: Any
    widen_to: Any
    detail: str


def edges(evidence: Evidence, allowed: Allowed) -> list[Edge]:
    """Return at which bounds the best trials lie; nothing with too few trials."""
    return list(_edges(evidence, allowed)) if evidence.enough else []


def _edges(evidence: Evidence, allowed: Allowed) -> Iterator[Edge]:
    for name, axis in evidence.space.parameters.items():
        if isinstance(axis, ChoiceParameter) or axis.low == axis.high:
            continue
        places = places_of(evidence, name, axis)
        if side := _side(places):
            bound = axis.low if side == "low" else axis.high
            yield _told(name, side, bound, widened(name, axis, side, allowed))


def places_of(evidence: Evidence, name: str, axis: FloatParameter | IntParameter) -> Floats:
    """Return where the trials that have a parameter lie in its range, the best first; a drawn 0 beside it is none."""
    rows, zero = evidence.drawn(name), axis.zero_probability
    drawn = evidence.coordinates[name][rows[(zero == 0.0) | (evidence.values[name][rows] != 0.0)]]
    return np.asarray((drawn - zero) / (1.0 - zero))


def widened(name: str, axis: FloatParameter | IntParameter, side: Side, allowed: Allowed) -> Any:
    """Return a bound beyond that at a side, a third of the range away or as far as may be; None if none may be."""
    for part in (_WIDER, _WIDER / 2, _WIDER / 4, _WIDER / 8):
        bound = _beyond(axis, side, part)
        end: dict[str, Any] = {side: bound}
        if bound is not None and allowed(name, replace(axis, **end)):
            return bound
    return None


def _beyond(axis: FloatParameter | IntParameter, side: Side, part: float) -> float | None:
    quantile = -part if side == "low" else 1.0 + part
    (point,) = unscale([quantile], axis.low, axis.high, axis.scale, axis.threshold)
    if axis.scale == "reverse_log":
        point = 1.0 - float(f"{1.0 - point:.2g}")
    start = axis.low if side == "low" else axis.high
    if axis.step is not None:
        steps = max(round(abs(point - start) / axis.step), 1)
        moved = start + (steps if side == "high" else -steps) * axis.step
        return moved if isinstance(axis, IntParameter) else float(f"{moved:.12g}")
    rounded = float(f"{point:.2g}" if axis.scale != "reverse_log" else f"{point:.12g}")
    return rounded if (rounded < start if side == "low" else rounded > start) else None


def _side(places: Floats) -> Side | None:
    """Return the edge at which more of the best lie than by chance, the more the nearer."""
    best = best_count(len(places), BEST)
    sides: tuple[tuple[Side, Floats], ...] = (("low", places), ("high", 1.0 - places))
    for side, distance in sides:
        outer, outermost = distance <= OUTER, distance <= OUTER / 2
        hits, nearest = int(outer[:best].sum()), int(outermost[:best].sum())
        if 2 * nearest >= hits > 0 and _tail(len(places), int(outer.sum()), best, hits) <= _CHANCE:
            return side
    return None


def _tail(count: int, marked: int, drawn: int, hits: int) -> float:
    """Return how likely so many of `drawn` are marked at least, if they are drawn by chance."""
    ways = sum(comb(marked, k) * comb(count - marked, drawn - k) for k in range(hits, min(marked, drawn) + 1))
    return ways / comb(count, drawn)


def _told(name: str, side: Side, bound: float, beyond: Any) -> Edge:
    word = "lower" if side == "low" else "upper"
    found = f"The best trials lie at the {word} end of {name}, {figure(float(bound))}"
    if beyond is None:
        return Edge(name, side, bound, None, f"{found}; no value beyond it is possible.")
    return Edge(name, side, bound, beyond, f"{found}. Better ones may lie beyond: widen it to {figure(float(beyond))}.")
