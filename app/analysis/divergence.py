"""Divergence: the region of the space where training diverges, found as one or two bounds that tell it best."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import comb
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from app.analysis.columns import Floats
from app.analysis.evidence import Evidence
from app.domain.errors import show
from app.domain.space import ChoiceParameter
from app.domain.states import TrialState
from engine.diagnosis.figures import figure

Mask: TypeAlias = NDArray[np.bool_]

_FEWEST = 3
"""Fewer diverged trials have no region."""

_CHANCE = 0.001
"""A bound counts if so many diverged trials lie behind it by chance no oftener than so."""

_GAIN = 0.05
"""A second bound is told if it raises the F1 of the region by so much."""


@dataclass(frozen=True, slots=True)
class Bound:
    """A parameter is at least `low`, at most `high`, or one of `values`; what does not bound it is null."""

    parameter: str
    low: float | None
    high: float | None
    values: Sequence[Any] | None


@dataclass(frozen=True, slots=True)
class Divergence:
    """Where training diverges: all `bounds` hold. `inside` trials lie there, of which `diverged` diverged.

    `all_diverged` did in all. Without a region that tells them there are no bounds.
    """

    bounds: Sequence[Bound]
    inside: int
    diverged: int
    all_diverged: int
    detail: str


def divergence(evidence: Evidence) -> Divergence | None:
    """Return where trials diverge; None if fewer than three did."""
    lost = np.array([one.state is TrialState.DIVERGED for one in evidence.trials], bool)
    if lost.sum() < _FEWEST:
        return None
    bounds, region = _region(evidence, lost)
    return _told(bounds, lost, region)


def _region(evidence: Evidence, lost: Mask) -> tuple[list[Bound], Mask]:
    bounds, region, before = list[Bound](), np.ones(len(lost), bool), 0.0
    for _ in range(2):
        named = {one.parameter for one in bounds}
        scored = [
            (_f1(lost, region & inside), -place, bound, inside)
            for place, (bound, inside) in enumerate(_bounds(evidence, lost, region))
            if bound.parameter not in named
        ]
        best = max(scored, key=lambda one: one[:2], default=None)
        if best is None or best[0] < before + _GAIN or not _is_sure(lost & region, region, best[3] & region):
            break
        before, _, bound, inside = best
        bounds.append(bound)
        region &= inside
    return bounds, region


def _bounds(evidence: Evidence, lost: Mask, region: Mask) -> Iterator[tuple[Bound, Mask]]:
    """Yield what may bound the region further: each value of a choice, and the best bound on each side of numbers."""
    for name, parameter in evidence.space.parameters.items():
        values = evidence.values[name]
        if isinstance(parameter, ChoiceParameter):
            for place, value in enumerate(parameter.values):
                yield Bound(name, None, None, [value]), values == place
            continue
        inside = region & ~np.isnan(values)
        if (inside & lost).any():
            low = _lowest(values[inside], lost[inside], int(lost.sum()))
            high = -_lowest(-values[inside], lost[inside], int(lost.sum()))
            yield Bound(name, low, None, None), values >= low
            yield Bound(name, None, high, None), values <= high


def _lowest(values: Floats, lost: Mask, total: int) -> float:
    """Return the value of a diverged trial from which upward the F1 is the highest."""
    ends, order = np.unique(values[lost]), np.sort(values)
    inside = len(values) - np.searchsorted(order, ends)
    hits = int(lost.sum()) - np.searchsorted(np.sort(values[lost]), ends)
    return float(ends[np.argmax(2 * hits / (total + inside))])


def _f1(lost: Mask, inside: Mask) -> float:
    hits = int((lost & inside).sum())
    return 2 * hits / (int(lost.sum()) + int(inside.sum())) if hits else 0.0


def _is_sure(lost: Mask, among: Mask, inside: Mask) -> bool:
    """Return whether so many of the diverged trials of a region lie in a part of it hardly ever by chance."""
    count, marked, drawn, hits = (int(one.sum()) for one in (among, lost, inside, lost & inside))
    if hits < _FEWEST or drawn == count:
        return False
    ways = sum(comb(marked, k) * comb(count - marked, drawn - k) for k in range(hits, min(marked, drawn) + 1))
    return ways / comb(count, drawn) <= _CHANCE


def _told(bounds: Sequence[Bound], lost: Mask, region: Mask) -> Divergence:
    total, inside, hits = int(lost.sum()), int(region.sum()), int((lost & region).sum())
    if not bounds:
        detail = f"{total} of {len(lost)} trials diverged, and no bound of one or two parameters tells where."
        return Divergence([], len(lost), total, total, detail)
    where = " and ".join(map(_words, bounds))
    share = f"{hits} of the {inside} trials there did, and {total - hits} of the {len(lost) - inside} elsewhere"
    return Divergence(bounds, inside, hits, total, f"Training diverges where {where}: {share}.")


def _words(one: Bound) -> str:
    if one.values is not None:
        return f"{one.parameter} is {' or '.join(map(show, one.values))}"
    if one.low is not None:
        return f"{one.parameter} is {figure(one.low)} or more"
    assert one.high is not None
    return f"{one.parameter} is {figure(one.high)} or less"
