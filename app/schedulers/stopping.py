"""Stopping: comparisons of trials that train on, for trainers that keep nothing of what they would pause."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from app.domain.sweeps import Objective
from app.domain.values import Value


@dataclass(frozen=True, slots=True)
class Passed:
    """The last rung that a trial has passed, `epoch`, and the costs there of all that came so far, itself included."""

    trial: int
    epoch: int
    costs: Mapping[int, float]
    objective: Objective


class Stopping(ABC):
    """What a scheduler also is that can end trials while they train on.

    Whoever passes a rung is compared at once with all that passed it before, and again while it trains on to the next,
    as more come: so verdicts depend on who was faster.
    """

    needs_pauses: Collection[str]
    """The options that say something of trials that pause alone."""

    @abstractmethod
    def rungs(self, posted: Mapping[str, Value], epochs: int) -> Sequence[int]:
        """Return the epochs at whose ends trials are compared, the last of them their end."""

    @abstractmethod
    def verdict(self, posted: Mapping[str, Value], passed: Passed) -> str | None:
        """Return why a trial is ended, or None if it trains on."""
