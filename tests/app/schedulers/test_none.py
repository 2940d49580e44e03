"""Tests of no scheduling."""

from app.schedulers import SCHEDULERS


def test_a_trial_gets_all_its_epochs_at_once() -> None:
    assert SCHEDULERS["none"].first_segment(20) == (0, 20)
