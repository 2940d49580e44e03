"""Tests of bias and variance: the verdict, and a recipe in the light of what a member does already."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.diagnosis import Errors, Practice, judge
from engine.diagnosis.recipes import Action

PLAIN = Practice(trained=20, allowed=20, still_falls=False)

HIGH_BIAS = ["bigger_network", "train_longer", "other_architecture"]
HIGH_VARIANCE = ["more_data", "more_regularization", "other_architecture"]


def actions(errors: Errors, practice: Practice = PLAIN) -> list[Action]:
    return [one.action for one in judge(errors, practice).recipe]


@pytest.mark.parametrize(
    ("train", "dev", "hoped", "verdict"),
    [
        (0.01, 0.11, 0.0, "high_variance"),  # the four cases of the course, in percent: 1 and 11
        (0.15, 0.16, 0.0, "high_bias"),
        (0.15, 0.30, 0.0, "both"),
        (0.005, 0.01, 0.0, "neither"),
        (0.15, 0.16, 0.15, "neither"),  # the same errors where people do no better
        (0.0, 0.0148, 0.0, "high_variance"),
        (0.0, 0.0148, 0.01, "neither"),
        (0.05, 0.02, 0.0, "high_bias"),  # the dev part is the easier one
        (0.0, 0.3, 0.1, "high_variance"),  # better on the training part than anyone hoped
        (0.0, 0.0, 0.0, "neither"),
    ],
)
def test_errors_are_judged_by_what_is_missing_of_the_hoped_one(
    train: float, dev: float, hoped: float, verdict: str
) -> None:
    found = judge(Errors("error", train, dev, hoped), PLAIN)
    assert found.verdict == verdict
    assert (found.avoidable_bias, found.variance) == (train - hoped, dev - train)
    assert found.detail.startswith(f"The dev error is {dev:.4g}, the train error {train:.4g}, and {hoped:.4g} was")


@pytest.mark.parametrize(
    ("train", "dev", "verdict"),
    [(4.0, 4.9, "neither"), (4.0, 6.0, "both"), (5.5, 6.0, "high_bias"), (1.0, 6.0, "high_variance")],
)
def test_numbers_are_judged_against_the_deviation_of_the_target(train: float, dev: float, verdict: str) -> None:
    assert judge(Errors("rmse", train, dev, hoped=0.0, scale=50.0), PLAIN).verdict == verdict


shares = st.floats(0.0, 1.0)


@given(train=shares, dev=shares, hoped=shares, scale=st.floats(1e-6, 1e6))
def test_a_verdict_does_not_depend_on_the_unit_of_a_number(
    train: float, dev: float, hoped: float, scale: float
) -> None:
    powers = 2.0 ** round(scale % 20)  # exact, so that no rounding tips a verdict
    one = judge(Errors("rmse", train, dev, hoped, 1.0), PLAIN)
    other = judge(Errors("rmse", train * powers, dev * powers, hoped * powers, powers), PLAIN)
    assert one.verdict == other.verdict
    assert one.recipe == other.recipe


@given(train=shares, dev=shares, hoped=shares)
def test_there_is_a_recipe_unless_there_is_nothing_to_repair(train: float, dev: float, hoped: float) -> None:
    found = judge(Errors("error", train, dev, hoped), PLAIN)
    assert bool(found.recipe) == (found.verdict != "neither")
    assert (found.verdict == "neither") == (dev - hoped <= 0.01 * (1.0 + 1e-9))
    assert len({one.action for one in found.recipe}) == len(found.recipe)


def test_each_verdict_has_its_recipe_bias_first() -> None:
    assert actions(Errors("error", 0.15, 0.16)) == HIGH_BIAS
    assert actions(Errors("error", 0.0, 0.16)) == HIGH_VARIANCE
    assert actions(Errors("error", 0.15, 0.30)) == [*HIGH_BIAS, "more_data", "more_regularization"]
    assert actions(Errors("error", 0.0, 0.0)) == []


@pytest.mark.parametrize(
    ("practice", "why"),
    [
        (Practice(20, 20, still_falls=True), "Its training loss still fell in epoch 20, the last one"),
        (Practice(8, 20, still_falls=True), "It ended in epoch 8 of 20, while its training loss still fell"),
    ],
)
def test_a_member_whose_loss_still_fell_trains_longer_first(practice: Practice, why: str) -> None:
    first = judge(Errors("error", 0.15, 0.16), practice).recipe[0]
    assert first.action == "train_longer"
    assert first.why.startswith(why)


@pytest.mark.parametrize(
    ("practice", "why"),
    [
        (PLAIN, "At its end training got nowhere"),
        (replace(PLAIN, still_falls=None), "It had 20 of 20 epochs, too few"),
    ],
)
def test_a_member_whose_loss_stood_still_or_is_not_known_grows_first(practice: Practice, why: str) -> None:
    bigger, longer, _ = judge(Errors("error", 0.15, 0.16), practice).recipe
    assert (bigger.action, longer.action) == ("bigger_network", "train_longer")
    assert longer.why.startswith(why)


@pytest.mark.parametrize("strong", [replace(PLAIN, penalty=0.01), replace(PLAIN, keep_prob=0.5)])
def test_strong_regularisation_is_loosened_against_bias_and_not_raised_against_variance(strong: Practice) -> None:
    assert actions(Errors("error", 0.15, 0.16), strong) == ["less_regularization", *HIGH_BIAS]
    assert actions(Errors("error", 0.0, 0.16), strong) == ["more_data", "other_architecture"]
    assert "more_regularization" not in actions(Errors("error", 0.15, 0.30), strong)


def test_weak_regularisation_is_raised_and_none_is_begun() -> None:
    def why(practice: Practice) -> str:
        return judge(Errors("error", 0.0, 0.16), practice).recipe[1].why

    assert why(PLAIN).startswith("It has none: try l2 or keep_prob")
    assert why(replace(PLAIN, penalty=0.001)).startswith("Raise l2 or lower keep_prob")
    assert why(replace(PLAIN, keep_prob=0.8)).startswith("Raise l2 or lower keep_prob")
