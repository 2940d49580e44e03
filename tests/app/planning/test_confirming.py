"""Tests of confirming: the leaders of a search get more seeds, the same whoever was faster."""

from dataclasses import replace

import pytest

from app.domain.plan import Close, Confirm, Draw, End, Leader
from app.domain.states import SweepState, TrialState
from app.domain.sweeps import Budget, Confirmation, SweepSpec
from app.planning import plan
from app.planning.memory import Memory
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
    assert "end the search: the search's part of the budget, 75 of 100 seconds, is used up" in sweep.decisions
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
    assert over.moves == (End(SweepState.COMPLETED, "all done; the best trials were confirmed before"),)


def test_more_trials_that_are_asked_for_while_leaders_are_confirmed_are_drawn_also_if_there_is_a_target() -> None:
    sweep = SimulatedSweep(confirmed(Budget(4, target=-1.0)), fates(5))
    sweep.work(0, 4, steps=40)
    memory = Memory(confirming=Budget(4, target=-1.0)).stored()
    confirming = replace(sweep.snapshot(), state=SweepState.RUNNING, reason="confirmed", memory=memory)
    assert plan(confirming).moves == (End(SweepState.COMPLETED, "confirmed"),)
    assert plan(replace(confirming, budget=Budget(4))).moves == (End(SweepState.COMPLETED, "confirmed"),)
    (move,) = plan(replace(confirming, budget=Budget(6, target=-1.0))).moves
    assert isinstance(move, Draw)
    assert [one.number for one in move.trials] == [4, 5]


def confirming(spec: SweepSpec, seed: int, order: int = 0) -> SimulatedSweep:
    """Return a sweep whose leaders have just begun to be confirmed."""
    sweep = SimulatedSweep(spec, fates(seed))
    while not sweep.confirmed:
        sweep.work(order, 2, steps=1)
    return sweep


def test_a_harder_target_that_is_asked_for_while_leaders_are_confirmed_lets_the_search_go_on() -> None:
    easy = confirming(confirmed(Budget(200, target=0.5)), 5)
    drawn, first = len(easy.trials), set(easy.confirmed)
    assert "end the search: the target was reached" in easy.decisions[-2]
    easy.work(0, 2)
    assert (easy.state, len(easy.trials)) == (SweepState.COMPLETED, drawn)
    harder = confirming(confirmed(Budget(200, target=0.5)), 5)
    harder.reopen(Budget(200, target=-1.0))
    harder.work(0, 2)
    assert (harder.state, len(harder.trials)) == (SweepState.COMPLETED, 200)
    assert first <= harder.confirmed


@pytest.mark.parametrize("seed", range(3))
def test_confirmations_that_were_cut_short_are_made_up_once_there_is_more_of_a_budget(seed: int) -> None:
    spec = confirmed(Budget(20, seconds=100.0))
    sweep = confirming(spec, seed)
    leaders = set(sweep.confirmed)
    sweep.work(1, 2, steps=1)
    sweep.seconds = 100.0
    sweep.work(0, 2)
    assert sweep.reason == "the budget of 100 seconds is used up"
    assert any(run.state is TrialState.CANCELLED for trial in leaders for run in runs(sweep, trial))
    sweep.reopen(Budget(20, seconds=200.0))
    sweep.work(2, 3)
    undisturbed = finished(confirmed(Budget(20)), seed, order=0, workers=2)
    assert undisturbed.confirmed == leaders <= sweep.confirmed
    assert {trial: sweep.values()[trial] for trial in leaders} == {
        trial: undisturbed.values()[trial] for trial in leaders
    }
    assert "go on where that was cut short" in (sweep.reason or "")


def test_epochs_that_are_granted_after_a_confirmation_are_shared_as_the_first_ones_were() -> None:
    spec = confirmed(Budget(1000, epochs=400))
    sweep = finished(spec, 2, order=0, workers=3)
    drawn, first = len(sweep.trials), set(sweep.confirmed)
    assert len(first) == 3
    sweep.reopen(Budget(1000, epochs=800))
    sweep.work(1, 2)
    own = finished(replace(spec, confirm=None, budget=Budget(1000, epochs=600)), 2, order=0, workers=3)
    assert len(sweep.trials) == len(own.trials) > drawn
    assert first < sweep.confirmed
    assert sweep.charged <= 800


def test_time_that_is_granted_after_a_confirmation_is_shared_too() -> None:
    sweep = SimulatedSweep(confirmed(Budget(1000, seconds=100.0)), fates(1))
    sweep.work(0, 2, steps=3)
    sweep.seconds = 75.0
    while not sweep.confirmed:
        sweep.work(0, 2, steps=1)
    sweep.seconds = 90.0
    sweep.work(0, 2)
    assert sweep.state is SweepState.COMPLETED
    sweep.reopen(Budget(1000, seconds=120.0))  # the search has 90 of them, and the 15 that confirming took are none
    sweep.seconds = 104.0
    sweep.look()
    assert sweep.ending is None
    sweep.seconds = 105.0
    sweep.look()
    assert "end the search: the search's part of the budget, 105 of 120 seconds, is used up" in sweep.decisions


def test_who_confirms_nobody_says_why() -> None:
    sweep = finished(confirmed(Budget(10, epochs=20)), 4, order=0, workers=2)
    assert not sweep.confirmed
    reason = sweep.reason or ""
    assert "no trial was confirmed: the budget of 20 epochs has" in reason
    assert reason.startswith("the search's part of the budget, 15 of 20 epochs, ")
