"""Values that the engine accepts each by itself, and that make no sense together."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from app.domain.errors import Fault, faults_of
from app.domain.values import Value, key

Points = Mapping[str, Sequence[tuple[Value, str]]]
"""For each hyperparameter the values that it can have in a sweep, or their bounds, with the place of each."""


@dataclass(frozen=True, slots=True)
class _Clash:
    """`name` must not be `wrong` where `other` always is one of `values`."""

    name: str
    wrong: Callable[[Value], bool]
    other: str
    values: tuple[Value, ...]
    rule: str


_CLASHES = (
    _Clash(
        "batch_size",
        lambda value: value == 1 and value is not True,
        "batch_norm",
        (True,),
        "batch norm brings every unit of a single example to zero, so nothing is learned. Use at least 2, "
        "or leave batch_norm out",
    ),
    _Clash(
        "decay_rate",
        lambda value: isinstance(value, int | float) and value > 1,
        "decay",
        ("exponential", "staircase"),
        "the learning rate would grow with every period. Use at most 1, or another decay",
    ),
)


def combination_faults(points: Points) -> Iterable[Fault]:
    """Yield a fault for each value that meets another one, always the same, that it cannot go with."""
    for clash in _CLASHES:
        others = {key(value): value for value, _ in points[clash.other]}
        if not others.keys() <= set(map(key, clash.values)):
            continue
        met = " or ".join(sorted(str(other).lower() for other in others.values()))
        wrong = [(value, place) for value, place in points[clash.name] if place and clash.wrong(value)]
        yield from faults_of(wrong, partial(_fault, clash, met))


def _fault(clash: _Clash, met: str, one: tuple[Value, str]) -> Fault:
    value, place = one
    return Fault(place, f"{clash.name} is {value} where {clash.other} is {met}: {clash.rule}.")
