"""Values that the engine accepts each by itself, and that make no sense together."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Clash:
    """`name` must not be `wrong` where `other` is one of `values`; `why` tells the reason and the way out."""

    name: str
    wrong: Callable[[Any], bool]
    other: str
    values: tuple[Any, ...]
    why: str

    def sentence(self, value: object, met: Collection[object]) -> str:
        """Return the refusal of `value` where `other` is one of `met`."""
        others = " or ".join(sorted(str(other).lower() for other in met))
        return f"{self.name} is {value} where {self.other} is {others}: {self.why}."


CLASHES = (
    Clash(
        "batch_size",
        lambda value: value == 1 and value is not True,
        "batch_norm",
        (True,),
        "batch norm brings every unit of a single example to zero, so nothing is learned. Use at least 2, "
        "or leave batch_norm out",
    ),
    Clash(
        "decay_rate",
        lambda value: isinstance(value, int | float) and value > 1,
        "decay",
        ("exponential", "staircase"),
        "the learning rate would grow with every period. Use at most 1, or another decay",
    ),
)
