"""Ids that sort by the time they were made."""

from collections.abc import Callable
from datetime import datetime

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's: no i, l, o, u


def new_id(prefix: str, now: datetime, entropy: Callable[[int], bytes]) -> str:
    """Return `prefix_` and 26 characters: 48 bits of milliseconds, then 80 random bits from `entropy(10)`."""
    number = (int(now.timestamp() * 1000) << 80) | int.from_bytes(entropy(10))
    return f"{prefix}_" + "".join(_ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))
