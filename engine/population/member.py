"""One member's way through its epochs: its curve's best point, and why it ends."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from engine.arrays import Array
from engine.early_stopping import BestEpoch
from engine.metrics import TRAIN_LOSS, objective_direction
from engine.spec import MemberSpec

EndState = Literal["completed", "diverged"]
StopState = EndState | Literal["paused"]

_LOSSES = (TRAIN_LOSS, "dev_loss")
"""What decides whether a member diverged; other metrics may have no value."""


@dataclass(frozen=True, slots=True)
class Observation:
    """What one epoch of one member gave: a point of its curve.

    `gradient_norms` has a number for each layer, from the input side: the root mean square over some mini-batches.
    """

    epoch: int
    values: Mapping[str, float]
    seconds: float
    gradient_norms: tuple[float, ...] = ()

    def broken(self) -> str | None:
        """Return the name of the first loss that is NaN or infinite, if there is one."""
        return next((name for name in _LOSSES if not math.isfinite(self.values.get(name, 0.0))), None)


@dataclass(frozen=True, slots=True)
class Stopped:
    """A member that trains no more: the metrics of its best epoch, and the weights kept from it.

    One that has no best epoch has neither: it diverged in its first, never trained, or its objective had no value.
    """

    state: StopState
    reason: str
    best_epoch: int | None
    epochs: int
    seconds: float
    metrics: Mapping[str, float]
    weights: Array | None


@dataclass(frozen=True, slots=True)
class Finished(Stopped):
    """The end of a member."""

    state: EndState


@dataclass(frozen=True, slots=True)
class Paused(Stopped):
    """A member that may go on; its metrics and weights are those of an end in the same epoch."""

    state: Literal["paused"]


@dataclass(slots=True)
class Member:
    """A member in training, to its end or until the epoch `pause_at` is done."""

    key: str
    spec: MemberSpec
    pause_at: int | None = None
    epoch: int = 0
    seconds: float = 0.0
    best: BestEpoch = field(default_factory=BestEpoch)
    best_values: Mapping[str, float] = field(default_factory=dict)

    def observe(self, observation: Observation) -> bool:
        """Take in an epoch; return whether it is the best so far. One that broke anything is never the best."""
        self.epoch = observation.epoch
        self.seconds += observation.seconds
        if observation.broken() is not None:
            return False
        patience = self.spec.patience
        value = observation.values[self.spec.objective]
        cost = value if objective_direction(self.spec.objective) == "minimize" else -value
        better = self.best.observe(self.epoch, cost, patience.min_delta if patience else 0.0)
        if better:
            self.best_values = observation.values
        return better

    def stop(self, observation: Observation) -> tuple[StopState, str] | None:
        """Return why the member stops after this epoch, or None while training goes on; an end comes before a pause."""
        ending = self._ending(observation)
        if ending is None and self.pause_at is not None and self.epoch >= self.pause_at:
            return self.pause()
        return ending

    def pause(self) -> tuple[Literal["paused"], str]:
        """Return the state of a member that pauses now, and its reason."""
        return "paused", f"paused after epoch {self.epoch} of {self.spec.epochs}"

    def _ending(self, observation: Observation) -> tuple[EndState, str] | None:
        if (name := observation.broken()) is not None:
            return "diverged", f"{name} became {observation.values[name]} in epoch {self.epoch}"
        if self.best.exhausted(self.epoch, self.spec.patience):
            assert self.spec.patience is not None
            return "completed", f"no better {self.spec.objective} for {self.spec.patience.epochs} epochs"
        if self.epoch >= self.spec.epochs:
            return "completed", f"all {self.spec.epochs} epochs done"
        return None
