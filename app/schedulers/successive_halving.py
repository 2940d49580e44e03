"""Successive halving: all trials train a little, and at each rung the best share goes on eta times as far.

Jamieson and Talwalkar, "Non-stochastic best arm identification and hyperparameter optimization", AISTATS 2016; the
sizes of rounds are those of Li et al., "Hyperband", JMLR 2018: n // eta^k trials train beyond rung k, at least one.
"""

from collections.abc import Iterator, Mapping
from typing import final

from app.domain.errors import Fault
from app.domain.options import Option, settled
from app.domain.values import Value
from app.schedulers.base import RungScheduler
from app.schedulers.bracket import Bracket, Round, Selection
from app.schedulers.rungs import ETA, FIRST_RUNG, best_of, first_rung_faults, geometric


@final
class SuccessiveHalving(RungScheduler):
    """Compares the best values so far at epochs first_rung, first_rung * eta, ..., and trains the last ones to the end.

    Trials are drawn and compared in brackets of one size, or all in one.
    """

    options: Mapping[str, Option] = {
        "eta": ETA,
        "first_rung": FIRST_RUNG,
        "bracket": Option(0, 0, 1000, "so many trials are drawn and compared together; 0 is all of the budget"),
    }

    def faults(self, posted: Mapping[str, Value], epochs: int | None) -> Iterator[Fault]:
        """Yield what is wrong with the options; and `epochs` must lie beyond the first rung."""
        yield from super().faults(posted, epochs)
        yield from first_rung_faults(posted, self.options, epochs)

    def bracket(self, posted: Mapping[str, Value], epochs: int, index: int) -> Bracket:  # noqa: ARG002 - all are alike
        """Return the rungs, and the size that was asked for."""
        options = settled(posted, self.options)
        return Bracket(geometric(options["first_rung"], options["eta"], epochs), options["bracket"] or None)

    def decide(self, posted: Mapping[str, Value], stopped: Round) -> Selection:
        """Return the best size // eta^rung trials, at least one; ties go to the lower number."""
        return best_of(stopped, settled(posted, self.options)["eta"])
