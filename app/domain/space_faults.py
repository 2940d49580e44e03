"""What is wrong with a search space, before anything is drawn from it; in time linear in its size."""

import math
from collections.abc import Collection, Iterable, Iterator, Mapping

from app.domain.condition_faults import bare, condition_faults
from app.domain.errors import Fault, faults_of, pointer, show
from app.domain.grids import fits
from app.domain.scales import THRESHOLD
from app.domain.space import ChoiceParameter, FloatParameter, IntParameter, Parameter
from app.domain.values import Value, key

MOST_PARAMETERS = 256
"""The most parameters of a space: thousands of its points are drawn while somebody waits, to preview it or check it."""


def space_faults(
    parameters: Mapping[str, Parameter], fixed: Mapping[str, Value], unreadable: Collection[str] = ()
) -> list[Fault]:
    """Return every broken rule of the space and of its conditions, as faults below /space.

    `unreadable` names what the request has as well, but in a form that says nothing: conditions on it pass.
    """
    return [
        *(fault for name, parameter in parameters.items() for fault in _parameter_faults(name, parameter)),
        *faults_of([name for name in fixed if name in parameters], _twice),
        *condition_faults(parameters, fixed, unreadable),
        *many_faults(len(parameters)),
    ]


def many_faults(count: int) -> Iterator[Fault]:
    """Yield the fault of a space with so many parameters, if these are too many."""
    if count > MOST_PARAMETERS:
        rule = f"The space has {count:,} parameters; at most {MOST_PARAMETERS} are searched together"
        yield Fault("/space", f"{rule}. Search fewer, or make several one: the values of a choice may be lists.")


def _twice(name: str) -> Fault:
    return Fault(pointer("fixed", name), f"{bare(name)} is both searched and fixed. Leave it out of space or of fixed.")


def _parameter_faults(name: str, parameter: Parameter) -> Iterator[Fault]:
    for fault in _faults_within(parameter):
        # What stands for the rest of many has no place of its own.
        place = pointer("space", name) + fault.pointer if fault.count == 1 else fault.pointer
        yield Fault(place, f"{bare(name)}: {fault.detail}", fault.count)


def _faults_within(parameter: Parameter) -> Iterable[Fault]:
    if isinstance(parameter, ChoiceParameter):
        return [*_values_faults(parameter), *_weights_faults(parameter)]
    return _bounds_faults(parameter) or [
        *_scale_faults(parameter),
        *_threshold_faults(parameter),
        *_zero_faults(parameter),
        *_step_faults(parameter),
    ]


def _bounds_faults(parameter: FloatParameter | IntParameter) -> list[Fault]:
    low, high = parameter.low, parameter.high
    if low >= high:
        way = "Raise high or lower low; a single value belongs in fixed."
        return [Fault("/low", f"low is {low!r} and high is {high!r}, but low must be below high. {way}")]
    if isinstance(parameter, FloatParameter) and not math.isfinite(high - low):
        return [Fault("/high", f"The range from {low!r} to {high!r} is wider than a double can hold. Narrow it.")]
    return []


def _scale_faults(parameter: FloatParameter | IntParameter) -> list[Fault]:
    if parameter.scale == "log" and parameter.low <= 0:
        way = 'Bounds are real values, never exponents: write 1e-4, not -4. Raise low or use scale "linear".'
        return [Fault("/low", f"low is {parameter.low!r}, but a log scale needs bounds above 0. {way}")]
    if parameter.scale == "reverse_log" and parameter.high >= 1:
        way = 'It is uniform in log10(1 - x). Lower high, say to 0.999, or use scale "linear".'
        return [Fault("/high", f"high is {parameter.high!r}, but a reverse_log scale needs bounds below 1. {way}")]
    return []


def _threshold_faults(parameter: FloatParameter | IntParameter) -> list[Fault]:
    threshold, farthest = parameter.threshold, max(abs(parameter.low), abs(parameter.high))
    if parameter.scale != "symmetric_log":
        detail = f'threshold is {threshold!r}, but only scale "symmetric_log" has one. Leave it out.'
        return [] if threshold == THRESHOLD else [Fault("/threshold", detail)]
    if threshold > 0 and math.isfinite(farthest / threshold):
        return []
    way = "It is the distance from 0 up to which the axis is about linear; raise it."
    return [Fault("/threshold", f"threshold is {threshold!r}, but it must be above 0 and not vanishing. {way}")]


def _zero_faults(parameter: FloatParameter | IntParameter) -> list[Fault]:
    share = parameter.zero_probability
    if not 0 <= share < 1:
        way = "It is the share of draws that are exactly 0; leave it out for none."
        return [Fault("/zero_probability", f"zero_probability is {share!r}, but it must be from 0 to below 1. {way}")]
    if share and parameter.scale != "log":
        detail = (
            f'zero_probability is {share!r}, but the scale is "{parameter.scale}": only a log scale cannot reach 0.'
        )
        return [Fault("/zero_probability", f'{detail} Use scale "log", or leave it out.')]
    return []


def _step_faults(parameter: FloatParameter | IntParameter) -> list[Fault]:
    step, width = parameter.step, parameter.high - parameter.low
    if step is None or fits(parameter.low, parameter.high, step):
        return []
    if step > 0 and not math.isfinite(width / step):
        return [Fault("/step", f"step is {step!r}, too small to count the steps of the range. Make it larger.")]
    if step <= 0:
        return [Fault("/step", f"step is {step!r}, but it must be above 0. Leave it out for no grid.")]
    return [Fault("/step", f"step is {step!r}, wider than the range of {width!r}. Make it smaller or leave it out.")]


def _values_faults(parameter: ChoiceParameter) -> Iterator[Fault]:
    if not parameter.values:
        yield Fault("/values", "values is empty, but a choice needs at least one value. Add some.")
    first_places = dict[str, int]()
    places = [(index, first_places.setdefault(key(value), index)) for index, value in enumerate(parameter.values)]

    def repeated(place: tuple[int, int]) -> Fault:
        index, first = place
        way = "List each value once, and use weights to favour some."
        detail = f"The value {show(parameter.values[index])} is already at position {first}. {way}"
        return Fault(f"/values/{index}", detail)

    yield from faults_of([place for place in places if place[1] < place[0]], repeated)


def _weights_faults(parameter: ChoiceParameter) -> Iterator[Fault]:
    weights = parameter.weights
    if weights is None:
        return
    if len(weights) != len(parameter.values):
        counts = f"{len(weights)} weights for {len(parameter.values)} values"
        yield Fault("/weights", f"There are {counts}. Give one weight for each value, or none at all.")
    yield from faults_of(
        [(index, weight) for index, weight in enumerate(weights) if not weight >= 0],
        lambda one: Fault(f"/weights/{one[0]}", f"The weight {one[1]!r} is below 0. Use 0 to leave a value out."),
    )
    total = sum(weight for weight in weights if weight >= 0)
    if not 0 < total < math.inf:
        detail = f"The weights sum to {total!r}, but the sum must be above 0 and finite. Change them."
        yield Fault("/weights", detail)
