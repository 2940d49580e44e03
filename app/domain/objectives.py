"""Which way a value is better, and the cost that stands for it wherever values are compared: lower is better."""

from typing import Literal, overload

Direction = Literal["minimize", "maximize"]


@overload
def cost(value: float, direction: Direction) -> float: ...
@overload
def cost(value: float | None, direction: Direction) -> float | None: ...
def cost(value: float | None, direction: Direction) -> float | None:
    """Return what a value costs: itself, or its negative where higher values are better; None for no value."""
    return value if value is None or direction == "minimize" else -value


def value_of(cost_: float, direction: Direction) -> float:
    """Return the value that has this cost."""
    return cost(cost_, direction)
