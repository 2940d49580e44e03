"""Tests of ASHA: who goes on, what is new, and how it ends."""

from dataclasses import replace

from app.domain.plan import Need
from app.domain.space import Space
from app.domain.states import TrialState
from app.domain.sweeps import Objective
from app.schedulers import Board, Passed, Standing
from app.schedulers.asha import Asha


def board(trials: list[Standing], trials_left: int = 100) -> Board:
    """Return a board of a sweep with these trials."""
    return Board(
        space=Space({}),
        fixed={},
        rules=1,
        seed=7,
        objective=Objective("dev_error", "minimize"),
        epochs=9,
        replicates=1,
        trials_left=trials_left,
        epochs_left=None,
        round=0,
        drawn=len(trials),
        trials=trials,
    )


def paused(trial: int, cost: float) -> Standing:
    """Return a trial that paused at epoch 1."""
    return Standing(trial, {}, TrialState.PAUSED, 1, open=True, rungs=[(1, cost)])


def test_of_trials_that_train_on_those_not_among_the_best_of_their_rung_are_ended() -> None:
    passed = Passed(2, 3, {0: 0.1, 1: 0.2, 2: 0.2, 3: 0.4}, Objective("dev_error", "minimize"))
    assert Asha().verdict({"eta": 2}, passed) == "rung of epoch 3: dev_error 0.2 is 3rd of 4, and the best 2 go on"
    assert Asha().verdict({"eta": 2}, replace(passed, trial=1)) is None
    assert Asha().verdict({"eta": 9}, replace(passed, trial=0)) is None
    assert Asha().rungs({"eta": 3, "first_rung": 2}, 20) == [2, 6, 18, 20]


def test_it_decides_at_any_time() -> None:
    assert Asha().need is Need.LIVE


def test_the_best_third_of_a_rung_goes_on_at_once_and_new_trials_fill_the_rest() -> None:
    step = Asha().compose({"at_once": 4}, board([paused(0, 0.3), paused(1, 0.1), paused(2, 0.2)]))
    assert step.go_on == {1: 3}
    assert step.reasons == {1: "rung of epoch 1: 1st of 3, the best 1 go on"}
    assert (step.draw, step.first_epoch) == (3, 1)


def test_what_trains_takes_its_places() -> None:
    training = Standing(0, {}, TrialState.RUNNING, 0, open=False)
    assert Asha().compose({"at_once": 4}, board([training])).draw == 3


def test_once_nothing_is_new_one_of_each_rung_goes_on_and_then_the_others_end() -> None:
    step = Asha().compose({}, board([paused(0, 0.3), paused(1, 0.1)], trials_left=0))
    assert step.go_on == {1: 3}
    done = Standing(1, {}, TrialState.COMPLETED, 9, open=False, rungs=[(1, 0.1), (3, 0.1), (9, 0.05)])
    step = Asha().compose({}, board([paused(0, 0.3), done], trials_left=0))
    assert not step.go_on
    assert set(step.pruned) == {0}
