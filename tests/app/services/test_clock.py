"""Tests of the clock."""

from datetime import UTC, datetime, timedelta

from app.services.clock import Clock


def test_the_clock_starts_at_the_wall_time_and_goes_on_monotonically() -> None:
    wall, monotonic = [1_000_000.0], [50.0]
    clock = Clock(lambda: wall[0], lambda: monotonic[0])
    start = datetime.fromtimestamp(1_000_000.0, UTC)
    assert clock.now() == start
    wall[0] = 0.0  # someone sets the system's time back
    monotonic[0] = 51.5
    assert clock.now() == start + timedelta(seconds=1.5)
