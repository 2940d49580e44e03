"""Tests of budgets of epochs that reach for no trial."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.space import ChoiceParameter, IntParameter, Parameter
from app.domain.sweeps import Budget, Confirmation
from app.services.budget_checks import epoch_budget_faults, most_epochs


def test_a_budget_below_one_trial_is_refused_with_what_one_needs() -> None:
    (fault,) = epoch_budget_faults(99, 20, 1, 5, None)
    assert fault.pointer == "/budget/epochs"
    told = "One trial takes up to 100 epochs, with 5 folds, but the budget has 99. Give it 100 or more."
    assert fault.detail == told
    assert not list(epoch_budget_faults(100, 20, 1, 5, None))
    assert not list(epoch_budget_faults(None, 20, 1, 5, None))


def test_the_share_that_confirming_keeps_is_none_of_the_searchs() -> None:
    (fault,) = epoch_budget_faults(50, 20, 2, 1, Confirmation(share=0.25))
    assert "the search has 37 of the budget's 50, as confirm keeps a share of 0.25. Give it 54 or more" in fault.detail


@given(st.integers(1, 10_000), st.floats(0.01, 0.99))
def test_what_is_asked_for_is_the_least_that_passes(need: int, share: float) -> None:
    confirm = Confirmation(share=share)
    (fault,) = epoch_budget_faults(need - 1 or 1, need + 1, 1, 1, confirm)
    least = int(fault.detail.split("Give it ")[1].split(" ")[0].replace(",", ""))
    assert not list(epoch_budget_faults(least, need + 1, 1, 1, confirm))
    assert list(epoch_budget_faults(least - 1, need + 1, 1, 1, confirm))
    assert confirm.left_of(Budget(1, epochs=least)).epochs == need + 1


@pytest.mark.parametrize(
    ("parameter", "most"),
    [
        (None, 20),
        (IntParameter(5, 50), 50),
        (IntParameter(5, 9, when={"optimizer": ["adam"]}), 20),
        (ChoiceParameter((4, 64, 8)), 64),
        (ChoiceParameter(("many",)), 1),
    ],
)
def test_the_longest_training_that_may_be_drawn_counts(parameter: Parameter | None, most: int) -> None:
    assert most_epochs({} if parameter is None else {"epochs": parameter}, {}) == most
    assert most_epochs({}, {"epochs": 7}) == 7
