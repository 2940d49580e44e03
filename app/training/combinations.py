"""Which values of a sweep always meet others that they cannot go with."""

from collections.abc import Iterable, Mapping, Sequence

from app.domain.errors import Fault
from app.domain.space import Value
from engine.clashes import CLASHES

Points = Mapping[str, Sequence[tuple[Value, str]]]
"""For each hyperparameter the values that it can have in a sweep, or their bounds, with the place of each."""


def combination_faults(points: Points) -> Iterable[Fault]:
    """Yield a fault for each value that meets another one, always the same, that it cannot go with."""
    for clash in CLASHES:
        others = [value for value, _ in points[clash.other]]
        if not all(value in clash.values for value in others):
            continue
        for value, place in points[clash.name]:
            if place and clash.wrong(value):
                yield Fault(place, clash.sentence(value, others))
