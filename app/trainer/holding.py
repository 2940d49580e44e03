"""What a trainer knows of the runs that it holds: in training, stopped but not yet scored, and parked."""

from dataclasses import dataclass

from app.domain.work import Lease, LeasedRun
from app.trainer.loading import ReadyRun
from engine.population import Departure


@dataclass(slots=True)
class Held:
    """A run in training: its epochs done, here or before, and the seconds that its last checkpoint does not hold.

    `pace` is what its last epoch here took.
    """

    ready: ReadyRun
    epochs: int = 0
    unsaved: float = 0.0
    pace: float = 0.0

    @property
    def run(self) -> LeasedRun:
        """The run under its lease."""
        return self.ready.run

    @property
    def is_untrained(self) -> bool:
        """Whether it has trained no epoch of its own: those of its ancestors are none of its."""
        return self.epochs <= self.ready.inherited


@dataclass(frozen=True, slots=True)
class Unscored:
    """A run that stopped and left its stack; what it came to is told once it is scored."""

    run: LeasedRun
    departure: Departure


@dataclass(slots=True)
class Parked:
    """A parked run: the lease under which it paused, and whether a checkpoint of it was handed in."""

    lease: Lease
    epochs: int
    saved: bool = False
