"""Which values of a sweep always meet others that they cannot go with."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial

from app.domain.errors import Fault, faults_of
from app.domain.values import Value, key
from engine.clashes import CLASHES, Clash

Points = Mapping[str, Sequence[tuple[Value, str]]]
"""For each hyperparameter the values that it can have in a sweep, or their bounds, with the place of each."""


def combination_faults(points: Points) -> Iterable[Fault]:
    """Yield a fault for each value that meets another one, always the same, that it cannot go with."""
    for clash in CLASHES:
        others = {key(value): value for value, _ in points[clash.other]}
        if not others.keys() <= set(map(key, clash.values)):
            continue
        wrong = [(value, place) for value, place in points[clash.name] if place and clash.wrong(value)]
        yield from faults_of(wrong, partial(_fault, clash, [*others.values()]))


def _fault(clash: Clash, met: Sequence[Value], one: tuple[Value, str]) -> Fault:
    value, place = one
    return Fault(place, clash.sentence(value, met))
