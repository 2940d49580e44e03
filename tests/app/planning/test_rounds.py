"""Tests of rounds: the same decisions with any number of workers, brackets, budgets under rounds."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.states import SweepState, TrialState
from app.domain.sweeps import Budget
from app.samplers.random import RandomSampler
from tests.app.planning.simulation import Fate, SimulatedSweep, fates, finished
from tests.app.planning.specs import HALVING, search
from tests.tries import tries

CHANCE = st.integers(0, 2**32)


def by_number(trial: int, _: int, epochs: int) -> Fate:
    """Return the fate of a run that trains to its end, the better the lower its trial's number."""
    return Fate([trial / 100 + 1 / (2 + epoch) for epoch in range(epochs)])


@settings(max_examples=tries(20), deadline=None)
@given(
    seed=CHANCE,
    orders=st.tuples(CHANCE, CHANCE),
    workers=st.tuples(st.integers(1, 20), st.integers(1, 200)),
    trials=st.integers(1, 130),
    replicates=st.sampled_from([1, 1, 3]),
    epochs=st.none() | st.integers(1, 900),
    target=st.none() | st.sampled_from([0.0, 0.1]),
)
def test_decisions_trials_and_values_are_the_same_whoever_finishes_first(
    seed: int,
    orders: tuple[int, int],
    workers: tuple[int, int],
    trials: int,
    replicates: int,
    epochs: int | None,
    target: float | None,
) -> None:
    spec = search(Budget(trials, epochs=epochs, target=target), replicates=replicates, scheduler=HALVING)
    one, other = (finished(spec, seed, order, count) for order, count in zip(orders, workers, strict=True))
    assert one.decisions == other.decisions
    assert one.table() == other.table()
    assert (one.charged, one.reason) == (other.charged, other.reason)


def test_a_bracket_beyond_the_horizon_is_drawn_in_the_same_batches_whoever_is_faster() -> None:
    spec = search(Budget(1500), scheduler=HALVING)
    one, other = finished(spec, 1, 2, 100), finished(spec, 1, 3, 1500)
    assert one.decisions == other.decisions
    assert one.table() == other.table()


def test_the_best_third_goes_on_from_each_rung_and_the_others_are_pruned_with_the_reason() -> None:
    sweep = SimulatedSweep(search(Budget(27), epochs=20, scheduler=HALVING), by_number)
    sweep.work(1, 5)
    assert Counter(run.epochs for run in sweep.runs.values()) == {1: 18, 3: 6, 9: 2, 20: 1}
    assert Counter(run.state for run in sweep.runs.values()) == {TrialState.PRUNED: 26, TrialState.COMPLETED: 1}
    assert sweep.decisions[0] == "1 draw 0 to 26: round 1: 27 new trials, up to epoch 1"
    assert sweep.decisions[1].endswith("to 3: rung 1: the best 9 of 27 go on to epoch 3")
    assert "1 prune 18.0: rung 1: dev_error 0.68 at epoch 1 was 19th of 27; 9 go on" in sweep.decisions
    assert "2 prune 3.0: rung 2: dev_error 0.28 at epoch 3 was 4th of 9; 3 go on" in sweep.decisions
    assert sweep.decisions[-1] == "end completed: all trials of the budget finished"


def test_replicates_go_on_or_stop_together_by_the_mean_of_their_values() -> None:
    values = {0: (0.1, 0.9), 1: (0.4, 0.4), 2: (0.2, 0.7)}  # means 0.5, 0.4, 0.45

    def fate(trial: int, replicate: int, epochs: int) -> Fate:
        return Fate([values[trial][replicate]] * epochs)

    sweep = SimulatedSweep(search(Budget(3), replicates=2, scheduler=HALVING), fate)
    sweep.work(1, 2)
    assert [run.epochs for run in sweep.runs.values() if run.trial == 1] == [9, 9]
    assert [run.state for run in sweep.runs.values()].count(TrialState.PRUNED) == 4


def test_a_diverged_replicate_takes_its_trial_out_of_the_comparison() -> None:
    def fate(trial: int, replicate: int, epochs: int) -> Fate:
        if (trial, replicate) == (0, 1):
            return Fate([0.1], TrialState.DIVERGED)
        return Fate([0.2 + trial / 10] * epochs)

    sweep = SimulatedSweep(search(Budget(3), replicates=2, scheduler=HALVING), fate)
    sweep.work(1, 2)
    assert (
        "1 prune 0.0: rung 1: no dev_error to compare, as a replicate diverged, failed or has none; 1 go on"
        in sweep.decisions
    )
    assert [run.epochs for run in sweep.runs.values() if run.trial == 1] == [9, 9]


def test_a_run_that_ended_by_itself_keeps_its_place_and_needs_no_more_training() -> None:
    def fate(trial: int, _: int, epochs: int) -> Fate:
        return Fate([0.0]) if trial == 0 else Fate([trial / 10] * epochs)

    sweep = SimulatedSweep(search(Budget(6), scheduler=HALVING), fate)
    sweep.work(1, 2)
    assert sweep.runs[0, 0].state is TrialState.COMPLETED
    assert [run.epochs for run in sweep.runs.values()] == [1, 3, 1, 1, 1, 1]
    assert "2 prune 1.0: rung 2: dev_error 0.1 at epoch 3 was 2nd of 2; 1 go on" in sweep.decisions


def test_a_round_in_which_every_run_diverged_is_the_last_of_its_bracket() -> None:
    def fate(_: int, __: int, ___: int) -> Fate:
        return Fate([0.5], TrialState.DIVERGED)

    sweep = SimulatedSweep(search(Budget(9), scheduler=HALVING), fate)
    sweep.work(1, 2)
    assert sweep.state is SweepState.COMPLETED
    assert len(sweep.decisions) == 2


@pytest.mark.parametrize("trials", [1, 2])
def test_fewer_trials_than_eta_leave_one_that_goes_to_the_end(trials: int) -> None:
    sweep = SimulatedSweep(search(Budget(trials), scheduler=HALVING), by_number)
    sweep.work(1, 2)
    assert [run.epochs for run in sweep.runs.values()] == [9, 1][:trials]


def test_more_trials_in_mid_sweep_are_a_bracket_after_the_one_under_way() -> None:
    sweep = SimulatedSweep(search(Budget(9), scheduler=HALVING), by_number)
    sweep.work(1, 2, steps=4)
    sweep.reopen(Budget(15))
    sweep.work(2, 2)
    assert [line.split(" [")[0][:60] for line in sweep.decisions if " draw " in line] == [
        "1 draw 0 to 8: round 1: 9 new trials, up to epoch 1",
        "4 draw 9 to 14: round 4: 6 new trials, up to epoch 1",
    ]
    assert Counter(run.epochs for run in sweep.runs.values()) == {1: 6 + 4, 3: 2 + 1, 9: 1 + 1}


def test_more_trials_after_the_end_are_a_bracket_after_what_happened() -> None:
    sweep = SimulatedSweep(search(Budget(9), scheduler=HALVING), by_number)
    sweep.work(1, 2)
    before = sweep.table()
    sweep.reopen(Budget(18))
    sweep.work(2, 2)
    assert sweep.table()[:9] == before
    assert Counter(run.epochs for run in sweep.runs.values()) == {1: 12, 3: 4, 9: 2}


def test_fewer_trials_in_mid_bracket_are_drawn_no_further() -> None:
    sweep = SimulatedSweep(search(Budget(2000), scheduler=HALVING), by_number)
    sweep.look()
    sweep.reopen(Budget(1100))
    sweep.work(1, 50)
    assert len(sweep.trials) == 1100
    assert Counter(run.epochs for run in sweep.runs.values())[3] == 1100 // 3 - 1100 // 9


def test_epochs_that_do_not_reach_for_all_let_the_best_go_on() -> None:
    # 9 epochs at the first rung; 5 are left, for two of three that go on, 2 epochs each
    sweep = SimulatedSweep(search(Budget(9, epochs=14), scheduler=HALVING), by_number)
    sweep.work(1, 2)
    assert [run.epochs for run in sweep.runs.values()] == [3, 3, 1, 1, 1, 1, 1, 1, 1]
    room = "1 prune 2.0: rung 1: the budget of 14 epochs has room for 2 of 3 that go on"
    assert room in sweep.decisions
    assert sweep.reason == "the budget of 14 epochs has 1 left, too few: trial 0 asks for 6 to go on to epoch 9"
    assert sweep.runs[0, 0].state is TrialState.COMPLETED  # with what its pause handed in


def test_epochs_for_fewer_trials_than_the_budget_make_a_smaller_bracket() -> None:
    sweep = SimulatedSweep(search(Budget(100, epochs=30), epochs=3, scheduler=HALVING), by_number)
    sweep.look()
    assert len(sweep.trials) == 30


def test_a_target_is_looked_at_when_a_round_has_ended() -> None:
    sweep = SimulatedSweep(search(Budget(9, target=0.4), scheduler=HALVING), by_number)
    sweep.work(1, 2)
    assert [run.epochs for run in sweep.runs.values()] == [3, 3, 3, 1, 1, 1, 1, 1, 1]
    assert sweep.decisions[-1].startswith("end completed: the target was reached: a dev_error of 0.25")


def test_diverged_trials_that_count_with_their_best_epoch_keep_their_place() -> None:
    spec = search(Budget(9), scheduler=HALVING)
    spec = replace(spec, objective=replace(spec.objective, diverged="best_epoch"))
    sweep = SimulatedSweep(spec, fates(1))
    sweep.look()
    for number in range(9):
        run = sweep.runs[number, 0]
        run.epochs, run.value = 1, number / 10
        sweep.turn(run, TrialState.DIVERGED if number == 0 else TrialState.PAUSED)
    sweep.look()
    assert [run.trial for run in sweep.runs.values() if run.state is TrialState.QUEUED] == [1, 2]


@pytest.mark.parametrize("kind", ["none", "successive_halving", "hyperband", "median", "asha"])
def test_an_exhausted_sampler_ends_the_sweep_with_the_reason(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RandomSampler, "points", lambda *_: 20)
    sweep = finished(search(Budget(50), scheduler={"kind": kind}), 1, 2, 3)
    assert len(sweep.trials) == 20
    assert sweep.state is SweepState.COMPLETED
    assert kind == "asha" or sweep.reason == "the sampler random is exhausted: all its 20 points finished"


@pytest.mark.parametrize("kind", ["none", "successive_halving"])
def test_a_grid_ends_the_sweep_after_each_of_its_points_once(kind: str) -> None:
    spec = replace(search(Budget(50), scheduler={"kind": kind}), sampler={"kind": "grid", "resolution": 7})
    sweep = finished(spec, 1, 2, 3)
    assert len({trial.params["learning_rate"] for trial in sweep.trials}) == len(sweep.trials) == 7
    assert sweep.reason == "the sampler grid is exhausted: all its 7 points finished"
