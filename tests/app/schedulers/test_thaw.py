"""Tests of thaw: its rungs, how it begins, what each round trains, and how a budget ends."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from threadpoolctl import ThreadpoolController

from app.domain.plan import Need
from app.domain.space import ChoiceParameter, FloatParameter, Space
from app.domain.states import TrialState
from app.domain.sweeps import Budget, Objective
from app.domain.values import Value
from app.schedulers import Board, Standing, Step
from app.schedulers.thaw import Thaw, rungs_of
from app.simulation.clock import Search, simulate
from app.simulation.tasks import Curves
from tests.tries import tries

SPACE = Space({"learning_rate": FloatParameter(1e-4, 1.0, "log"), "dropout": FloatParameter(0.0, 0.5)})


def board(trials: Sequence[Standing], trials_left: int = 100, epochs_left: int | None = None) -> Board:
    """Return a board of a sweep over 52 epochs with these trials."""
    return Board(
        space=SPACE,
        fixed={},
        rules=3,
        seed=7,
        objective=Objective("dev_error", "minimize"),
        epochs=52,
        replicates=1,
        trials_left=trials_left,
        epochs_left=epochs_left,
        round=1,
        drawn=len(trials),
        trials=trials,
    )


def params(trial: int) -> Mapping[str, Value]:
    """Return a point for each number, from one end of the learning rates to the other."""
    return {"learning_rate": 10 ** (-4 + trial % 16 / 4), "dropout": trial * 7 % 16 / 32}


def paused(trial: int, costs: Mapping[int, float]) -> Standing:
    """Return a trial that paused at the last of these epochs."""
    return Standing(trial, params(trial), TrialState.PAUSED, max(costs), open=True, rungs=sorted(costs.items()))


VALLEY = [paused(trial, {2: 0.1 + abs(trial % 16 - 9) / 20}) for trial in range(16)]
"""Sixteen trials at the first rung; the ninth is best, and those about it are next."""


def test_rungs_are_even_after_two_short_ones() -> None:
    assert rungs_of(52) == [2, 6, 12, 20, 28, 36, 44, 52]
    assert rungs_of(40) == [2, 5, 10, 16, 22, 28, 34, 40]


@pytest.mark.parametrize("epochs", [1, 2, 3, 9, 100, 1_000_000])
def test_rungs_rise_to_the_last_epoch(epochs: int) -> None:
    rungs = rungs_of(epochs)
    assert rungs == sorted(set(rungs))
    assert rungs[0] >= 1
    assert rungs[-1] == epochs


def test_it_waits_for_all_and_begins_with_a_batch_of_the_sampler() -> None:
    step = Thaw().compose({}, board([]))
    assert Thaw().need is Need.ALL
    assert (step.draw, step.first_epoch, step.go_on, step.new) == (16, 2, {}, ())
    assert Thaw().compose({"batch": 4}, board([])).draw == 4
    assert Thaw().compose({}, board([], trials_left=3)).draw == 3


def test_each_pick_goes_to_its_next_rung_from_where_it_is() -> None:
    trials = [replace(VALLEY[9], epochs=6, rungs=[(2, 0.1), (6, 0.05)]) if one.trial == 9 else one for one in VALLEY]
    step = Thaw().compose({}, board(trials, trials_left=0))
    assert step.go_on == {one.trial: 12 if one.trial == 9 else 6 for one in trials}
    step = Thaw().compose({"batch": 6}, board(trials))
    assert len(step.go_on) + len(step.new) == 6
    assert step.first_epoch == 2
    assert step.reason.endswith(f"{len(step.go_on)} go on, {len(step.new)} begin")


def test_of_trials_alike_but_for_their_depth_and_cost_the_best_goes_on_first() -> None:
    first, *_ = Thaw().compose({}, board(VALLEY, trials_left=0)).go_on
    assert first in range(7, 12)


def test_new_points_lie_in_the_space_and_about_the_valley() -> None:
    step = Thaw().compose({}, board(VALLEY))
    assert step.new
    for row in step.new:
        assert list(row) == ["learning_rate", "dropout"]
        assert all(0.0 <= quantile <= 1.0 for quantile in row.values())
    worst = {0, 1, 2}
    assert not worst & set(step.go_on)


def test_no_more_begin_than_may_be_drawn() -> None:
    assert len(Thaw().compose({}, board(VALLEY, trials_left=1)).new) <= 1
    step = Thaw().compose({}, board(VALLEY, trials_left=0))
    assert not step.new
    assert set(step.go_on) == set(range(16))


def test_a_point_that_was_tried_is_not_begun_again() -> None:
    space = Space({"batch_size": ChoiceParameter((16, 32, 64))})
    trials = [
        Standing(place, {"batch_size": size}, TrialState.PAUSED, 2, open=True, rungs=[(2, 0.1 * place)])
        for place, size in enumerate([16, 32])
    ]
    step = Thaw().compose({}, replace(board(trials), space=space))
    assert set(step.go_on) == {0, 1}
    assert len(step.new) == 1
    assert space.points([list(step.new[0].values())], {}, 3) == [{"batch_size": 64}]


def test_short_of_two_full_trainings_the_deepest_and_best_that_can_finish_go_on() -> None:
    deep = [paused(16, {2: 0.3, 6: 0.2, 12: 0.2}), paused(17, {2: 0.3, 6: 0.2, 12: 0.1}), paused(18, {2: 0.3, 6: 0.1})]
    step = Thaw().compose({}, board([*VALLEY, *deep], epochs_left=85))
    assert list(step.go_on.items()) == [(17, 20), (16, 20)]
    assert not step.new
    assert list(Thaw().compose({}, board([*VALLEY, *deep], epochs_left=30)).go_on) == [17]
    done = Standing(19, params(19), TrialState.COMPLETED, 52, open=False, rungs=[(2, 0.4), (52, 0.3)])
    assert Thaw().compose({}, board([*VALLEY, *deep, done], epochs_left=85)).new


def test_a_small_budget_begins_with_as_many_as_let_one_come_to_its_end() -> None:
    assert Thaw().compose({}, board([], epochs_left=52)).draw == 1
    assert Thaw().compose({}, board([], epochs_left=59)).draw == 4
    assert Thaw().compose({}, board([], epochs_left=2080)).draw == 16
    twice = replace(board([], epochs_left=118), replicates=2)
    assert Thaw().compose({}, twice).draw == 4


def test_while_no_trial_is_complete_a_round_leaves_enough_epochs_for_the_deepest_one() -> None:
    deep = [paused(trial, {2: 0.2, 6: 0.1, 12: 0.1, 20: 0.1, 28: 0.1}) for trial in range(16)]
    step = Thaw().compose({}, board(deep, trials_left=0, epochs_left=104))
    assert len(step.go_on) == 10  # of 8 epochs each, while 24 are kept
    done = Standing(16, params(16), TrialState.COMPLETED, 52, open=False, rungs=[(2, 0.4), (52, 0.3)])
    assert len(Thaw().compose({}, board([*deep, done], trials_left=0, epochs_left=104)).go_on) == 16


@settings(max_examples=tries(4), deadline=None)
@given(epochs=st.integers(20, 400), batch=st.integers(1, 24), seed=st.integers(0, 99), replicates=st.integers(1, 2))
def test_a_budget_of_one_full_training_or_more_ends_with_a_complete_trial(
    epochs: int, batch: int, seed: int, replicates: int
) -> None:
    task = made_up_curves()
    search = Search(
        {"kind": "gp"}, {"kind": "thaw", "batch": batch}, Budget(epochs, epochs=epochs * replicates), seed, replicates
    )
    found = simulate(task, search, [1.0, 2.5])
    assert any(run.state is TrialState.COMPLETED and run.epochs == task.epochs for run in found.sweep.runs.values())


def made_up_curves() -> Curves:
    """Return curves of 20 epochs of 60 configurations, which fall from 1 to where they end."""
    chance = np.random.default_rng(5)
    ends, speeds = chance.random((60, 1)), chance.uniform(2, 9, (60, 1))
    costs = 1 - (1 - ends) * (1 - np.exp(-np.arange(20) / speeds))
    return Curves("made_up", ["dropout", "beta1"], chance.random((60, 2)), costs, np.ones((60, 20)))


def test_the_surroundings_of_what_diverged_are_avoided() -> None:
    diverged = [Standing(one.trial, one.params, TrialState.DIVERGED, 1, open=False) for one in VALLEY[8:]]
    step = Thaw().compose({"batch": 8}, board([*VALLEY[:8], *diverged]))
    assert step.new
    assert all(row["learning_rate"] < 8 / 16 for row in step.new)


def test_what_cannot_be_compared_is_pruned_with_the_reason() -> None:
    odd = Standing(16, params(16), TrialState.PAUSED, 2, open=True)
    step = Thaw().compose({}, board([*VALLEY, odd]))
    assert list(step.pruned) == [16]
    assert "no dev_error to compare" in step.pruned[16]
    assert 16 not in step.go_on


def test_once_nothing_is_left_to_train_the_step_is_empty() -> None:
    done = Standing(0, params(0), TrialState.COMPLETED, 52, open=False, rungs=[(2, 0.4), (52, 0.3)])
    step = Thaw().compose({}, board([done], trials_left=0))
    assert not step.go_on
    assert not step.new
    assert not step.draw


def test_the_bits_are_the_same_with_one_and_with_two_threads_of_linear_algebra() -> None:
    one, two = (_with_threads(count) for count in (1, 2))
    assert one == two
    assert one.new


def _with_threads(count: int) -> Step:
    with ThreadpoolController().limit(limits=count, user_api="blas"):
        return Thaw().compose({}, board(VALLEY))


def outside(one: Standing) -> Standing:
    return replace(one, inside=False)


def test_where_no_trial_lies_in_a_changed_space_new_ones_begin_for_the_true_reason() -> None:
    step = Thaw().compose({}, board([outside(one) for one in VALLEY], trials_left=3))
    assert (step.draw, step.pruned) == (3, {})
    assert step.reason == "up to 3 new trials, as no trial lies in the space as it was changed, up to epoch 2"


def test_what_lies_outside_is_pruned_for_that_once_nothing_else_is_left() -> None:
    left = [outside(VALLEY[0]), replace(VALLEY[1], state=TrialState.COMPLETED, open=False)]
    step = Thaw().compose({}, board(left, trials_left=0))
    assert (dict(step.go_on), step.reason) == ({}, "")
    assert step.pruned == {0: "it lies outside of the space as it was changed, and nothing else is left to train"}


def test_where_none_can_finish_the_last_epochs_they_go_to_a_new_trial_or_that_is_the_reason() -> None:
    failed = [replace(one, state=TrialState.FAILED, open=False) for one in VALLEY]
    assert len(Thaw().compose({}, board(failed, epochs_left=54)).new) == 1
    step = Thaw().compose({}, board(failed, epochs_left=50))
    assert (dict(step.go_on), step.new) == ({}, [])
    assert step.reason == "50 epochs are left, and no trial would come to its last one with them"
