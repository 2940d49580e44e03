"""Whose workers are: kept while they live or hold something, forgotten after, and never waited for."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from app.domain.access import ANYONE, AccessKey, Scope
from app.domain.errors import Forbidden
from app.services.clock import Clock
from app.services.live_workers import LiveWorkers
from app.services.worker_owners import COMING, WorkerOwners
from app.storage import SqliteStorage, Storage
from tests.app.storage.new_database import put_new_database
from tests.app.storage.simple_policy import SimplePolicy
from tests.app.storage.world import START, add_sweep, claim, drawn, finish

LEASE = 30.0
ADA, BOB = (AccessKey(name, name, [Scope.WORK], START) for name in ("key_1", "key_2"))


class Hand:
    """The hand of a clock, which a test moves."""

    at = START.timestamp()

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def hand() -> Hand:
    """The hand of the clock of the use cases."""
    return Hand()


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[Storage]:
    """A storage with two runs that wait."""
    opened = SqliteStorage(put_new_database(tmp_path), SimplePolicy())
    add_sweep(opened, drawn(0, 2))
    yield opened
    opened.close()


@pytest.fixture
def live() -> LiveWorkers:
    """The workers that are known to live."""
    return LiveWorkers(LEASE, lambda _: None)


@pytest.fixture
def owners(storage: Storage, live: LiveWorkers, hand: Hand) -> WorkerOwners:
    """The use cases."""
    return WorkerOwners(storage, live, Clock(hand, hand), LEASE)


def test_a_claim_stores_nothing_before_it_gets_something(owners: WorkerOwners, storage: Storage) -> None:
    owners.claim("w1", ADA)
    assert owners.knows("w1", ADA)
    assert not owners.knows("w1", BOB)
    assert storage.worker_owners() == {}
    claim(storage, "w1", owner=ADA.id)
    assert storage.worker_owners() == {"w1": ADA.id}


def test_a_name_is_taken_while_its_worker_comes_lives_or_holds_something(
    owners: WorkerOwners, storage: Storage, live: LiveWorkers, hand: Hand
) -> None:
    owners.claim("w1", ADA)
    with pytest.raises(Forbidden, match="belongs to another access key"):
        owners.claim("w1", BOB)
    hand.at += COMING.total_seconds()
    live.saw("w1", START)
    with pytest.raises(Forbidden):
        owners.claim("w1", BOB)
    live.lost("w1")
    (held,) = claim(storage, "w1", owner=ADA.id).claimed
    with pytest.raises(Forbidden):
        owners.claim("w1", BOB)
    finish(storage, held.lease, worker="w1")
    owners.claim("w1", BOB)
    with pytest.raises(Forbidden):
        owners.require("w1", ADA)


def test_workers_that_are_gone_are_forgotten_and_no_others(
    owners: WorkerOwners, storage: Storage, live: LiveWorkers, hand: Hand
) -> None:
    for number in range(500):
        owners.claim(f"passing {number}", ADA)
    for worker in ("holds", "lives"):
        owners.claim(worker, ADA)
    claim(storage, "holds", owner=ADA.id)
    assert owners.forget_gone() == 0
    hand.at += LEASE
    live.saw("lives", START + timedelta(seconds=LEASE))
    owners.claim("late", ADA)
    assert owners.forget_gone() == 500
    assert owners.forget_gone() == 0
    for worker in ("holds", "lives", "late"):
        assert owners.knows(worker, ADA)
    owners.require("passing 1", BOB)
    assert storage.worker_owners() == {"holds": ADA.id}


def test_leases_keep_their_key_after_a_restart(owners: WorkerOwners, storage: Storage, hand: Hand) -> None:
    owners.claim("w1", ADA)
    claim(storage, "w1", owner=ADA.id)
    again = WorkerOwners(storage, LiveWorkers(LEASE, lambda _: None), Clock(hand, hand), LEASE)
    again.recover()
    again.require("w1", ADA)
    with pytest.raises(Forbidden):
        again.require("w1", BOB)


def test_a_worker_without_a_key_is_nobody_s(owners: WorkerOwners) -> None:
    assert owners.knows("w1", ANYONE)
    owners.claim("w1", ANYONE)
    owners.require("w1", ANYONE)
