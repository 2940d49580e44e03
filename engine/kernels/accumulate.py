"""An exponentially weighted average takes in a value; `engine.averages` has the formula."""

from engine.averages import accumulate
from engine.kernels.base import Kernel, changes, reads

ACCUMULATE = Kernel(accumulate, [changes("rc"), reads("rc"), reads("r1")])
