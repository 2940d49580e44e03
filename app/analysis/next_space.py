"""The next space: narrowed to where the best fifth lies, widened where the best lie at an edge. Coarse to fine."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from math import ceil, floor
from typing import Any

import numpy as np

from app.analysis.columns import Floats
from app.analysis.edges import Allowed, Edge, places_of
from app.analysis.evidence import Evidence, best_of
from app.domain.conditions import names
from app.domain.constraints import Constraint
from app.domain.scales import unscale
from app.domain.space import ChoiceParameter, FloatParameter, IntParameter, Parameter, Space
from app.domain.values import key

GOOD = 0.2
"""The best fifth of the trials is what the next space is drawn around."""

_INNER, _MARGIN, _NARROWEST = 0.05, 0.05, 0.15
"""Of the best fifth's places this quantile at each end, so far around, and never a smaller part of the old range."""

_EXPECTED = 3.0
"""A value of a choice is left out if so many of the best trials should have it by chance, and none has."""


def next_parameters(
    evidence: Evidence, edges: Sequence[Edge], kept: Collection[str], allowed: Allowed
) -> dict[str, Parameter]:
    """Return the parameters that change; those in `kept`, and those that conditions look at, are not narrowed."""
    if not evidence.enough:
        return {}
    whole = {*kept, *_looked_at(evidence.space)}
    beyond: dict[str, dict[str, Any]] = {}
    for one in edges:
        if one.widen_to is not None:
            beyond.setdefault(one.parameter, {})[one.side] = one.widen_to
    found = {
        name: _narrowed_choice(evidence, name, one, whole)
        if isinstance(one, ChoiceParameter)
        else _moved(evidence, name, one, beyond.get(name, {}), whole)
        for name, one in evidence.space.parameters.items()
    }
    old = evidence.space.parameters
    return {name: one for name, one in found.items() if one != old[name] and allowed(name, one)}


def next_request(
    posted: Mapping[str, Any],
    space: Mapping[str, Any],
    constraints: Sequence[str],
    old: Space,
    changed: Mapping[str, Parameter],
) -> dict[str, Any]:
    """Return a request for a sweep with the changed parameters: `posted`, but for its seed, with `space` as it was."""
    parts = {name: _written(one, old.parameters[name], changed.get(name)) for name, one in space.items()}
    request = {name: part for name, part in posted.items() if name not in {"seed", "history", "constraints"}}
    return request | {"space": parts} | ({"constraints": list(constraints)} if constraints else {})


def _written(posted: Mapping[str, Any], old: Parameter, new: Parameter | None) -> dict[str, Any]:
    """Return a parameter as it is posted, with what has changed."""
    if new is None:
        return dict(posted)
    if not isinstance(new, ChoiceParameter):
        return {**posted, "low": new.low, "high": new.high}
    assert isinstance(old, ChoiceParameter)
    left = {key(value) for value in new.values}
    places = [place for place, value in enumerate(old.values) if key(value) in left]
    lists = {part: [posted[part][place] for place in places] for part in ("values", "weights") if posted.get(part)}
    return {**posted, **lists}


def _looked_at(space: Space) -> set[str]:
    """Return what conditions look at, and what stands in a constraint: narrowed, some of them could never hold."""
    conditions = {name for one in space.parameters.values() for name in names(one.when)}
    return conditions | {name for text in space.constraints for name in Constraint.parse(text).names}


def _moved(
    evidence: Evidence,
    name: str,
    axis: FloatParameter | IntParameter,
    beyond: Mapping[str, Any],
    whole: Collection[str],
) -> FloatParameter | IntParameter:
    places = best_of(places_of(evidence, name, axis), GOOD)
    if len(places) == 0:
        return axis
    first, last = (0.0, 1.0) if name in whole else _stretch(places)
    low, high = _bounds(axis, first, last)
    moved: dict[str, Any] = {"low": low, "high": high, **beyond}
    return replace(axis, **moved) if moved["low"] < moved["high"] else axis


def _stretch(places: Floats) -> tuple[float, float]:
    """Return the part of a range in which places lie, with a margin."""
    first, last = (float(one) for one in np.quantile(places, [_INNER, 1.0 - _INNER]))
    lack = max(_NARROWEST - (last - first), 0.0) / 2
    first, last = first - max(_MARGIN, lack), last + max(_MARGIN, lack)
    return max(first, 0.0), min(last, 1.0)


def _bounds(axis: FloatParameter | IntParameter, first: float, last: float) -> tuple[float, float]:
    """Return the bounds of a part of a range, rounded outward to its steps or to two digits."""
    low, high = unscale([first, last], axis.low, axis.high, axis.scale, axis.threshold)
    if axis.step is not None:
        down, up = floor((low - axis.low) / axis.step + 1e-9), ceil((high - axis.low) / axis.step - 1e-9)
        low, high = axis.low + down * axis.step, axis.low + up * axis.step
        if isinstance(axis, FloatParameter):
            low, high = float(f"{low:.12g}"), float(f"{high:.12g}")
    elif axis.scale == "reverse_log":
        low, high = (float(f"{1.0 - float(f'{1.0 - one:.2g}'):.12g}") for one in (low, high))
    else:
        low, high = float(f"{low:.2g}"), float(f"{high:.2g}")
    low = axis.low if first <= 0.0 else max(low, axis.low)
    return low, axis.high if last >= 1.0 else min(high, axis.high)


def _narrowed_choice(evidence: Evidence, name: str, choice: ChoiceParameter, whole: Collection[str]) -> ChoiceParameter:
    """Return a choice without the values that none of the best trials has, though some should by chance."""
    if name in whole:
        return choice
    rows = evidence.drawn(name)
    best = best_of(rows, GOOD)
    positions = evidence.values[name]
    drawn, good = (np.bincount(positions[some].astype(np.int64), minlength=len(choice.values)) for some in (rows, best))
    expected = drawn * (len(best) / max(len(rows), 1))
    left = np.flatnonzero((good > 0) | (expected < _EXPECTED)).tolist()
    weights = choice.weights and tuple(choice.weights[place] for place in left)
    if not left or (weights and not sum(weights)):
        return choice
    return replace(choice, values=tuple(choice.values[place] for place in left), weights=weights or None)
