"""What numbers may be, also after float32, in which networks train, has rounded them."""

import math
import sys
from dataclasses import dataclass

import numpy as np

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

    def schema(self) -> dict[str, object]:
        """Return the bounds as a JSON Schema, which knows nothing of float32."""
        ends = {("exclusiveMinimum" if self.low_open else "minimum"): self.low}
        if not math.isinf(self.high):
            ends["exclusiveMaximum" if self.high_open else "maximum"] = self.high
        return {"type": "number", **ends}
