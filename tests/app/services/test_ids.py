"""Tests of ids."""

from datetime import UTC, datetime, timedelta
from itertools import cycle

from app.services.ids import new_id

START = datetime(2026, 1, 1, tzinfo=UTC)


def test_ids_sort_by_the_time_they_were_made() -> None:
    times = [START + timedelta(milliseconds=7**power) for power in range(12)]
    extremes = cycle([b"\xff" * 10, b"\0" * 10])
    ids = [new_id("swp", time, lambda _: next(extremes)) for time in times]
    assert ids == sorted(ids)


def test_an_id_has_a_prefix_and_26_characters_that_need_no_escaping() -> None:
    made = new_id("swp", START, lambda count: b"\xa7" * count)
    prefix, _, rest = made.partition("_")
    assert (prefix, len(rest)) == ("swp", 26)
    assert made.isascii()
    assert rest.isalnum()
    assert made == made.lower()


def test_randomness_tells_ids_of_the_same_millisecond_apart() -> None:
    assert new_id("swp", START, lambda count: b"\0" * count) != new_id("swp", START, lambda count: b"\1" * count)
