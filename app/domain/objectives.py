"""Which way a value is better, and the cost that stands for it wherever values are compared: lower is better."""

from typing import Literal

Direction = Literal["minimize", "maximize"]


def cost(value: float, direction: Direction) -> float:
    """Return what a value costs: itself, or its negative where higher values are better."""
    return value if direction == "minimize" else -value


def value_of(cost_: float, direction: Direction) -> float:
    """Return the value that has this cost."""
    return cost(cost_, direction)
