"""What is wrong with a search space, before anything is drawn from it."""

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from difflib import get_close_matches

from app.domain.errors import Fault, pointer
from app.domain.space import ChoiceParameter, FloatParameter, IntParameter, Parameter, Value


def hint(name: str, known: Sequence[str]) -> str:
    """Return "Did you mean ...?" for a close match of `name`, or else the list of what is known."""
    close = get_close_matches(name, known, n=1)
    if close:
        return f'Did you mean "{close[0]}"?'
    return f"Known are {', '.join(known)}." if known else "There are none."


def space_faults(
    parameters: Mapping[str, Parameter], fixed: Mapping[str, Value], unreadable: Collection[str] = ()
) -> list[Fault]:
    """Return every broken rule of the space and of its conditions, as faults below /space.

    `unreadable` names what the request has as well, but in a form that says nothing: conditions on it pass.
    """
    faults = [
        Fault(pointer("space", name) + place, f"{name}: {detail}")
        for name, parameter in parameters.items()
        for place, detail in _parameter_faults(parameter)
    ]
    faults += [
        Fault(pointer("fixed", name), f"{name} is both searched and fixed. Leave it out of space or of fixed.")
        for name in fixed
        if name in parameters
    ]
    faults += [fault for name in parameters for fault in _condition_faults(name, parameters, fixed, unreadable)]
    return faults + _cycle_faults(parameters)


def _parameter_faults(parameter: Parameter) -> list[tuple[str, str]]:
    if isinstance(parameter, ChoiceParameter):
        return [*_values_faults(parameter), *_weights_faults(parameter)]
    faults = _bounds_faults(parameter)
    return faults or [*_scale_faults(parameter), *_step_faults(parameter)]


def _bounds_faults(parameter: FloatParameter | IntParameter) -> list[tuple[str, str]]:
    low, high = parameter.low, parameter.high
    if low >= high:
        way = "Raise high or lower low; a single value belongs in fixed."
        return [("/low", f"low is {low!r} and high is {high!r}, but low must be below high. {way}")]
    if isinstance(parameter, FloatParameter) and not math.isfinite(high - low):
        return [("/high", f"The range from {low!r} to {high!r} is wider than a double can hold. Narrow it.")]
    return []


def _scale_faults(parameter: FloatParameter | IntParameter) -> list[tuple[str, str]]:
    if parameter.scale == "log" and parameter.low <= 0:
        way = 'Bounds are real values, never exponents: write 1e-4, not -4. Raise low or use scale "linear".'
        return [("/low", f"low is {parameter.low!r}, but a log scale needs bounds above 0. {way}")]
    if parameter.scale == "reverse_log" and parameter.high >= 1:
        way = 'It is uniform in log10(1 - x). Lower high, say to 0.999, or use scale "linear".'
        return [("/high", f"high is {parameter.high!r}, but a reverse_log scale needs bounds below 1. {way}")]
    return []


def _step_faults(parameter: FloatParameter | IntParameter) -> list[tuple[str, str]]:
    step, width = parameter.step, parameter.high - parameter.low
    if step is None or (0 < step <= width and math.isfinite(width / step)):
        return []
    if 0 < step <= width:
        return [("/step", f"step is {step!r}, too small to count the steps of the range. Make it larger.")]
    if step <= 0:
        return [("/step", f"step is {step!r}, but it must be above 0. Leave it out for no grid.")]
    return [("/step", f"step is {step!r}, wider than the range of {width!r}. Make it smaller or leave it out.")]


def _values_faults(parameter: ChoiceParameter) -> Iterator[tuple[str, str]]:
    if not parameter.values:
        yield "/values", "values is empty, but a choice needs at least one value. Add some."
    for index, value in enumerate(parameter.values):
        first = _index(parameter.values, value)
        if first < index:
            way = "List each value once, and use weights to favour some."
            yield f"/values/{index}", f"The value {value!r} is already at position {first}. {way}"


def _index(values: Sequence[Value], value: Value) -> int:
    return next(place for place, other in enumerate(values) if same(other, value))


def _weights_faults(parameter: ChoiceParameter) -> Iterator[tuple[str, str]]:
    weights = parameter.weights
    if weights is None:
        return
    if len(weights) != len(parameter.values):
        counts = f"{len(weights)} weights for {len(parameter.values)} values"
        yield "/weights", f"There are {counts}. Give one weight for each value, or none at all."
    for index, weight in enumerate(weights):
        if not weight >= 0:
            yield f"/weights/{index}", f"The weight {weight!r} is below 0. Use 0 to leave a value out."
    total = sum(weight for weight in weights if weight >= 0)
    if not 0 < total < math.inf:
        yield (
            "/weights",
            f"The weights sum to {total!r}, but the sum must be above 0 and finite. Change them.",
        )


def _condition_faults(
    name: str,
    parameters: Mapping[str, Parameter],
    fixed: Mapping[str, Value],
    unreadable: Collection[str],
) -> Iterator[Fault]:
    for other, allowed in (parameters[name].when or {}).items():
        if other in unreadable:
            continue
        place = pointer("space", name, "when", other)
        if other not in parameters and other not in fixed:
            others = sorted({*parameters, *fixed} - {name})
            detail = f'when names "{other}", which is neither in space nor in fixed. {hint(other, others)}'
            yield Fault(place, f"{name}: {detail}")
        elif not allowed:
            yield Fault(place, f"{name}: when lists no value of {other}, so it could never hold. Add some.")
        else:
            yield from _impossible(name, place, allowed, parameters.get(other), fixed.get(other))


def _impossible(
    name: str, place: str, allowed: Sequence[Value], other: Parameter | None, fixed: Value
) -> Iterator[Fault]:
    """Yield a fault for each allowed value that the other parameter, or the fixed value, never takes."""
    if other is None:
        if not any(same(value, fixed) for value in allowed):
            detail = f"when lists {list(allowed)!r}, but the value is fixed at {fixed!r}, so it never holds."
            yield Fault(place, f"{name}: {detail} Leave {name} out of space, or change fixed.")
        return
    for index, value in enumerate(allowed):
        if not _takes(other, value):
            detail = f"when lists {value!r}, a value that the other parameter never takes."
            yield Fault(f"{place}/{index}", f"{name}: {detail} List values it can take.")


def _takes(parameter: Parameter, value: Value) -> bool:
    if isinstance(parameter, ChoiceParameter):
        return any(same(value, own) for own in parameter.values)
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    step, width = parameter.step, parameter.high - parameter.low
    if step is None:
        return False  # a point of a continuum is never met again
    if not (0 < step <= width and math.isfinite(width / step)):
        return True  # the parameter itself is at fault
    if not parameter.low <= value <= parameter.high:
        return False
    nearest = round((value - parameter.low) / step)
    return parameter.low + nearest * step == value


def _cycle_faults(parameters: Mapping[str, Parameter]) -> list[Fault]:
    """Return a fault for each parameter whose conditions lead back to it."""
    return [
        Fault(
            pointer("space", name, "when"),
            f"{name}: its conditions lead back to itself ({' -> '.join([*path, name])}). Remove one of them.",
        )
        for name in parameters
        if (path := _way_back(name, parameters))
    ]


def _way_back(start: str, parameters: Mapping[str, Parameter]) -> list[str]:
    """Return the names on the shortest way of conditions from `start` to itself, or an empty list."""
    ways, seen = [[start]], set[str]()
    for way in ways:  # grows while it is walked: a breadth-first search
        if way[-1] not in parameters or way[-1] in seen:
            continue
        seen.add(way[-1])
        for other in parameters[way[-1]].when or {}:
            if other == start:
                return way
            ways.append([*way, other])
    return []


def same(one: Value, other: Value) -> bool:
    """Return whether two JSON values are the same; true is not 1, a list may be a tuple."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)
