"""Ensembles of a sweep's models: how they are chosen, and what was chosen."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from app.domain.work import Metrics

SelectionKind = Literal["greedy", "top"]
GREEDY: SelectionKind = "greedy"
TOP: SelectionKind = "top"


@dataclass(frozen=True, slots=True)
class Selection:
    """How models are chosen: greedily, with replacement, or the best `count` alike."""

    kind: SelectionKind
    count: int = 0

    @property
    def name(self) -> str:
        """What no other selection is called."""
        return self.kind if self.kind == GREEDY else f"{self.kind}_{self.count}"


@dataclass(frozen=True, slots=True)
class PoolEntry:
    """A trial whose model can be chosen, and the hash and the bytes of its weights."""

    trial: int
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Member:
    """A trial whose model is in an ensemble, and how often it counts there."""

    trial: int
    count: int


@dataclass(frozen=True, slots=True)
class ChosenEnsemble:
    """What was chosen of a `pool` of so many models, and what it is worth: metrics of dev and test, by name.

    `rows` are those of dev that greedy selection looked at.
    """

    members: Sequence[Member]
    pool: int
    rows: int
    metrics: Metrics
