"""Early stopping: remember the best epoch of one curve, and stop when patience runs out."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Patience:
    """Stop after `epochs` epochs in a row that did not beat the reference by more than `min_delta`."""

    epochs: int
    min_delta: float = 0.0


@dataclass(slots=True)
class BestEpoch:
    """The best value of a curve so far, as a cost: lower is better, and NaN is never better.

    The best epoch is the first one with the lowest value, however small the gain. Patience is judged against the
    last value that was better by more than `min_delta`, so that a crawl of tiny gains does not go on for ever.
    """

    epoch: int | None = None
    value: float = math.inf
    reference: float = math.inf
    reference_epoch: int = 0

    def observe(self, epoch: int, value: float, min_delta: float) -> bool:
        """Take in the value of an epoch; return whether it is the best so far."""
        if value < self.reference - min_delta:
            self.reference, self.reference_epoch = value, epoch
        if value < self.value:
            self.epoch, self.value = epoch, value
            return True
        return False

    def exhausted(self, epoch: int, patience: Patience | None) -> bool:
        """Return whether the patience has run out by the end of `epoch`."""
        return patience is not None and epoch - self.reference_epoch >= patience.epochs
