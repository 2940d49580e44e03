"""How often an access key may ask."""

from datetime import UTC, datetime

import pytest

from app.domain.access import ANYONE, AccessKey, Scope
from app.domain.errors import TooMany
from app.services.rates import BURST_SECONDS, Rates

ONE, OTHER = (AccessKey(f"lsk_{name}", name, [Scope.READ], datetime(2026, 1, 1, tzinfo=UTC)) for name in "ab")


class Watch:
    """A clock that is set."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def passed(rates: Rates, key: AccessKey, count: int) -> int:
    """Return how many of so many requests at once may pass."""
    done = 0
    for _ in range(count):
        try:
            rates.take(key)
        except TooMany:
            continue
        done += 1
    return done


def test_after_a_rest_a_key_may_ask_at_once_what_it_could_have_asked_and_then_at_its_rate() -> None:
    watch = Watch()
    rates = Rates(10.0, watch)
    assert passed(rates, ONE, 100) == int(10 * BURST_SECONDS)
    watch.now = 0.5
    assert passed(rates, ONE, 100) == 5
    watch.now = 1000.0
    assert passed(rates, ONE, 100) == int(10 * BURST_SECONDS)


def test_keys_do_not_take_from_each_other() -> None:
    rates = Rates(1.0, Watch())
    assert passed(rates, ONE, 9) == passed(rates, OTHER, 9) == int(BURST_SECONDS)


def test_the_refusal_says_the_rule() -> None:
    rates = Rates(1.0, Watch())
    passed(rates, ONE, 2)
    with pytest.raises(TooMany, match=r'"a" asks more often than 1 times a second.*LOGSWEEP_REQUESTS_PER_SECOND'):
        rates.take(ONE)


def test_without_keys_or_a_rate_nobody_is_counted() -> None:
    assert passed(Rates(1.0, Watch()), ANYONE, 99) == passed(Rates(0.0, Watch()), ONE, 99) == 99
