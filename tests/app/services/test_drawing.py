"""Tests of drawing trials."""

from dataclasses import replace

from app.domain.space import ChoiceParameter, FloatParameter, Space
from app.domain.sweeps import Budget, Objective, SweepSpec
from app.services.drawing import draw, uses_history
from app.training.hyperparameters import cohort_key

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
    objective=Objective("dev_error"),
    sampler={"kind": "random"},
    scheduler={"kind": "none"},
    early_stopping=None,
    budget=Budget(100),
)
SHA = "ab" * 32


def test_trials_follow_from_the_spec_however_they_are_cut() -> None:
    assert draw(SPEC, SHA, 0, 10, ()) == [*draw(SPEC, SHA, 0, 4, ()), *draw(SPEC, SHA, 4, 6, ())]


def test_a_trial_has_its_own_values_its_segment_and_its_cohort() -> None:
    for number, trial in enumerate(draw(SPEC, SHA, 0, 20, ())):
        assert trial.number == number
        assert ("beta1" in trial.params) == (trial.params["optimizer"] == "adam")
        assert "epochs" not in trial.params
        assert (trial.from_epoch, trial.to_epoch) == (0, 3)
        assert trial.cohort == cohort_key(SHA, {**SPEC.fixed, **trial.params}, SPEC.rules)


def test_epochs_may_be_searched() -> None:
    spec = replace(SPEC, space=Space({"epochs": ChoiceParameter((2, 5))}), fixed={})
    assert {trial.to_epoch for trial in draw(spec, SHA, 0, 20, ())} == {2, 5}


def test_random_search_uses_no_history() -> None:
    assert not uses_history(SPEC)
