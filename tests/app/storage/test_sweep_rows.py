"""Tests of sweeps in the storage."""

from dataclasses import replace

import pytest

from app.domain.errors import Conflict, NotFound
from app.domain.states import SweepState, TrialState
from app.domain.sweeps import Best, Labels, NewSweep, SweepFilter
from app.storage import SqliteStorage
from tests.app.storage.world import DATASET, START, SWEEP, UPLOAD, add_sweep, claim, drawn, end, finish, spec


def test_a_sweep_comes_back_as_it_was_created(storage: SqliteStorage) -> None:
    add_sweep(storage, drawn(0, 2), budget=5, seconds=60)
    sweep = storage.sweep(SWEEP)
    assert sweep.spec == spec(5, seconds=60)
    assert sweep.posted == {"posted": True}
    assert (sweep.state, sweep.created_at, sweep.started_at) == (SweepState.RUNNING, START, None)
    assert storage.sweep_spec(SWEEP) == (spec(5, seconds=60), DATASET)


def test_trials_yet_to_draw_count_as_queued_and_as_nothing_once_the_sweep_has_ended(storage: SqliteStorage) -> None:
    add_sweep(storage, drawn(0, 2), budget=5)
    claim(storage)
    counts = storage.sweep(SWEEP).counts
    assert (counts[TrialState.QUEUED], counts[TrialState.RUNNING]) == (4, 1)
    storage.cancel_sweep(SWEEP, keep=False, now=START)
    counts = storage.sweep(SWEEP).counts
    assert counts[TrialState.CANCELLED] == sum(counts.values()) == 2


def test_the_best_trial_has_the_lowest_value_and_of_equals_the_lowest_number(storage: SqliteStorage) -> None:
    add_sweep(storage, drawn(0, 4))
    assert storage.sweep(SWEEP).best is None
    leases = [item.lease for item in claim(storage, slots=4).claimed]
    for lease, value in zip(leases, [0.5, 0.25, 0.25, None], strict=True):
        finish(storage, lease, value)
    assert storage.sweep(SWEEP).best == Best(1, 0.25, {"l2": 1 / 64})


def test_cancelling_twice_is_harmless_but_a_completed_sweep_cannot_be_cancelled(storage: SqliteStorage) -> None:
    add_sweep(storage, drawn(0, 1))
    add_sweep(storage, drawn(0, 1), sweep="swp_2")
    finish(storage, claim(storage).claimed[0].lease)
    end(storage)
    with pytest.raises(Conflict, match="completed and cannot be cancelled"):
        storage.cancel_sweep(SWEEP, keep=False, now=START)
    storage.cancel_sweep("swp_2", keep=False, now=START)
    storage.cancel_sweep("swp_2", keep=False, now=START)
    with pytest.raises(NotFound, match="swp_9"):
        storage.cancel_sweep("swp_9", keep=False, now=START)


def test_a_sweep_is_not_created_when_its_data_set_changed_meanwhile(storage: SqliteStorage) -> None:
    storage.add_dataset(DATASET, b"content", UPLOAD)
    other = replace(DATASET, sha256="cd" * 32)
    with pytest.raises(Conflict, match="deleted or replaced meanwhile"):
        storage.create_sweep(SWEEP, NewSweep(spec(1), Labels("rain"), {}, other, {}), START)
    with pytest.raises(NotFound):
        storage.sweep(SWEEP)


def test_sweeps_are_listed_newest_first_in_pages(storage: SqliteStorage) -> None:
    for number in range(5):
        add_sweep(storage, drawn(0, 1), sweep=f"swp_{number}")
    assert [sweep.id for sweep in storage.sweeps(SweepFilter(), None, 2)] == ["swp_4", "swp_3"]
    assert [sweep.id for sweep in storage.sweeps(SweepFilter(), "swp_3", 9)] == ["swp_2", "swp_1", "swp_0"]
