"""Tests of confirming: the leaders of a search get more seeds, the same whoever was faster."""

from dataclasses import replace

import pytest

from app.domain.plan import Close, Confirm, Draw, End, Leader
from app.domain.states import SweepState, TrialState
from app.domain.sweeps import Budget, Confirmation, SweepSpec
from app.planning import plan
from app.simulation.runs import Run
from tests.app.planning.simulation import SimulatedSweep, fates, finished
from tests.app.planning.specs import HALVING, search

CONFIRM = Confirmation(share=0.25, leaders=3, replicates=2)


def confirmed(
    budget: Budget, *, replicates: int = 1, folds: int = 1, sampler: str = "random", halving: bool = False
) -> SweepSpec:
    spec = search(budget, replicates=replicates, scheduler=HALVING if halving else None)
    return replace(spec, confirm=CONFIRM, folds=folds, sampler={"kind": sampler})


SPECS = {
    "random": confirmed(Budget(20)),
    "random, with folds": confirmed(Budget(8), replicates=2, folds=2),
    "random, so many epochs": confirmed(Budget(100, epochs=200)),
    "halving": confirmed(Budget(20), halving=True),
    "halving, so many epochs": confirmed(Budget(40, epochs=120), halving=True),
    "a sampler that learns": confirmed(Budget(16), sampler="tpe"),
}


@pytest.mark.parametrize("kind", SPECS)
@pytest.mark.parametrize("seed", range(3))
def test_the_leaders_and_their_results_are_the_same_with_any_number_of_workers(kind: str, seed: int) -> None:
    one = finished(SPECS[kind], seed, order=0, workers=1)
    assert one.state is SweepState.COMPLETED
    assert one.confirmed
    for order, workers in ((1, 2), (2, 5)):
        other = finished(SPECS[kind], seed, order, workers)
        assert (other.table(), other.values(), other.decisions) == (one.table(), one.values(), one.decisions)


@pytest.mark.parametrize("kind", SPECS)
def test_the_best_completed_trials_get_so_many_more_runs(kind: str) -> None:
    spec, sweep = SPECS[kind], finished(SPECS[kind], 1, order=0, workers=2)
    before = finished(replace(spec, confirm=None, budget=without_share(spec.budget)), 1, order=0, workers=2)
    completed = {trial for trial, value in before.values().items() if value is not None}
    completed &= {trial for trial in completed if all(run.state is TrialState.COMPLETED for run in runs(before, trial))}
    ranked = sorted(completed, key=lambda trial: (before.values()[trial], trial))
    assert sweep.confirmed <= set(ranked[:3])
    assert spec.budget.epochs or sweep.confirmed == set(ranked[:3])
    more = {trial: len(runs(sweep, trial)) - len(runs(before, trial)) for trial in before.values()}
    assert more == {trial: 2 * spec.folds * (trial in sweep.confirmed) for trial in more}


def runs(sweep: SimulatedSweep, trial: int) -> list[Run]:
    return [run for (number, _), run in sweep.runs.items() if number == trial]


def without_share(budget: Budget) -> Budget:
    return replace(budget, epochs=None if budget.epochs is None else int(budget.epochs * 0.75))


def test_a_confirmation_is_charged_epochs_and_no_trials() -> None:
    spec = SPECS["random, so many epochs"]
    sweep = finished(spec, 2, order=0, workers=3)
    assert sweep.charged <= 200
    assert len(sweep.trials) == len(
        finished(replace(spec, confirm=None, budget=Budget(100, epochs=150)), 2, 0, 3).trials
    )
    assert sum(run.epochs for run in sweep.runs.values()) <= 200


def test_time_that_is_up_confirms_nobody_and_ends_at_once() -> None:
    sweep = SimulatedSweep(confirmed(Budget(20, seconds=100.0)), fates(1))
    sweep.work(0, 2, steps=3)
    sweep.seconds = 80.0
    sweep.look()
    assert sweep.state is SweepState.RUNNING
    assert "end the search: the budget of 75 seconds is used up" in sweep.decisions
    sweep.work(0, 2)
    assert sweep.confirmed
    late = SimulatedSweep(confirmed(Budget(20, seconds=100.0)), fates(1))
    late.work(0, 2, steps=3)
    late.seconds = 100.0
    late.work(0, 2)
    assert (late.state, late.confirmed) == (SweepState.COMPLETED, set())


def test_more_budget_lets_the_search_go_on_and_confirms_those_that_lead_then() -> None:
    spec = confirmed(Budget(12))
    sweep = finished(spec, 3, order=0, workers=2)
    first = set(sweep.confirmed)
    sweep.reopen(Budget(40))
    sweep.work(1, 3)
    assert sweep.state is SweepState.COMPLETED
    assert len(sweep.trials) == 40
    assert first < sweep.confirmed
    assert all(len(runs(sweep, trial)) == (3 if trial in sweep.confirmed else 1) for trial in range(40))


def test_a_closed_search_awaits_what_trains_then_confirms_then_ends() -> None:
    sweep = SimulatedSweep(confirmed(Budget(4)), fates(5))
    sweep.work(0, 4, steps=40)
    last = plan(replace(sweep.snapshot(), state=SweepState.RUNNING, ending=None, memory={}))
    assert [type(move) for move in last.moves] == [Close]
    closed = replace(
        sweep.snapshot(), state=SweepState.RUNNING, ending="completed", reason="all done", leaders=[Leader(2, 1, 9)]
    )
    assert plan(replace(closed, in_training=True)).moves == ()
    (move,) = plan(closed).moves
    assert isinstance(move, Confirm)
    assert (move.leaders, move.more) == ([Leader(2, 1, 9)], 2)
    assert "2 more seeds each" in move.reason
    over = plan(replace(closed, leaders=[Leader(2, 3, 9)]))
    assert over.moves == (End(SweepState.COMPLETED, "all done"),)


def test_more_trials_that_are_asked_for_while_leaders_are_confirmed_are_drawn_also_if_there_is_a_target() -> None:
    sweep = SimulatedSweep(confirmed(Budget(4, target=-1.0)), fates(5))
    sweep.work(0, 4, steps=40)
    confirming = replace(sweep.snapshot(), state=SweepState.RUNNING, reason="confirmed", memory={"confirming": 4})
    assert plan(confirming).moves == (End(SweepState.COMPLETED, "confirmed"),)
    assert plan(replace(confirming, budget=Budget(4))).moves == (End(SweepState.COMPLETED, "confirmed"),)
    (move,) = plan(replace(confirming, budget=Budget(6, target=-1.0))).moves
    assert isinstance(move, Draw)
    assert [one.number for one in move.trials] == [4, 5]
