"""ASHA: whenever a run stops, the best of a rung that may go on does, or else a new trial begins.

Li et al., "A system for massively parallel hyperparameter tuning", MLSys 2020. It never waits, so what it decides
depends on who was faster: with several workers a sweep is not the same twice. Trials of trainers that cannot pause
train on, and are ended once they are not among the best of their rung.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import final

from app.domain.errors import Fault
from app.domain.objectives import value_of
from app.domain.options import Option, settled
from app.domain.plan import Need
from app.domain.states import TrialState
from app.domain.values import Value
from app.schedulers.base import RoundComposer
from app.schedulers.board import Board, Standing, Step
from app.schedulers.rungs import ETA, FIRST_RUNG, first_rung_faults, geometric, ordinal
from app.schedulers.stopping import Passed, Stopping

_TRAINING = frozenset({TrialState.QUEUED, TrialState.RUNNING})


@final
class Asha(RoundComposer, Stopping):
    """Keeps so many trials in training; deeper rungs come first. The best n // eta of n at a rung may go on."""

    need = Need.LIVE
    options: Mapping[str, Option] = {
        "eta": ETA,
        "first_rung": FIRST_RUNG,
        "at_once": Option(16, 1, 1000, "so many trials wait for a worker or train at a time"),
    }
    needs_pauses: Collection[str] = ("at_once",)

    def faults(self, posted: Mapping[str, Value], epochs: int | None) -> Iterator[Fault]:
        """Yield what is wrong with the options; and `epochs` must lie beyond the first rung."""
        yield from super().faults(posted, epochs)
        yield from first_rung_faults(posted, self.options, epochs)

    def first_epoch(self, posted: Mapping[str, Value], epochs: int) -> int:
        """Return the first rung."""
        options = settled(posted, self.options)
        return geometric(options["first_rung"], options["eta"], epochs)[0]

    def compose(self, posted: Mapping[str, Value], board: Board) -> Step:
        """Return as many as there is room for; once nothing is new or in training, at least one of each rung goes on.

        Then all others end.
        """
        options = settled(posted, self.options)
        rungs = self.rungs(posted, board.epochs)
        training = sum(one.state in _TRAINING for one in board.trials)
        room = options["at_once"] - training
        last = not training and not board.trials_left
        going = dict(list(_promoted(board.trials, rungs, options["eta"], least=int(last)))[: max(room, 0)])
        draw = min(max(room - len(going), 0), board.trials_left)
        reason = f"{room} of {options['at_once']} places are free: {draw} new trials, up to epoch {rungs[0]}"
        return Step(
            go_on={trial: to_epoch for trial, (to_epoch, _) in going.items()},
            draw=draw,
            first_epoch=rungs[0],
            pruned=_left_behind(board.trials) if last and not going else {},
            reason=reason if going or draw else "",
            reasons={trial: why for trial, (_, why) in going.items()},
        )

    def rungs(self, posted: Mapping[str, Value], epochs: int) -> Sequence[int]:
        """Return the epochs first_rung, first_rung * eta, ... and the last one."""
        options = settled(posted, self.options)
        return geometric(options["first_rung"], options["eta"], epochs)

    def verdict(self, posted: Mapping[str, Value], passed: Passed) -> str | None:
        """Return that a trial is not among the best n // eta (at least one) of the n that came to its rung."""
        order = sorted(passed.costs, key=lambda trial: (passed.costs[trial], trial))
        rank, places = order.index(passed.trial) + 1, max(1, len(order) // settled(posted, self.options)["eta"])
        if rank <= places:
            return None
        value = value_of(passed.costs[passed.trial], passed.objective.direction)
        place = f"{ordinal(rank)} of {len(order)}, and the best {places} go on"
        return f"rung of epoch {passed.epoch}: {passed.objective.metric} {value:.4g} is {place}"


def _promoted(
    trials: Sequence[Standing], rungs: Sequence[int], eta: int, least: int
) -> Iterator[tuple[int, tuple[int, str]]]:
    """Yield the open trials that may go on, from the last rung down, each with its next epoch and why."""
    for index in range(len(rungs) - 2, -1, -1):
        costs = [(cost, one.trial, one) for one in trials if (cost := one.cost_at(rungs[index])) is not None]
        places = max(least, len(costs) // eta)
        for rank, (_, trial, one) in enumerate(sorted(costs, key=lambda place: place[:2])[:places], 1):
            if one.open and one.epochs == rungs[index]:
                why = f"rung of epoch {rungs[index]}: {ordinal(rank)} of {len(costs)}, the best {places} go on"
                yield trial, (rungs[index + 1], why)


def _left_behind(trials: Sequence[Standing]) -> dict[int, str]:
    return {
        one.trial: f"rung of epoch {one.epochs}: others were better, and no new trial can change that"
        for one in trials
        if one.open
    }
