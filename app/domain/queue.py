"""What passes between the use cases and the queue of segments in the storage."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from app.domain.space import Value
from app.domain.work import Lease

SUSPECT_LOSSES = 3
"""After so many lost workers a segment is only given alone to a worker that holds nothing else."""

FATAL_LOSSES = 6
"""After so many lost workers the trial fails."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A trial that was drawn but not yet stored, with its first segment."""

    number: int
    params: Mapping[str, Value]
    cohort: str
    from_epoch: int
    to_epoch: int


@dataclass(frozen=True, slots=True)
class Ask:
    """What a worker asks for: up to `slots` segments, best of `cohorts`, its share among `live_workers`."""

    worker: str
    slots: int
    cohorts: Sequence[str]
    live_workers: int


@dataclass(frozen=True, slots=True)
class Claimed:
    """A segment that was just leased; `params` are the trial's own."""

    lease: Lease
    params: Mapping[str, Value]
    cohort: str
    from_epoch: int
    to_epoch: int


@dataclass(frozen=True, slots=True)
class Shortage:
    """A running sweep whose queue runs low: `missing` trials may be drawn from number `drawn` on."""

    sweep: str
    drawn: int
    missing: int


@dataclass(frozen=True, slots=True)
class Grant:
    """The answer to an Ask."""

    claimed: list[Claimed] = field(default_factory=list)
    shortages: list[Shortage] = field(default_factory=list)
    keep_below: dict[str, float] = field(default_factory=dict)
