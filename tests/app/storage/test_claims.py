"""Tests of claims: who gets which segments."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from app.domain.queue import SUSPECT_LOSSES, Claimed, Shortage
from app.domain.states import TrialState
from app.domain.work import Lease
from app.storage import Storage
from tests.app.storage.world import HORIZON, START, SWEEP, TERM, add_sweep, claim, claim_one, drawn, finish


def numbers(claimed: list[Claimed]) -> list[int]:
    return [item.lease.trial for item in claimed]


def test_a_claim_leases_the_segment_and_starts_trial_and_sweep(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 2))
    later = START + timedelta(seconds=5)
    assert claim_one(storage, now=later) == Claimed(Lease(SWEEP, 0, 1), {"l2": 0.0}, "c0", 0, 4)
    trial, sweep = storage.trial(SWEEP, 0), storage.sweep(SWEEP)
    assert (trial.state, trial.started_at) == (TrialState.RUNNING, later)
    assert sweep.started_at == later
    assert sweep.counts[TrialState.QUEUED] == sweep.counts[TrialState.RUNNING] == 1


def test_many_threads_never_get_the_same_segment_and_leave_none(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 300, ["c0", "c1", "c2"]))

    def worker(name: str) -> list[int]:
        got: list[int] = []
        while found := numbers(claim(storage, name, 7).claimed):
            got += found
        return got

    with ThreadPoolExecutor(8) as pool:
        shares = list(pool.map(worker, [f"w{index}" for index in range(8)]))
    assert sorted(number for share in shares for number in share) == list(range(300))


def test_cohorts_that_the_worker_trains_come_first_then_the_fullest(storage: Storage) -> None:
    add_sweep(storage, [*drawn(0, 2, ["small"]), *drawn(2, 5, ["large"]), *drawn(7, 3, ["middle"])])
    assert numbers(claim(storage, "w1", 6, cohorts=["middle"]).claimed) == [7, 8, 9, 2, 3, 4]
    assert numbers(claim(storage, "w2", 9).claimed) == [5, 6, 0, 1]


def test_of_equally_full_cohorts_one_is_emptied_before_the_next(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 6, ["a", "b"]))
    assert numbers(claim(storage, slots=4).claimed) == [0, 2, 4, 1]


def test_the_oldest_sweep_is_served_first(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 2), sweep="swp_2")
    add_sweep(storage, drawn(0, 2), sweep="swp_1")
    claimed = claim(storage, slots=3).claimed
    assert [(item.lease.sweep, item.lease.trial) for item in claimed] == [
        ("swp_1", 0),
        ("swp_1", 1),
        ("swp_2", 0),
    ]


@pytest.mark.parametrize(("slots", "live", "granted"), [(10, 2, 5), (10, 3, 3), (2, 2, 2), (10, 20, 1)])
def test_workers_share_the_tail(storage: Storage, slots: int, live: int, granted: int) -> None:
    add_sweep(storage, drawn(0, 9))
    assert len(claim(storage, slots=slots, live=live).claimed) == granted


def test_nothing_is_granted_from_an_empty_queue(storage: Storage) -> None:
    assert claim(storage, slots=5).claimed == []
    add_sweep(storage, drawn(0, 1))
    claim_one(storage)
    assert claim(storage, "w2", 5).claimed == []


def test_a_cancelled_sweep_gives_no_work(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 3))
    storage.cancel_sweep(SWEEP, START)
    assert claim(storage, slots=5).claimed == []


def test_a_shortage_tells_what_may_be_drawn(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 4), budget=10)
    grant = claim(storage, slots=3)
    assert grant.shortages == [Shortage(SWEEP, drawn=4, missing=6)]
    assert storage.add_trials(SWEEP, 4, drawn(4, 6), START)
    assert claim(storage).shortages == []


def test_a_full_queue_is_no_shortage_and_a_low_one_is_filled_to_the_horizon(storage: Storage) -> None:
    add_sweep(storage, drawn(0, HORIZON), budget=5000)
    assert claim(storage, slots=100).shortages == []
    assert claim(storage, slots=100).shortages == [Shortage(SWEEP, drawn=HORIZON, missing=200)]


def test_drawing_the_same_trials_twice_adds_them_once(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 2), budget=4)
    assert storage.add_trials(SWEEP, 2, drawn(2, 2), START)
    assert not storage.add_trials(SWEEP, 2, drawn(2, 2), START)
    assert numbers(claim(storage, slots=9).claimed) == [0, 1, 2, 3]


def test_heartbeats_put_off_the_end_of_leases_that_hold(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 2))
    first, second = (item.lease for item in claim(storage, slots=2).claimed)
    stale = Lease(SWEEP, 1, 99)
    assert storage.extend_leases([first, stale, Lease("swp_9", 0, 1)], START + 2 * TERM) == {first}
    assert storage.lose_expired(START + 1.5 * TERM) == 1
    assert storage.extend_leases([first, second], START + 3 * TERM) == {first}


def lose(storage: Storage, number: int, times: int) -> None:
    """Let workers die with this one trial, so many times."""
    for index in range(times):
        claimed = claim(storage, f"victim-{index}", 50).claimed
        assert number in numbers(claimed)
        others = [item.lease for item in claimed if item.lease.trial != number]
        storage.release(others)
        assert storage.lose_worker(f"victim-{index}", START) == 1


def test_a_suspect_goes_alone_to_a_worker_that_holds_nothing(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 4))
    lose(storage, 0, SUSPECT_LOSSES)
    busy = claim(storage, "busy", 1, live=9).claimed
    assert numbers(busy) == [0]  # it held nothing: the suspect comes first, and alone
    assert claim(storage, "busy", 9).claimed == []  # nothing more while it holds the suspect
    assert numbers(claim(storage, "other", 9).claimed) == [1, 2, 3]
    storage.release([busy[0].lease])
    assert claim(storage, "other", 9).claimed == []  # it holds others
    assert numbers(claim(storage, "third", 9).claimed) == [0]


def test_a_suspect_that_finishes_frees_its_worker(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 2))
    lose(storage, 0, SUSPECT_LOSSES)
    (suspect,) = claim(storage, "w", 9).claimed
    assert finish(storage, suspect.lease).outcomes == ["recorded"]
    assert numbers(claim(storage, "w", 9).claimed) == [1]
