"""The order of trials that have a result: which is the best, and which come next."""

from typing import NamedTuple

from app.domain.states import TrialState


class Order(NamedTuple):
    """Where a trial stands, the best first: those confirmed, then by lower cost, by having come to the end, by number.

    So a trial that was pruned is the best only where no completed one is as good.
    """

    doubtful: bool
    cost: float
    cut_short: bool
    number: int

    @classmethod
    def of(cls, cost: float, state: TrialState, number: int, *, confirmed: bool = False) -> "Order":
        """Return the place of a final trial."""
        return cls(not confirmed, cost, state is not TrialState.COMPLETED, number)
