"""Where the whole service stands at a moment: what waits, what trains, what has ended, and what the files take."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from app.domain.states import SweepState, TrialState


@dataclass(frozen=True, slots=True)
class Room:
    """The bytes that the files of the storage take, and those that are free where they are."""

    database: int
    log: int
    free: int


@dataclass(frozen=True, slots=True)
class Standing:
    """What all sweeps come to together; `queued_since` is when the trial was drawn whose run has waited longest.

    Runs of sweeps that are paused wait for nobody, and count neither as queued nor for that.
    """

    sweeps: Mapping[SweepState, int]
    trials: Mapping[TrialState, int]
    queued: int
    queued_since: datetime | None
    leased: int
