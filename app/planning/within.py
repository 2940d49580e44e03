"""Within the space or not: models are shown only trials that lie in the space as it is, however they came about.

A trial lies in it if each searched parameter has a value on its axis, and a new trial at that point would be trained
with all that it was trained with. It is not moved to the nearest border, where its cost was not measured.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from app.contract.hyperparameters import params_of, searchable_of
from app.domain.history import EarlierSweep
from app.domain.plan import Snapshot
from app.domain.space import ChoiceParameter, Parameter
from app.domain.sweeps import SweepSpec
from app.domain.values import Value, key
from app.planning.memory import Memory


def placed(snapshot: Snapshot) -> Mapping[int, Mapping[str, Value]]:
    """Return the points of the space that the stopped trials are, by their numbers; those outside of it have none.

    A parameter that a hand-picked point or an older space left out has the default that was trained with.
    """
    if not Memory.of(snapshot.memory).besides and snapshot.spec.space_version == 1:
        return {trial.number: trial.params for trial in snapshot.trials}  # all are points of the space
    found = ((trial.number, within(snapshot.spec, trial.params)) for trial in snapshot.trials)
    return {number: point for number, point in found if point is not None}


def earlier(snapshot: Snapshot) -> Sequence[EarlierSweep]:
    """Return the earlier sweeps with those of their trials that lie in the space, as it is by now."""
    if snapshot.spec.space_version == 1:
        return snapshot.earlier  # those that were copied lie in the space that was posted
    return [_still_inside(snapshot.spec, one) for one in snapshot.earlier]


def _still_inside(spec: SweepSpec, one: EarlierSweep) -> EarlierSweep:
    points = [within(spec, params) for params in one.params]
    kept = [(point, cost) for point, cost in zip(points, one.costs, strict=True) if point is not None]
    return replace(one, params=[point for point, _ in kept], costs=[cost for _, cost in kept])


def within(spec: SweepSpec, params: Mapping[str, Value]) -> Mapping[str, Value] | None:
    """Return the point of the space that a trial with these searched parameters is; None if it lies outside."""
    space, values = spec.space, searchable_of(spec, params)
    point = space.active({name: values.get(name) for name in space}, spec.fixed, spec.rules)
    if not all(_spans(space.parameters[name], value) for name, value in point.items()):
        return None
    old, new = params_of(spec, params), params_of(spec, point)
    return point if all(_same(old.get(name), new.get(name)) for name in {*old, *new}) else None


def _same(one: Value, other: Value) -> bool:
    return one is other or key(one) == key(other)


def _spans(parameter: Parameter, value: Value) -> bool:
    """Return whether a value lies on an axis, if between two steps of it."""
    if isinstance(parameter, ChoiceParameter):
        return key(value) in parameter.keys
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    return parameter.low <= value <= parameter.high or (value == 0 and parameter.zero_probability > 0)
