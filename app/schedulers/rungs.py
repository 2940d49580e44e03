"""Rungs that most kinds share: epochs eta times as far each, and who is ahead at one of them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from app.domain.errors import Fault
from app.domain.objectives import value_of
from app.domain.options import Option, Options, settled
from app.domain.values import Value
from app.schedulers.bracket import Contender, Round, Selection

Place: TypeAlias = tuple[float, int, Contender]
"""A contender that has a cost, behind it and the number of its trial."""

ETA = Option(3, 2, 1000, "one of so many trials goes on from each rung, to so many times its epochs")
FIRST_RUNG = Option(1, 1, 1_000_000, "the epoch at which trials are compared first")


def geometric(first: int, eta: int, epochs: int) -> list[int]:
    """Return the epochs first, first * eta, ... that lie below `epochs`, and `epochs` itself."""
    rungs, epoch = list[int](), first
    while epoch < epochs:
        rungs.append(epoch)
        epoch *= eta
    return [*rungs, epochs]


def first_rung_faults(posted: Mapping[str, Value], options: Options, epochs: int | None) -> Iterator[Fault]:
    """Yield the fault of a first rung that does not lie below `epochs`; options with faults of their own have none."""
    if epochs is None or not all(one.accepts(posted.get(name, one.default)) for name, one in options.items()):
        return
    first = settled(posted, options)["first_rung"]
    if first >= epochs:
        way = "Make it smaller, or epochs larger, or use the scheduler none."
        detail = f"first_rung {first} must lie below epochs, {epochs}: no trial would be compared before its end. {way}"
        yield Fault("/scheduler/first_rung", detail)


def ranked(contenders: Sequence[Contender]) -> list[Place]:
    """Return those that have a cost, the best first; ties go to the lower number."""
    placed = [(one.cost, one.trial, one) for one in contenders if one.cost is not None]
    return sorted(placed, key=lambda place: place[:2])


def best_of(stopped: Round, eta: int) -> Selection:
    """Return the best size // eta^rung trials of a round, at least one.

    Trials that ended by themselves (early stopping) keep their place, and need no more training. Those that have no
    value (diverged, failed) have no place.
    """
    order, places = ranked(stopped.contenders), max(1, stopped.size // eta**stopped.rung)
    compared = min(max(1, stopped.size // eta ** (stopped.rung - 1)), len(stopped.contenders))
    going = min(places, len(order))
    return Selection(
        go_on=[trial for _, trial, contender in order[:places] if contender.open],
        to_epoch=stopped.to_epoch,
        reason=f"rung {stopped.rung}: the best {going} of {compared} go on to epoch {stopped.to_epoch}",
        pruned={
            contender.trial: f"rung {stopped.rung}: {fate}; {going} go on"
            for contender, fate in [*_losers(stopped, order, places, compared), *outcasts(stopped)]
        },
    )


def outcasts(stopped: Round) -> Iterator[tuple[Contender, str]]:
    """Yield the open contenders that have no cost, and why."""
    for contender in stopped.contenders:
        if contender.open and contender.cost is None:
            yield contender, f"no {stopped.objective.metric} to compare, as a replicate diverged, failed or has none"


def ordinal(number: int) -> str:
    """Return a rank as one says it: 1st, 2nd, 3rd, 11th, 21st."""
    teens = 11 <= number % 100 <= 13
    return f"{number}{'th' if teens else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"


def _losers(stopped: Round, order: Sequence[Place], places: int, compared: int) -> Iterator[tuple[Contender, str]]:
    metric, direction = stopped.objective.metric, stopped.objective.direction
    for rank, (cost, _, contender) in enumerate(order, 1):
        if rank > places and contender.open:
            value = value_of(cost, direction)
            yield contender, f"{metric} {value:.4g} at epoch {contender.epochs} was {ordinal(rank)} of {compared}"
