"""Tests of the planner where trials train to their end: budgets, refunds, ends."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.plan import Draw, End, Need, Plan
from app.domain.states import SweepState, TrialState
from app.domain.sweeps import Budget, SweepSpec
from app.planning import HORIZON, need_of, plan
from app.planning.drawing import draw
from tests.app.planning.simulation import SHA, Fate, SimulatedSweep, fates, finished
from tests.app.planning.specs import HALVING, search
from tests.tries import tries

CHANCE = st.integers(0, 2**32)


def steady(_: int, __: int, epochs: int) -> Fate:
    """Return the fate of a run that trains to its end."""
    return Fate([0.5] * epochs)


def fixpoint(spec: SweepSpec, seed: int) -> int:
    """Return how many trials a budget of epochs has room for: each must fit after what those before it trained."""
    trained, how, most = 0, fates(seed), spec.budget.epochs or 0
    for trial in draw(spec, SHA, 0, spec.budget.trials, ()):
        if trained + trial.to_epoch * spec.replicates > most:
            return trial.number
        trained += sum(len(how(trial.number, copy, trial.to_epoch).best) for copy in range(spec.replicates))
    return spec.budget.trials


def test_plain_random_search_is_shown_counters_alone_and_a_kind_with_rounds_its_round() -> None:
    assert need_of(search(Budget(10))) is Need.NOTHING
    assert need_of(search(Budget(10), scheduler=HALVING)) is Need.ROUND


def test_the_queue_is_filled_to_the_horizon_and_again_once_an_eighth_of_it_is_free() -> None:
    sweep = SimulatedSweep(search(Budget(5000)), steady)
    sweep.look()
    assert len(sweep.trials) == HORIZON
    for number in range(HORIZON // 8 - 1):
        sweep.turn(sweep.runs[number, 0], TrialState.COMPLETED)
    sweep.look()
    assert len(sweep.trials) == HORIZON
    sweep.turn(sweep.runs[HORIZON // 8, 0], TrialState.COMPLETED)
    sweep.look()
    assert len(sweep.trials) == HORIZON + HORIZON // 8


def test_replicates_share_the_horizon() -> None:
    sweep = SimulatedSweep(search(Budget(5000), replicates=16), steady)
    sweep.look()
    assert len(sweep.runs) == HORIZON
    assert [trial.replicates for trial in sweep.trials] == [16] * (HORIZON // 16)


@settings(max_examples=tries(20), deadline=None)
@given(
    seed=CHANCE,
    order=CHANCE,
    workers=st.integers(1, 100),
    epochs=st.sampled_from([None, 1, 5]),
    replicates=st.sampled_from([1, 1, 3]),
    budget=st.integers(1, 1000),
)
def test_a_budget_of_epochs_draws_the_same_trials_whoever_finishes_first(
    seed: int, order: int, workers: int, epochs: int | None, replicates: int, budget: int
) -> None:
    spec = search(Budget(150, epochs=budget), epochs=epochs, replicates=replicates)
    sweep = finished(spec, seed, order, workers)
    assert len(sweep.trials) == fixpoint(spec, seed)
    assert sweep.charged == sum(run.epochs for run in sweep.runs.values()) <= budget
    assert all(run.state is not TrialState.CANCELLED for run in sweep.runs.values())


@settings(max_examples=tries(10), deadline=None)
@given(seed=CHANCE, order=CHANCE, trials=st.integers(1, 150), epochs=st.none() | st.integers(20, 400))
def test_more_budget_gives_what_it_would_have_given_from_the_start(
    seed: int, order: int, trials: int, epochs: int | None
) -> None:
    more = Budget(200, epochs=None if epochs is None else 600)
    sweep = finished(search(Budget(trials, epochs=epochs)), seed, order, 5)
    sweep.reopen(more)
    sweep.work(order, 5)
    assert sweep.table() == finished(search(more), seed, order + 1, 9).table()


@pytest.mark.parametrize("epochs", [None, 9 * 150])
def test_more_seconds_train_what_the_end_had_cancelled(epochs: int | None) -> None:
    sweep = SimulatedSweep(search(Budget(150, seconds=10, epochs=epochs)), steady)
    sweep.work(1, 4, steps=3)
    sweep.seconds = 10.0
    sweep.work(1, 4)
    assert sweep.reason == "the budget of 10 seconds is used up"
    assert any(run.state is TrialState.CANCELLED for run in sweep.runs.values())
    sweep.reopen(Budget(150, seconds=20, epochs=epochs))
    sweep.work(2, 4)
    assert sweep.reason == "all trials of the budget finished"
    assert {run.state for run in sweep.runs.values()} == {TrialState.COMPLETED}
    assert epochs is None or sweep.charged == sum(run.epochs for run in sweep.runs.values())


@pytest.mark.parametrize("moment", [0, 3, 40])
def test_a_budget_changed_in_mid_sweep_holds_from_then_on(moment: int) -> None:
    sweep = SimulatedSweep(search(Budget(50, epochs=9 * 50)), steady)
    sweep.work(1, 4, steps=moment)
    sweep.reopen(Budget(60, epochs=9 * 55))
    sweep.work(2, 4)
    assert len(sweep.trials) == 55
    assert sweep.reason is not None
    assert "the budget of 495 epochs is used up: trial 55 asks for 9" in sweep.reason


def test_a_sweep_ends_when_all_trials_of_the_budget_have() -> None:
    sweep = finished(search(Budget(10)), 1, 1, 3)
    assert (sweep.state, sweep.reason) == (SweepState.COMPLETED, "all trials of the budget finished")
    assert sweep.decisions == ["end completed: all trials of the budget finished"]


def test_a_run_that_paused_where_it_should_have_ended_holds_up_no_end() -> None:
    sweep = SimulatedSweep(search(Budget(1)), steady)
    sweep.look()
    run = sweep.runs[0, 0]
    run.epochs, run.value = run.asked, 0.5
    sweep.turn(run, TrialState.PAUSED)
    sweep.look()
    assert (sweep.state, run.state) == (SweepState.COMPLETED, TrialState.COMPLETED)


def test_a_budget_too_small_for_one_trial_ends_the_sweep_with_the_reason() -> None:
    sweep = SimulatedSweep(search(Budget(10, epochs=5)), steady)
    sweep.look()
    assert sweep.state is SweepState.COMPLETED
    assert sweep.reason == "the budget of 5 epochs has 5 left, too few: trial 0 asks for 9"


@pytest.mark.parametrize("scheduler", [None, HALVING])
def test_time_that_is_up_completes_what_runs_and_cancels_what_waits(scheduler: Mapping[str, int | str] | None) -> None:
    sweep = SimulatedSweep(search(Budget(100, seconds=5.0), scheduler=scheduler), steady)
    sweep.look()
    for number in range(3):
        sweep.start(sweep.runs[number, 0])
    sweep.seconds = 5.0
    sweep.look()
    assert (sweep.state, sweep.ending) == (SweepState.RUNNING, "completed")
    sweep.work(1)
    assert sweep.state is SweepState.COMPLETED
    assert sweep.reason == "the budget of 5 seconds is used up"
    assert [run.state for run in sweep.runs.values()].count(TrialState.COMPLETED) == 3
    assert [run.state for run in sweep.runs.values()].count(TrialState.CANCELLED) == 97
    assert len([line for line in sweep.decisions if line.startswith("end")]) == 1


def test_a_target_ends_a_plain_sweep_as_soon_as_it_is_seen() -> None:
    def fate(trial: int, _: int, epochs: int) -> Fate:
        return Fate([0.1 if trial == 2 else 0.5] * epochs)

    sweep = SimulatedSweep(search(Budget(100, target=0.1)), fate)
    sweep.work(1, 1)
    assert sweep.reason == "the target was reached: a dev_error of 0.1, where 0.1 was asked for"
    assert sweep.values()[2] == 0.1


@pytest.mark.parametrize("state", [SweepState.PAUSED, SweepState.COMPLETED, SweepState.CANCELLED])
def test_nothing_is_planned_for_a_sweep_that_does_not_run(state: SweepState) -> None:
    sweep = SimulatedSweep(search(Budget(10)), steady)
    sweep.state = state
    assert plan(sweep.snapshot()) == Plan((), {})


def test_while_an_end_awaits_runs_in_training_nothing_is_planned_and_then_the_same_end() -> None:
    sweep = SimulatedSweep(search(Budget(10)), steady)
    sweep.look()
    shown = replace(sweep.snapshot(), ending="cancelled", reason="cancelled by the user")
    assert plan(shown).moves == ()
    assert plan(replace(shown, in_training=False)).moves == (End(SweepState.CANCELLED, "cancelled by the user"),)


def test_the_snapshot_of_a_plain_sweep_carries_no_runs_and_its_plan_remembers_nothing() -> None:
    sweep = SimulatedSweep(search(Budget(100)), steady)
    shown = sweep.snapshot()
    made = plan(shown)
    assert (shown.runs, shown.trials) == ([], ())
    assert made.memory == {}
    moves: Sequence[object] = made.moves
    assert [type(move) for move in moves] == [Draw]
