"""Requests that count once, however often they come: a key of the sender's choice, and what the first of them made."""

from dataclasses import dataclass

LONGEST_KEY = 255
"""Characters of a key at most."""

KEPT_SECONDS = 24 * 3600.0
"""How long a key is remembered."""


@dataclass(frozen=True, slots=True)
class Once:
    """A request that may come again: its sender, the key that the sender gave it, and a hash of all that it asks."""

    owner: str
    key: str
    request_sha256: str


@dataclass(frozen=True, slots=True)
class Made:
    """What the first request with a key made: a sweep, points of one from number `first` on, or an access key."""

    id: str
    first: int = 0
