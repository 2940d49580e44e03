"""Sessions of browsers: a secret in a cookie stands for the access key that somebody logged in with.

They are in memory alone, end with the server, and open nothing that their key does not open at that moment.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256
from threading import Lock
from typing import final

from app.domain.access import AccessKey
from app.domain.errors import Unauthenticated
from app.services.access import Access
from app.services.clock import Clock
from app.services.rates import Rates

LONGEST = timedelta(days=7)
"""How long somebody stays logged in."""

MOST_OF_KEY = 50
"""How many sessions a key has at a time; its oldest goes when there is one more, and never one of another key."""


@final
class Sessions:
    """Who is logged in."""

    def __init__(
        self,
        access: Access,
        rates: Rates,
        clock: Clock,
        entropy: Callable[[int], bytes],
        most_of_key: int = MOST_OF_KEY,
    ) -> None:
        self._access = access
        self._rates = rates
        self._clock = clock
        self._entropy = entropy
        self._most_of_key = most_of_key
        self._lock = Lock()
        self._keys: dict[str, tuple[AccessKey, datetime]] = {}
        """Keys by the hashes of secrets, and until when; the oldest session comes first."""

    def open(self, token: str) -> str:
        """Return the secret of a new session for the key of a token. Raises Unauthenticated, TooMany."""
        key, secret = self._access.identify(token), self._entropy(32).hex()
        self._rates.take(key)
        with self._lock:
            now = self._clock.latest()
            self._keys = {one: (whose, until) for one, (whose, until) in self._keys.items() if until > now}
            mine = [one for one, (whose, _) in self._keys.items() if whose.id == key.id]
            for oldest in mine[: len(mine) + 1 - self._most_of_key]:
                del self._keys[oldest]
            self._keys[_hash(secret)] = key, now + LONGEST
        return secret

    def identify(self, secret: str) -> AccessKey:
        """Return the key of a session. Raises Unauthenticated once it has ended, or its key opens nothing any more."""
        key, until = self._keys.get(_hash(secret), (None, self._clock.latest()))
        if key is None or until <= self._clock.latest() or (now := self._access.find(key.id)) is None:
            raise Unauthenticated("You are not logged in any more. Log in again.")
        return self._access.require_valid(now)

    def close(self, secret: str) -> None:
        """End a session; one that has ended stays so."""
        with self._lock:
            self._keys.pop(_hash(secret), None)


def _hash(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
