"""What has happened, as it is published: changes that were committed, in their order, and workers that come and go."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SweepChanged:
    """A sweep was created or changed; `state` is the one it has now, "deleted" if it has gone."""

    sweep: str
    state: str


@dataclass(frozen=True, slots=True)
class TrialsChanged:
    """Trials were created or changed: the state of each now, by number."""

    sweep: str
    trials: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class EpochsStored:
    """Epochs of trials were stored: the last one of each, by number."""

    sweep: str
    epochs: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Decided:
    """Decisions about a sweep were written down: `count` of them, from number `first` on."""

    sweep: str
    first: int
    count: int


@dataclass(frozen=True, slots=True)
class DatasetChanged:
    """A data set was stored, replaced or deleted."""

    name: str
    deleted: bool


@dataclass(frozen=True, slots=True)
class WorkersChanged:
    """Workers asked for work or spoke for the first time, or left, died or fell silent; by their names."""

    came: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WorkQueued:
    """Runs of these sweeps became claimable: new, given back, or let go on."""

    sweeps: frozenset[str]


Event = SweepChanged | TrialsChanged | EpochsStored | Decided | DatasetChanged | WorkersChanged | WorkQueued
