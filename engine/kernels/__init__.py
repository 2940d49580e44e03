"""Chains of element-wise passes, in NumPy or as compiled loops of the same bits: one kernel in each file."""

from engine.kernels.base import AnyArray, Bound, Kernel
from engine.kernels.switch import CHOICES, Choice, bind, choose, chosen, ready

__all__ = ["CHOICES", "AnyArray", "Bound", "Choice", "Kernel", "bind", "choose", "chosen", "ready"]
