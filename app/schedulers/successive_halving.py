"""Successive halving: all trials train a little, and at each rung the best share goes on eta times as far.

Jamieson and Talwalkar, "Non-stochastic best arm identification and hyperparameter optimization", AISTATS 2016; the
sizes of rounds are those of Li et al., "Hyperband", JMLR 2018: n // eta^k trials train beyond rung k, at least one.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import final

from app.domain.errors import Fault
from app.domain.objectives import value_of
from app.domain.options import Option, settled
from app.domain.plan import Need
from app.domain.values import Value
from app.schedulers.base import Contender, Round, Scheduler, Selection

_Place = tuple[float, int, Contender]
"""A contender that has a cost, behind it and the number of its trial."""


@final
class SuccessiveHalving(Scheduler):
    """Compares the best values so far at epochs first_rung, first_rung * eta, ..., and trains the last ones to the end.

    Trials that ended by themselves (early stopping) keep their place, and need no more training. Those that have no
    value (diverged, failed) have no place.
    """

    need = Need.ROUND
    options: Mapping[str, Option] = {
        "eta": Option(3, 2, 1000, "one of so many trials goes on from each rung, to so many times its epochs"),
        "first_rung": Option(1, 1, 1_000_000, "the epoch at which trials are compared first"),
    }

    def faults(self, posted: Mapping[str, Value], epochs: int | None) -> Iterator[Fault]:
        """Yield what is wrong with the options; and `epochs` must lie beyond the first rung."""
        yield from super().faults(posted, epochs)
        if epochs is None or not self._accepted(posted):
            return
        first = settled(posted, self.options)["first_rung"]
        if first >= epochs:
            way = "Make it smaller, or epochs larger, or use the scheduler none."
            detail = (
                f"first_rung {first} must lie below epochs, {epochs}: no trial would be compared before its end. {way}"
            )
            yield Fault("/scheduler/first_rung", detail)

    def first_epoch(self, posted: Mapping[str, Value], epochs: int) -> int:
        """Return the first rung."""
        return self._rungs(posted, epochs)[0]

    def decide(self, posted: Mapping[str, Value], epochs: int, stopped: Round) -> Selection:
        """Return the best size // eta^rung trials, at least one; ties go to the lower number."""
        rungs = self._rungs(posted, epochs)
        if stopped.rung >= len(rungs):
            return Selection()
        ranked, places = _ranked(stopped.contenders), self._places(posted, stopped.size, stopped.rung)
        compared = min(self._places(posted, stopped.size, stopped.rung - 1), len(stopped.contenders))
        going = min(places, len(ranked))
        return Selection(
            go_on=[trial for _, trial, contender in ranked[:places] if contender.open],
            to_epoch=rungs[stopped.rung],
            reason=f"rung {stopped.rung}: the best {going} of {compared} go on to epoch {rungs[stopped.rung]}",
            pruned={
                contender.trial: f"rung {stopped.rung}: {fate}; {going} go on"
                for contender, fate in [*_losers(stopped, ranked, places, compared), *_outcasts(stopped)]
            },
        )

    def _accepted(self, posted: Mapping[str, Value]) -> bool:
        return all(option.accepts(posted.get(name, option.default)) for name, option in self.options.items())

    def _rungs(self, posted: Mapping[str, Value], epochs: int) -> Sequence[int]:
        """Return the epochs at whose ends trials stop, the last one included."""
        options = settled(posted, self.options)
        rungs, epoch = list[int](), options["first_rung"]
        while epoch < epochs:
            rungs.append(epoch)
            epoch *= options["eta"]
        return [*rungs, epochs]

    def _places(self, posted: Mapping[str, Value], size: int, rung: int) -> int:
        return int(max(1, size // settled(posted, self.options)["eta"] ** rung))


def _ranked(contenders: Sequence[Contender]) -> list[_Place]:
    placed = [(one.cost, one.trial, one) for one in contenders if one.cost is not None]
    return sorted(placed, key=lambda place: place[:2])


def _losers(stopped: Round, ranked: Sequence[_Place], places: int, compared: int) -> Iterator[tuple[Contender, str]]:
    metric, direction = stopped.objective.metric, stopped.objective.direction
    for rank, (cost, _, contender) in enumerate(ranked, 1):
        if rank > places and contender.open:
            value = value_of(cost, direction)
            yield contender, f"{metric} {value:.4g} at epoch {contender.epochs} was {_ordinal(rank)} of {compared}"


def _outcasts(stopped: Round) -> Iterator[tuple[Contender, str]]:
    for contender in stopped.contenders:
        if contender.open and contender.cost is None:
            yield contender, f"no {stopped.objective.metric} to compare, as a replicate diverged, failed or has none"


def _ordinal(number: int) -> str:
    teens = 11 <= number % 100 <= 13
    return f"{number}{'th' if teens else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"
