"""Tests of the workers that were heard of lately."""

from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest

from app.domain.events import Event, WorkersChanged
from app.domain.queue import Part
from app.domain.work import About, ClaimRequest
from app.services.live_workers import LiveWorkers

START = datetime(2026, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture
def told() -> list[Event]:
    """What was published."""
    return []


@pytest.fixture
def live(told: list[Event]) -> LiveWorkers:
    """The live workers, who may be silent for 30 seconds."""
    return LiveWorkers(30, told.extend)


def asks(worker: str, about: About | None = None) -> ClaimRequest:
    return ClaimRequest(worker, "logsweep", 3, 8, about=about)


def test_workers_count_until_they_were_silent_for_too_long(live: LiveWorkers) -> None:
    assert live.saw("a", START) == 1
    assert live.saw("b", START + 20 * SECOND) == 2
    assert live.saw("b", START + 30 * SECOND) == 2
    assert live.saw("b", START + 31 * SECOND) == 1


def test_a_lost_worker_counts_no_more(live: LiveWorkers) -> None:
    live.saw("a", START)
    live.lost("a")
    live.lost("never seen")
    assert live.saw("b", START) == 1


def test_a_worker_whose_claim_waits_is_there_however_long_it_is_silent(live: LiveWorkers) -> None:
    now = START
    with live.waiting(asks("a"), lambda: now):
        now += 100 * SECOND
        assert live.saw("b", now) == 2
        assert [one.heard_at for one in live.all(now)] == [now, now]
    assert live.saw("b", now + 30 * SECOND) == 2
    assert live.saw("b", now + 31 * SECOND) == 1


def test_access_keys_have_even_parts_whatever_they_name_their_workers(live: LiveWorkers) -> None:
    with ExitStack() as claims:
        for name, owner in [("a", "one"), *((f"b{number}", "two") for number in range(300))]:
            claims.enter_context(live.waiting(asks(name), lambda: START, owner))
        assert live.part("a", "logsweep") == Part(keys=2, workers=1, within=0)
        assert live.part("b7", "logsweep") == Part(keys=2, workers=300)


def test_who_has_few_slots_leaves_the_rest_of_its_part_to_others(live: LiveWorkers) -> None:
    with ExitStack() as claims:
        for name, owner, slots in [("a1", "one", 64), ("a2", "one", 2), ("b", "two", 4)]:
            claims.enter_context(live.waiting(asks(name, About(slots, "1")), lambda: START, owner))
        assert live.part("a1", "logsweep") == Part(keys=2, workers=2, beside=4, within=2)
        assert live.part("a1", "logsweep").of(100) == 94
        live.saw("b2", START)  # which has not said how many it has, and passes for one of the same key
        assert live.part("a1", "logsweep") == Part(keys=2, workers=3, beside=4, within=None)


def test_without_access_keys_each_worker_has_the_same_part(live: LiveWorkers) -> None:
    with live.waiting(asks("a"), lambda: START), live.waiting(asks("b"), lambda: START):
        assert live.part("a", "logsweep") == live.part("b", "logsweep") == Part(workers=2, beside=0)


def test_who_has_not_claimed_since_the_server_started_takes_no_part_of_another_key(live: LiveWorkers) -> None:
    for name in ("b", "c"):
        live.saw(name, START)
    with live.waiting(asks("a"), lambda: START, "one"):
        assert live.part("a", "logsweep") == Part(workers=3, beside=0)
        live.lost("a")
        assert live.part("a", "logsweep") == Part(workers=3, beside=0)


def test_it_is_told_who_comes_and_who_goes_each_once(live: LiveWorkers, told: list[Event]) -> None:
    for seconds in range(3):
        live.saw("a", START + seconds * SECOND)
        live.saw("b", START)
    live.lost("b")
    live.lost("b")
    live.forget_silent(START + 60 * SECOND)
    live.forget_silent(START + 61 * SECOND)
    assert told == [
        WorkersChanged(came=("a",)),
        WorkersChanged(came=("b",)),
        WorkersChanged(left=("b",)),
        WorkersChanged(left=("a",)),
    ]


def test_a_worker_is_shown_with_what_it_said_of_itself_last(live: LiveWorkers) -> None:
    with live.waiting(asks("a", About(64, "1.0", 5)), lambda: START):
        live.saw("a", START, About(64, "1.0", 7))
        live.saw("a", START)
        live.saw("foreign", START)
        first, second = live.all(START)
    assert (first.trainer, first.rules, first.slots, first.version, first.memory_bytes) == ("logsweep", 3, 64, "1.0", 7)
    assert (second.trainer, second.rules, second.slots, second.version, second.memory_bytes) == (None,) * 5


def test_epochs_a_second_follow_what_is_reported_and_fade_when_nothing_is(live: LiveWorkers) -> None:
    live.saw("a", START)
    rates = []
    for second in range(1, 41):
        live.saw("a", now := START + second * SECOND)
        live.trained("a", 100, now)
        rates.append(live.all(now)[0].epochs_per_second)
    assert all(95 <= rate <= 110 for rate in rates)
    assert live.all(now + 20 * SECOND)[0].epochs_per_second < 15
    live.trained("never seen", 5, now)


def test_who_can_train_a_sweep_depends_on_trainer_and_rules(live: LiveWorkers) -> None:
    assert not live.can_train("logsweep", 3)
    with live.waiting(asks("a"), lambda: START):
        assert live.can_train("logsweep", 3)
        assert live.can_train("logsweep", 2)
        assert not live.can_train("logsweep", 4)
        assert not live.can_train("another", 1)
    live.saw("a worker of before a restart, that has not said yet", START)
    assert live.can_train("another", 1)
