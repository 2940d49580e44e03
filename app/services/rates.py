"""How often an access key may ask: so many requests a second, and twice as many at once."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import final

from app.domain.access import ANYONE, AccessKey
from app.domain.errors import TooMany

BURST_SECONDS = 2.0
"""A key that rested for so long may send at once all that it could have sent."""


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float


@final
class Rates:
    """A bucket of tokens for each key, of which a request takes one; `clock` counts seconds. For one thread."""

    def __init__(self, per_second: float, clock: Callable[[], float]) -> None:
        """Let keys ask so often; 0 means as often as they like."""
        self._per_second = per_second
        self._clock = clock
        self._buckets: dict[str, _Bucket] = {}

    def take(self, key: AccessKey) -> None:
        """Let a request of a key pass. Raises TooMany if it has none left."""
        if key is ANYONE or not self._per_second:
            return
        most, now = self._per_second * BURST_SECONDS, self._clock()
        bucket = self._buckets.setdefault(key.id, _Bucket(most, now))
        bucket.tokens = min(bucket.tokens + (now - bucket.at) * self._per_second, most)
        bucket.at = now
        if bucket.tokens < 1.0:
            raise TooMany(
                f'The access key "{key.name}" asks more often than {self._per_second:g} times a second, which is what '
                "LOGSWEEP_REQUESTS_PER_SECOND allows each key. Ask less often, or for more at once."
            )
        bucket.tokens -= 1.0
