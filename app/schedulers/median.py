"""Median stopping: at each rung, those trials end that are worse than the median of all that came so far.

After the rule of Golovin et al., "Google Vizier", KDD 2017, with best values so far in place of running means, and at
rungs, so that it does not depend on who was faster: a trial is compared with its own round and with earlier brackets.
Trials of trainers that cannot pause are compared while they train on, with all that came so far.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from statistics import median
from typing import final

from app.domain.errors import Fault
from app.domain.objectives import value_of
from app.domain.options import Option, settled
from app.domain.plan import Need
from app.domain.sweeps import Objective
from app.domain.values import Value
from app.schedulers.base import RungScheduler
from app.schedulers.bracket import Bracket, Round, Selection
from app.schedulers.rungs import FIRST_RUNG, first_rung_faults, outcasts
from app.schedulers.stopping import Passed, Stopping


@final
class MedianStopping(RungScheduler, Stopping):
    """Ends what lies behind the middle, and nothing as long as too few values are known at a rung."""

    need = Need.ROUNDS
    options: Mapping[str, Option] = {
        "first_rung": FIRST_RUNG,
        "interval": Option(3, 1, 1_000_000, "the epochs from one rung to the next"),
        "least": Option(5, 2, 1000, "with fewer values at a rung nothing is ended there"),
        "bracket": Option(16, 1, 1000, "so many trials are drawn and compared together"),
    }
    needs_pauses: Collection[str] = ("bracket",)

    def faults(self, posted: Mapping[str, Value], epochs: int | None) -> Iterator[Fault]:
        """Yield what is wrong with the options; and `epochs` must lie beyond the first rung."""
        yield from super().faults(posted, epochs)
        yield from first_rung_faults(posted, self.options, epochs)

    def bracket(self, posted: Mapping[str, Value], epochs: int, index: int) -> Bracket:  # noqa: ARG002 - all are alike
        """Return rungs at equal distances, and the end."""
        return Bracket(self.rungs(posted, epochs), settled(posted, self.options)["bracket"])

    def rungs(self, posted: Mapping[str, Value], epochs: int) -> Sequence[int]:
        """Return rungs at equal distances, and the end."""
        options = settled(posted, self.options)
        return [*range(options["first_rung"], epochs, options["interval"]), epochs]

    def verdict(self, posted: Mapping[str, Value], passed: Passed) -> str | None:
        """Return that a trial lies behind the median of all at its rung, once enough came there."""
        values, cost = list(passed.costs.values()), passed.costs[passed.trial]
        if len(values) < settled(posted, self.options)["least"] or cost <= median(values):
            return None
        return f"rung of epoch {passed.epoch}: {_behind(passed.objective, cost, median(values), len(values))}"

    def decide(self, posted: Mapping[str, Value], stopped: Round) -> Selection:
        """Return all whose cost is no higher than the median at this rung; those without a cost are ended."""
        values = [*stopped.earlier, *(one.cost for one in stopped.contenders if one.cost is not None)]
        known = len(values) >= settled(posted, self.options)["least"]
        middle = median(values) if known else float("inf")
        costs = {one.trial: one.cost for one in stopped.contenders if one.open and one.cost is not None}
        going = sorted((trial for trial in costs if costs[trial] <= middle), key=lambda trial: (costs[trial], trial))
        said = f"{len(values)} values are known, too few to compare"
        return Selection(
            go_on=going,
            to_epoch=stopped.to_epoch,
            reason=f"{_rung(stopped)}: {_no_worse(stopped, middle, len(values)) if known else said}",
            pruned={
                **{
                    trial: f"{_rung(stopped)}: {_behind(stopped.objective, costs[trial], middle, len(values))}"
                    for trial in costs
                    if costs[trial] > middle
                },
                **{contender.trial: f"{_rung(stopped)}: {fate}" for contender, fate in outcasts(stopped)},
            },
        )


def _rung(stopped: Round) -> str:
    return f"rung of epoch {stopped.rungs[stopped.rung - 1]}"


def _no_worse(stopped: Round, middle: float, count: int) -> str:
    value = value_of(middle, stopped.objective.direction)
    return f"no worse than {value:.4g}, the median of {count} trials, goes on to epoch {stopped.to_epoch}"


def _behind(objective: Objective, cost: float, middle: float, known: int) -> str:
    value, of_middle = value_of(cost, objective.direction), value_of(middle, objective.direction)
    return f"{objective.metric} {value:.4g} is worse than {of_middle:.4g}, the median of {known} trials"
