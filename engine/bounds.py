"""What numbers the knobs may be, also after float32, in which networks train, has rounded them."""

import math
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields

import numpy as np

from engine.spec import Knobs

_SMALLEST_NORMAL = float(np.finfo(np.float32).tiny)


@dataclass(frozen=True, slots=True)
class Bounds:
    """A number between `low` and `high`; either end may be excluded."""

    low: float
    high: float = math.inf
    low_open: bool = False
    high_open: bool = False

    def words(self) -> str:
        """Return the bounds in words, as the end of a sentence: "it must be ..."."""
        lower = f"{'above' if self.low_open else 'at least'} {self.low:g}"
        if math.isinf(self.high):
            return f"a number {lower}"
        return f"a number {lower} and {'below' if self.high_open else 'at most'} {self.high:g}"

    def contain(self, value: float) -> bool:
        """Return whether `value` is a finite number within the bounds."""
        above = value > self.low if self.low_open else value >= self.low
        return above and value <= sys.float_info.max and (value < self.high if self.high_open else value <= self.high)

    def reason(self, value: float) -> str | None:
        """Return what `value` must be and is not, in words; None if it may be used.

        A number that float32 rounds to zero, to infinity or to an end that is excluded would not be the one meant;
        and what lies below its smallest normal number, training takes for zero.
        """
        if not self.contain(value):
            return self.words()
        with np.errstate(over="ignore", under="ignore"):
            held = float(np.float32(value))
        held = held if abs(held) >= _SMALLEST_NORMAL else 0.0
        lost = (held == 0.0) != (value == 0.0) or math.isinf(held)
        if lost or (self.low_open and held <= self.low) or (self.high_open and held >= self.high):
            return f"{self.words()} that float32, in which networks train, does not round to {held:g}"
        return None


_ABOVE_0, _FROM_0 = Bounds(0.0, low_open=True), Bounds(0.0)
_BETA, _KEEP = Bounds(0.0, 1.0, high_open=True), Bounds(0.01, 1.0)

KNOB_BOUNDS: Mapping[str, Bounds] = {
    "learning_rate": _ABOVE_0,
    "beta1": _BETA,
    "beta2": _BETA,
    # Squares of gradients below 2^-63 are 0 in training: a smaller epsilon would let Adam divide such a gradient by
    # less than itself, and the step by nothing but epsilon would be no step but a leap.
    "epsilon": Bounds(1e-18, 1.0),
    "l1": _FROM_0,
    "l2": _FROM_0,
    "keep_prob": _KEEP,
    "input_keep_prob": _KEEP,
    "batch_norm_beta": _BETA,
    "decay_rate": _ABOVE_0,
    "decay_every": _ABOVE_0,
    "warmup_epochs": _FROM_0,
    "clip_norm": _FROM_0,
}


def knob_faults(knobs: Knobs) -> Iterator[str]:
    """Yield a sentence for each knob that is out of its bounds."""
    for name in (entry.name for entry in fields(knobs)):
        value = getattr(knobs, name)
        if reason := KNOB_BOUNDS[name].reason(value):
            yield f"{name} is {value!r}, but it must be {reason}."
