"""What a commit changed is told as events: in order, once for a commit, and nothing of what was rolled back."""

from collections.abc import Callable, Sequence
from threading import Event as Flag

import pytest
from sqlalchemy import Connection

from app.domain.events import (
    DatasetChanged,
    Decided,
    EpochsStored,
    Event,
    SweepChanged,
    TrialsChanged,
    WorkQueued,
)
from app.domain.plan import Need, Train
from app.domain.sweeps import SweepChanges
from app.domain.work import Progress
from app.storage import SqliteStorage, changes, deletion
from tests.app.storage.world import (
    DATASET,
    START,
    SWEEP,
    add_sweep,
    claim,
    claim_one,
    create,
    drawn,
    end,
    finish,
    make,
    paused,
    point,
    spec,
)


@pytest.fixture
def told(storage: SqliteStorage) -> list[Sequence[Event]]:
    """Return what the storage tells, a list for each commit."""
    commits: list[Sequence[Event]] = []
    storage.listen(commits.append)
    return commits


def epochs_came(trial: int, last: int) -> Callable[[Connection], None]:
    return lambda connection: changes.of(connection).epochs(1, {trial: last})


def in_one_commit(storage: SqliteStorage, *jobs: Callable[[Connection], object]) -> None:
    """Run jobs in one group of the writer, whether they fail or not."""
    started, go = Flag(), Flag()

    def stand_still(_: Connection) -> bool:
        started.set()
        return go.wait()

    writer = storage._writer
    writer.submit(stand_still)
    started.wait()
    futures = [writer.submit(job) for job in jobs]
    go.set()
    for future in futures:
        future.exception()


def test_a_sweep_is_told_from_its_creation_to_its_deletion(storage: SqliteStorage, told: list[Sequence[Event]]) -> None:
    create(storage, spec(1))
    assert told == [[DatasetChanged("rain", deleted=False)], [SweepChanged(SWEEP, "running")]]
    storage.change_sweep(SWEEP, SweepChanges(name="rain again"), reopen=False)
    storage.pause_sweep(SWEEP)
    storage.resume_sweep(SWEEP)
    storage.cancel_sweep(SWEEP, keep=False, now=START)
    storage.delete_sweep(SWEEP)
    assert told[2:] == [
        [SweepChanged(SWEEP, "running")],
        [SweepChanged(SWEEP, "paused")],
        [SweepChanged(SWEEP, "running"), WorkQueued(frozenset({SWEEP}))],
        [SweepChanged(SWEEP, "cancelled")],
        [SweepChanged(SWEEP, "deleted")],
    ]


def test_a_sweep_whose_last_row_goes_in_the_same_commit_is_told_to_be_deleted(
    storage: SqliteStorage, told: list[Sequence[Event]]
) -> None:
    create(storage, spec(1))
    storage.cancel_sweep(SWEEP, keep=False, now=START)
    told.clear()
    in_one_commit(storage, lambda connection: deletion.begin(connection, SWEEP), deletion.go_on)
    assert told == [[SweepChanged(SWEEP, "deleted")]]


def test_a_trial_is_told_from_its_draw_to_its_end(storage: SqliteStorage, told: list[Sequence[Event]]) -> None:
    add_sweep(storage, drawn(0, 2), round_=1)
    lease = claim_one(storage).lease
    storage.report("w1", [Progress(lease, [point(1), point(2)], None)], START).result()
    finish(storage, lease)
    assert told[2:] == [
        [Decided(SWEEP, 1, 1), TrialsChanged(SWEEP, {0: "queued", 1: "queued"}), WorkQueued(frozenset({SWEEP}))],
        [TrialsChanged(SWEEP, {0: "running"}), SweepChanged(SWEEP, "running")],
        [EpochsStored(SWEEP, {0: 2})],
        [EpochsStored(SWEEP, {0: 4}), TrialsChanged(SWEEP, {0: "completed"})],
    ]


def test_runs_that_wait_again_are_told_as_work(storage: SqliteStorage, told: list[Sequence[Event]]) -> None:
    add_sweep(storage, drawn(0, 2))
    first, second = claim(storage, slots=2).claimed
    told.clear()
    assert storage.lose_worker("w1", "lost", "it fell silent", START) == 2
    assert told == [[TrialsChanged(SWEEP, {0: "queued", 1: "queued"}), WorkQueued(frozenset({SWEEP}))]]
    assert {first.trial, second.trial} == {0, 1}


def test_a_run_that_goes_on_after_its_pause_is_told_as_work(
    storage: SqliteStorage, told: list[Sequence[Event]]
) -> None:
    add_sweep(storage, drawn(0, 1), round_=1)
    storage.finish("w1", [paused(claim_one(storage).lease, 0.5, 4)], [], START)
    (run,) = storage.snapshot(SWEEP, Need.ROUND, 8).runs
    assert make(storage, Train((run,), 8, 2, "it is good"))
    assert told[-2:] == [
        [EpochsStored(SWEEP, {0: 4}), TrialsChanged(SWEEP, {0: "paused"})],
        [Decided(SWEEP, 2, 1), TrialsChanged(SWEEP, {0: "queued"}), WorkQueued(frozenset({SWEEP}))],
    ]


def test_an_end_tells_the_trials_that_it_cancels_and_more_budget_those_that_wait_again(
    storage: SqliteStorage, told: list[Sequence[Event]]
) -> None:
    add_sweep(storage, drawn(0, 2), budget=5)
    end(storage)
    assert told[-1] == [
        Decided(SWEEP, 1, 1),
        TrialsChanged(SWEEP, {0: "cancelled", 1: "cancelled"}),
        SweepChanged(SWEEP, "completed"),
    ]
    storage.change_sweep(SWEEP, SweepChanges(budget=spec(9).budget), reopen=True)
    assert told[-1] == [
        Decided(SWEEP, 2, 1),
        TrialsChanged(SWEEP, {0: "queued", 1: "queued"}),
        SweepChanged(SWEEP, "running"),
        WorkQueued(frozenset({SWEEP})),
    ]


def test_a_data_set_is_told_when_it_is_deleted(storage: SqliteStorage, told: list[Sequence[Event]]) -> None:
    storage.add_dataset(DATASET, b"content", "e1" * 32)
    storage.remove_dataset(DATASET.name)
    assert told == [[DatasetChanged("rain", deleted=False)], [DatasetChanged("rain", deleted=True)]]


def test_what_several_jobs_change_in_one_commit_is_told_once_as_it_is_at_last(
    storage: SqliteStorage, told: list[Sequence[Event]]
) -> None:
    create(storage, spec(1))
    told.clear()
    in_one_commit(storage, epochs_came(0, 1), epochs_came(1, 1), epochs_came(0, 2))
    assert told == [[EpochsStored(SWEEP, {0: 2, 1: 1})]]


def test_a_job_that_is_rolled_back_tells_nothing_and_counts_nothing(
    storage: SqliteStorage, told: list[Sequence[Event]]
) -> None:
    def fail(connection: Connection) -> None:
        changes.of(connection).trials(1, [1], None, "completed")
        raise ValueError("no")

    create(storage, spec(1))
    told.clear()
    in_one_commit(storage, epochs_came(0, 1), fail, epochs_came(2, 1))
    assert told == [[EpochsStored(SWEEP, {0: 1, 2: 1})]]


def test_a_commit_that_fails_tells_nothing(storage: SqliteStorage, told: list[Sequence[Event]]) -> None:
    def lose_all(connection: Connection) -> None:
        connection.exec_driver_sql("ROLLBACK")
        raise ValueError("lost")

    create(storage, spec(1))
    told.clear()
    in_one_commit(storage, epochs_came(0, 1), lose_all)
    assert told == []


def test_who_has_an_answer_finds_that_its_effects_were_told(
    storage: SqliteStorage, told: list[Sequence[Event]]
) -> None:
    for number in range(50):
        create(storage, spec(1), sweep=f"swp_{number}")
        assert SweepChanged(f"swp_{number}", "running") in told[-1]


def test_a_listener_that_fails_takes_nothing_from_the_others_and_not_the_answer(
    storage: SqliteStorage, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_: Sequence[Event]) -> None:
        raise RuntimeError("full")

    told: list[Sequence[Event]] = []
    storage.listen(fail)
    storage.listen(told.append)
    create(storage, spec(1))
    assert [SweepChanged(SWEEP, "running")] in told
    assert storage.sweep(SWEEP).id == SWEEP
    assert "A listener failed" in caplog.text
