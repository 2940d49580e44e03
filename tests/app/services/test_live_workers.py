"""Tests of the workers that were heard of lately."""

from datetime import UTC, datetime, timedelta

from app.services.live_workers import LiveWorkers

START = datetime(2026, 1, 1, tzinfo=UTC)


def test_workers_count_until_they_were_silent_for_too_long() -> None:
    live = LiveWorkers(30)
    assert live.saw("a", START) == 1
    assert live.saw("b", START + timedelta(seconds=20)) == 2
    assert live.saw("b", START + timedelta(seconds=30)) == 2
    assert live.saw("b", START + timedelta(seconds=31)) == 1


def test_a_lost_worker_counts_no_more() -> None:
    live = LiveWorkers(30)
    live.saw("a", START)
    live.lost("a", START)
    live.lost("never seen", START)
    assert live.saw("b", START) == 1


def test_who_left_since_a_time_is_known_for_a_while() -> None:
    live, second = LiveWorkers(30), timedelta(seconds=1)
    live.lost("a", START)
    assert live.left_since("a", START - second)
    assert not live.left_since("a", START)
    assert not live.left_since("b", START - second)
    live.lost("b", START + 100 * second)
    assert not live.left_since("a", START - second)
