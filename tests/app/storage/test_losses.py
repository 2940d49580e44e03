"""Tests of leases that end without a result."""

from datetime import timedelta

from app.domain.queue import FATAL_LOSSES
from app.domain.states import SweepState, TrialState
from app.domain.work import Progress
from app.storage import Storage
from tests.app.storage.world import START, SWEEP, TERM, add_sweep, claim, claim_one, drawn, finish, point

LATER = START + TERM + timedelta(seconds=1)


def test_a_lease_that_runs_out_gives_the_trial_back_without_its_epochs(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 1))
    lease = claim_one(storage).lease
    storage.report([Progress(lease, [point(1), point(2)])])
    assert storage.lose_expired(START + TERM) == 0
    assert storage.lose_expired(LATER) == 1
    trial = storage.trial(SWEEP, 0)
    assert (trial.state, trial.epochs, trial.started_at) == (TrialState.QUEUED, 0, None)
    assert storage.curve(SWEEP, 0, 0, 10) == []
    assert claim_one(storage, "w2").lease.fence == lease.fence + 1


def test_only_the_epochs_of_the_lost_trial_go(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 2))
    lost, kept = claim_one(storage, "w1").lease, claim_one(storage, "w2").lease
    storage.report([Progress(lost, [point(1)]), Progress(kept, [point(1)])])
    assert storage.lose_worker("w1", START) == 1
    assert storage.curve(SWEEP, lost.trial, 0, 10) == []
    assert storage.curve(SWEEP, kept.trial, 0, 10) == [point(1)]


def test_losing_a_worker_takes_back_its_leases_alone(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 4))
    claim(storage, "w1", 2)
    claim(storage, "w2", 1)
    assert storage.lose_worker("w1", START) == 2
    assert storage.lose_worker("w1", START) == 0
    assert storage.sweep(SWEEP).counts[TrialState.RUNNING] == 1


def test_a_release_requeues_without_blame_and_only_what_holds(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 1))
    for _ in range(FATAL_LOSSES + 1):
        lease = claim_one(storage).lease
        assert storage.release([lease]) == {lease}
        assert storage.release([lease]) == set()
    assert storage.trial(SWEEP, 0).state is TrialState.QUEUED


def test_a_trial_that_outlives_no_worker_fails_with_the_reason_and_the_sweep_ends(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 1))
    for index in range(FATAL_LOSSES):
        assert storage.trial(SWEEP, 0).state is TrialState.QUEUED
        lease = claim_one(storage, f"w{index}").lease
        storage.report([Progress(lease, [point(1)])])
        assert storage.lose_worker(f"w{index}", START) == 1
    trial = storage.trial(SWEEP, 0)
    assert trial.state is TrialState.FAILED
    assert trial.reason == f"{FATAL_LOSSES} workers died or fell silent while they trained this trial"
    assert storage.curve(SWEEP, 0, 0, 10) == []
    assert storage.sweep(SWEEP).state is SweepState.COMPLETED
    assert finish(storage, lease).outcomes == ["stale"]


def test_after_a_restart_local_workers_lose_their_leases_and_others_get_a_fresh_term(
    storage: Storage,
) -> None:
    add_sweep(storage, drawn(0, 2))
    local, remote = claim_one(storage, "local-1").lease, claim_one(storage, "remote").lease
    storage.report([Progress(local, [point(1)])])
    storage.recover("local-", LATER + TERM)
    assert finish(storage, local).outcomes == ["stale"]
    assert storage.curve(SWEEP, local.trial, 0, 10) == []
    assert storage.lose_expired(LATER) == 0
    assert finish(storage, remote).outcomes == ["recorded"]
    assert claim_one(storage, "w2").lease.trial == local.trial


def test_a_restart_counts_no_loss(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 1))
    for _ in range(FATAL_LOSSES + 1):
        claim_one(storage, "local-1")
        storage.recover("local-", LATER)
    assert storage.trial(SWEEP, 0).state is TrialState.QUEUED
