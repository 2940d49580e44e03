"""Hyperband: brackets of successive halving in turn, the first with many trials and early rungs, the last with none.

Li et al., "Hyperband: a novel bandit-based approach to hyperparameter optimization", JMLR 2018. With rungs at epochs
r_0, ..., r_k, the last the end, bracket i of k + 1 begins at rung i with ceil((k + 1) / (k - i + 1) * eta^(k - i))
trials; after the last one the first follows again. Runs go on where they paused instead of starting anew.
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
class Hyperband(RungScheduler):
    """Hedges how early trials can be told apart: each bracket compares its trials first at a later rung."""

    options: Mapping[str, Option] = {"eta": ETA, "first_rung": FIRST_RUNG}

    def faults(self, posted: Mapping[str, Value], epochs: int | None) -> Iterator[Fault]:
        """Yield what is wrong with the options; and `epochs` must lie beyond the first rung."""
        yield from super().faults(posted, epochs)
        yield from first_rung_faults(posted, self.options, epochs)

    def bracket(self, posted: Mapping[str, Value], epochs: int, index: int) -> Bracket:
        """Return the bracket whose turn it is."""
        options = settled(posted, self.options)
        eta, rungs = options["eta"], geometric(options["first_rung"], options["eta"], epochs)
        skipped = index % len(rungs)
        later = len(rungs) - 1 - skipped
        return Bracket(rungs[skipped:], -(-len(rungs) * eta**later // (later + 1)))

    def decide(self, posted: Mapping[str, Value], stopped: Round) -> Selection:
        """Return the best size // eta^rung trials, at least one; ties go to the lower number."""
        return best_of(stopped, settled(posted, self.options)["eta"])
