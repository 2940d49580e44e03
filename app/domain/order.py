"""The order of trials that have a result: which is the best, and which come next."""

from typing import NamedTuple

from app.domain.states import TrialState


class Order(NamedTuple):
    """Where a trial stands, the best first: lower costs, of equal ones those that came to their end, lower numbers.

    So a trial that was pruned is the best only where no completed one is as good.
    """

    cost: float
    cut_short: bool
    number: int

    @classmethod
    def of(cls, cost: float, state: TrialState, number: int) -> "Order":
        """Return the place of a final trial."""
        return cls(cost, state is not TrialState.COMPLETED, number)
