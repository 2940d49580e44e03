"""Tests of drawing trials."""

from dataclasses import replace

import pytest

from app.contract.hyperparameters import cohort_key, complete
from app.contract.rules import CURRENT_RULES
from app.domain.plan import TrialView
from app.domain.space import ChoiceParameter, FloatParameter, IntParameter, Parameter, Space
from app.domain.states import TrialState
from app.domain.sweeps import Budget, Objective, SweepSpec
from app.planning.drawing import HORIZON, LOW_WATER, batch_of, draw, room_in_queue
from tests.app.planning.simulation import SimulatedSweep, fates

SPEC = SweepSpec(
    name="",
    dataset="iris",
    seed=7,
    space=Space(
        {
            "optimizer": ChoiceParameter(("adam", "sgd")),
            "beta1": FloatParameter(0.5, 0.9, when={"optimizer": ["adam"]}),
            "hidden_units": ChoiceParameter(([4], [8])),
        }
    ),
    fixed={"epochs": 3},
    objective=Objective("dev_error", "minimize"),
    sampler={"kind": "random"},
    scheduler={"kind": "none"},
    early_stopping=None,
    budget=Budget(100),
)
SHA = "ab" * 32


def test_trials_follow_from_the_spec_however_they_are_cut() -> None:
    assert list(draw(SPEC, SHA, 0, 10, ())) == [*draw(SPEC, SHA, 0, 4, ()), *draw(SPEC, SHA, 4, 6, ())]


@pytest.mark.parametrize("rules", [1, CURRENT_RULES])
@pytest.mark.parametrize("seed", [0, 7, 2**63 - 1])
def test_thousands_of_trials_drawn_at_once_are_those_drawn_one_by_one(seed: int, rules: int) -> None:
    every_kind: dict[str, Parameter] = {
        "beta1": FloatParameter(0.9, 0.999, "reverse_log"),
        "learning_rate": FloatParameter(1e-4, 1.0, "log"),
        "keep_prob": FloatParameter(0.5, 1.0, step=0.1),
        "l2": FloatParameter(1e-4, 1.0, "log", step=1e-4),
        "batch_size": IntParameter(16, 256, "log"),
        "epochs": IntParameter(2, 20, step=3),
        "optimizer": ChoiceParameter(("adam", "sgd"), (1.0, 2.0)),
        "decay_rate": FloatParameter(0.0, 1.0, when={"optimizer": ["adam"]}),
    }
    spec = replace(SPEC, space=Space(every_kind), fixed={}, seed=seed, rules=rules)
    together = list(draw(spec, SHA, 3, HORIZON + 500, ()))
    assert together == [next(draw(spec, SHA, number, 1, ())) for number in range(3, HORIZON + 503)]


def test_a_trial_has_its_own_values_its_last_epoch_and_its_cohort() -> None:
    for number, trial in enumerate(draw(SPEC, SHA, 0, 20, ())):
        assert trial.number == number
        assert ("beta1" in trial.params) == (trial.params["optimizer"] == "adam")
        assert "epochs" not in trial.params
        assert (trial.to_epoch, trial.replicates, trial.rests_on) == (3, 1, [])
        assert trial.cohort == cohort_key(SHA, complete(SPEC.fixed, trial.params), SPEC.rules)


def test_epochs_may_be_searched() -> None:
    spec = replace(SPEC, space=Space({"epochs": ChoiceParameter((2, 5))}), fixed={})
    assert {trial.to_epoch for trial in draw(spec, SHA, 0, 20, ())} == {2, 5}


def test_under_rungs_a_trial_trains_to_the_first_one() -> None:
    spec = replace(SPEC, scheduler={"kind": "successive_halving", "first_rung": 2}, replicates=4)
    assert {(trial.to_epoch, trial.replicates) for trial in draw(spec, SHA, 0, 5, (), 2)} == {(2, 4)}


def test_random_search_does_not_look_at_finished_trials() -> None:
    history = [TrialView(0, {"optimizer": "adam"}, TrialState.COMPLETED, 0.5)]
    assert list(draw(SPEC, SHA, 1, 5, history)) == list(draw(SPEC, SHA, 1, 5, ()))


@pytest.mark.parametrize("replicates", [1, 3, 16])
def test_the_queue_has_room_for_whole_batches_and_never_for_more_than_the_horizon(replicates: int) -> None:
    spec = replace(SPEC, replicates=replicates)
    sweep = SimulatedSweep(spec, fates(1))
    for waiting in (0, 1, LOW_WATER - 1, LOW_WATER, LOW_WATER + 1, HORIZON):
        room = room_in_queue(replace(sweep.snapshot(), waiting=waiting))
        assert room % batch_of(spec) == 0
        assert waiting + room * replicates <= HORIZON
        assert room > 0 or waiting > LOW_WATER
