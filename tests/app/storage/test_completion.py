"""Tests of the end of sweeps by time."""

from datetime import timedelta

from app.domain.states import SweepState, TrialState
from app.storage import Storage
from tests.app.storage.world import START, SWEEP, add_sweep, claim_one, drawn, finish

BEFORE, AT = START + timedelta(seconds=59), START + timedelta(seconds=60)


def test_a_sweep_whose_seconds_are_used_up_completes_and_its_open_trials_are_cancelled(
    storage: Storage,
) -> None:
    add_sweep(storage, drawn(0, 3), budget=10, seconds=60)
    finish(storage, claim_one(storage).lease)
    claim_one(storage)
    assert storage.end_overdue(BEFORE) == []
    assert storage.end_overdue(AT) == [SWEEP]
    assert storage.end_overdue(AT) == []
    sweep = storage.sweep(SWEEP)
    assert (sweep.state, sweep.reason) == (SweepState.COMPLETED, "the budget of 60 seconds is used up")
    assert sweep.counts[TrialState.COMPLETED] == 1
    assert sweep.counts[TrialState.CANCELLED] == 9
    assert storage.trial(SWEEP, 1).reason == storage.trial(SWEEP, 2).reason == sweep.reason


def test_the_seconds_count_from_the_first_trial_on(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 3), seconds=60)
    assert storage.end_overdue(AT) == []
    claim_one(storage, now=AT)
    assert storage.end_overdue(AT + timedelta(seconds=59)) == []
    assert storage.end_overdue(AT + timedelta(seconds=60)) == [SWEEP]


def test_a_sweep_without_a_budget_of_seconds_goes_on(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 1))
    claim_one(storage)
    assert storage.end_overdue(START + timedelta(days=10_000)) == []
