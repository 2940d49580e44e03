"""What a commit changed, as those are told who follow along: one record for each kind of event.

An event says where something stands after the commit, not every step on the way there: what changed several times in
one commit is told once.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

DELETED: Final = "deleted"
"""The state that the event of a deleted sweep tells."""


@dataclass(frozen=True, slots=True)
class SweepChanged:
    """A sweep was created, changed or deleted; `state` is the one it has now."""

    sweep: str
    state: str


@dataclass(frozen=True, slots=True)
class TrialsChanged:
    """Trials were drawn, or something about them changed other than their epochs; `trials` has the state of each."""

    sweep: str
    trials: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class EpochsStored:
    """Epochs of trials in training were stored; `epochs` has the last one of each that has come in."""

    sweep: str
    epochs: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Decided:
    """A plan or a changed budget was written down, in `count` decisions from number `first` on."""

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
    """Runs of these sweeps wait that did not wait before: drawn, given back, or queued to go on."""

    sweeps: frozenset[str]


Event = SweepChanged | TrialsChanged | EpochsStored | Decided | DatasetChanged | WorkersChanged | WorkQueued

Listener = Callable[[Sequence[Event]], None]
"""Who is told the events of each commit, in the order of the commits."""
