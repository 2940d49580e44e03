"""Runs: one network in training, the holds of workers on it, and who is to blame for those that were lost."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from app.domain.states import TrialState
from app.domain.work import Diverged, Metrics

Ending = Literal["finished", "paused", "released", "lost", "signal", "refused", "error", "out_of_memory"]
"""How a worker's hold of a run ended.

`lost`: it fell silent; `signal` and `error`: its process died so; `refused`: it cannot train the run.
"""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One worker's hold of a run: how it ended (null while it lasts), and how far the run had come; times are UTC.

    `number` is the fence of its lease; `lost` is a worker that fell silent, `refused` one that could not train the run.
    """

    replicate: int
    number: int
    worker: str
    started_at: datetime
    ended_at: datetime | None
    ending: Ending | None
    reason: str | None
    epochs: int


@dataclass(frozen=True, slots=True)
class Blame:
    """The attempts in a row that were lost, since the run last got past its furthest epoch.

    `alone` counts the last of them, as long as the worker held nothing but this run.
    """

    losses: int = 0
    alone: int = 0


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """What one run of a trial came to, as far as it came."""

    replicate: int
    state: TrialState
    value: float | None
    metrics: Metrics
    best_epoch: int | None
    epochs: int
    seconds: float
    reason: str | None


@dataclass(frozen=True, slots=True)
class TrialOutcome:
    """What a trial comes to by its runs; so many of them `counted`."""

    state: TrialState
    value: float | None
    metrics: Mapping[str, float | None]
    best_epoch: int | None
    epochs: int
    seconds: float
    reason: str | None
    counted: int


WITHOUT_RESULT = frozenset({TrialState.FAILED, TrialState.CANCELLED})
"""The states in which a run has come to nothing."""


def whole_seeds(replicates: Collection[int], folds: int) -> frozenset[int]:
    """Return those of these runs of a trial of whose seed all folds are among them: they are next to each other.

    A mean over them weighs each fold alike; an easy fold that counts once more than a hard one would flatter.
    """
    there = frozenset(replicates)
    return frozenset(one for one in there if there.issuperset(range(first := one - one % folds, first + folds)))


def comparable(state: TrialState, value: float | None, diverged: Diverged) -> float | None:
    """Return the value of a run, or its cost, if it may be compared with those of others, or else None."""
    if state in WITHOUT_RESULT or (state is TrialState.DIVERGED and diverged == "exclude"):
        return None
    return value


@dataclass(frozen=True, slots=True)
class RunPlace:
    """Where the epochs of a run are stored, and how many there are."""

    key: int
    trial: int
    replicate: int
    epochs: int
