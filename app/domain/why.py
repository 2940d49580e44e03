"""Why a sweep has not finished, or why it ended: sentences, and the facts that they rest on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from app.domain.states import SweepState
from app.domain.sweeps import Sweep
from app.domain.workers import Heard

Code = Literal[
    "ended", "paused", "storage", "no_plan", "no_worker", "other_version", "ending", "silent", "lost", "training",
    "queued", "round", "undrawn", "planning", "budget",
]  # fmt: skip  # in the order in which they are told


@dataclass(frozen=True, slots=True)
class Hold:
    """What a worker holds of a sweep: so many runs, the first of them since a time; the first lease ends then."""

    worker: str
    runs: int
    since: datetime
    lease_until: datetime


@dataclass(frozen=True, slots=True)
class OpenRun:
    """A run that waits for a worker or trains with one: how far it is, and how far it is asked to train."""

    trial: int
    replicate: int
    epochs: int
    asked: int
    worker: str | None
    since: datetime | None


@dataclass(frozen=True, slots=True)
class OpenRuns:
    """The runs of a sweep that have not ended.

    `queued_since` is when the trial was drawn of which a run waits longest, `holds` are those of the workers with the
    most runs, `slowest` is the run with the most epochs before it. So many `lost_runs` of those that wait or train
    have lost a worker, `losses` times in all.
    """

    queued: int
    training: int
    paused: int
    queued_since: datetime | None
    holds: Sequence[Hold]
    slowest: OpenRun | None
    lost_runs: int
    losses: int


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is known of why a sweep stands where it stands.

    `workers` are alive; those that can train the sweep hold so many trials of `others`. `no_worker`, `no_plan` and
    `trouble` are sentences if no live worker can train it, if what comes next could not be planned, and if nothing can
    be stored. A sweep that has ended has no open runs.
    """

    sweep: Sweep
    runs: OpenRuns | None
    workers: Sequence[Heard]
    others: int
    no_worker: str | None
    no_plan: str | None
    trouble: str | None
    now: datetime


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason, by its code, as a sentence with its facts."""

    code: Code
    detail: str


@dataclass(frozen=True, slots=True)
class Why:
    """Why a sweep has not finished, or why it ended, what holds it up first.

    `expected_end` is when it will end if it goes on as it did; null where nothing tells. A sweep that has ended has no
    `runs`.
    """

    state: SweepState
    reasons: Sequence[Reason]
    runs: OpenRuns | None
    expected_end: datetime | None
