"""What one plan remembers for the next: plain JSON beside the sweep, whose absent entries have their first values."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from app.domain.sweeps import Budget, Spent
from app.domain.values import Value


@dataclass(frozen=True, slots=True)
class Memory:
    """Where a sweep stands in its refunds and rounds.

    Epochs of trials below `refunded` were given back. `round` is the last round, counted from 1; the current bracket
    began with round `since`, and has up to `size` trials from number `first` on. With size 0 none is under way. It is
    number `bracket`, counted from 0. `besides` are the trials that the sampler did not propose: enqueued
    ones and heirs. `space` is the version of the space from which was drawn last. `given` of the first points that wait
    belong to the bracket, since the epochs did not reach for them yet.

    While leaders are confirmed, `confirming` is the budget that was in force when they began, and `began` how many
    seconds were counted by then; `confirm_epochs` and `confirm_seconds` are what that and earlier times took.
    """

    refunded: int = 0
    round: int = 0
    since: int = 1
    first: int = 0
    size: int = 0
    bracket: int = 0
    besides: int = 0
    space: int = 1
    given: int = 0
    confirming: Budget | None = None
    began: float = 0.0
    confirm_epochs: int = 0
    confirm_seconds: float = 0.0

    @classmethod
    def of(cls, stored: Mapping[str, Value]) -> Self:
        """Return the memory that was stored."""
        known: dict[str, Any] = {field.name: stored[field.name] for field in fields(cls) if field.name in stored}
        budget = known.pop("confirming", None)
        return cls(**known, confirming=Budget(**budget) if budget else None)

    @property
    def spent(self) -> Spent:
        """What confirming has taken so far."""
        return Spent(self.confirm_epochs, self.confirm_seconds)

    def stored(self) -> dict[str, Value]:
        """Return the entries that differ from their first values."""
        first = asdict(Memory())
        return {name: value for name, value in asdict(self).items() if value != first[name]}
