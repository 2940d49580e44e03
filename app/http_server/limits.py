"""How long clients may take, how much they may send before a request is known, and how many there may be at once."""

import sys
from dataclasses import dataclass

from app.api.held import MOST_CONNECTIONS

if sys.platform != "win32":
    import resource

LEAST_RATE = 4096
"""Bytes a second that a client has to send of a body, or to take of an answer, on the whole: 256 MiB in 18 hours."""

MOST_URL = 16 << 10
"""Bytes of an address with its query."""

MOST_HEAD = 32 << 10
"""Bytes of the head of a request."""

MOST_FIELDS = 128
"""Header fields of a request."""

MOST_PIPELINED = 16
"""Requests that one connection may send ahead of the answers."""

FEED_BYTES = 1 << 16
"""What the system keeps for a reader of events who takes nothing, in place of megabytes.

What comes then is not made for him, and he is told so when he reads on.
"""

LEAST_CONNECTIONS = 32
OTHER_FILES = 64
"""Descriptors that are kept for the database, for pipes to workers and the like."""

OF_EACH = 2
"""Descriptors of a connection: its socket, and a file that it sends or fetches."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The figures that are chosen for a server; times are in seconds."""

    connections: int = MOST_CONNECTIONS
    """How many may be open at the same time."""
    head_seconds: float = 10.0
    """How long the head of a request may take: from the connection, or later from its own first byte on."""
    idle_seconds: float = 65.0
    """How long a connection may rest between two requests: longer than proxies let theirs, which are mostly 60 s."""
    body_seconds: float = 60.0
    """How long a body may stand still, and how far its sender may be behind LEAST_RATE."""
    reading_seconds: float = 30.0
    """How long a reader may take nothing, or less than LEAST_RATE."""
    rest_seconds: float = 30.0
    """How long the rest of a body, whose request was answered before its end, is read and dropped."""


def raise_descriptor_limit() -> int | None:
    """Raise the soft limit of this process to what all connections may need, as far as is allowed; return it.

    None where there is no such limit.
    """
    if sys.platform == "win32":
        return None
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OTHER_FILES + OF_EACH * MOST_CONNECTIONS
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft == resource.RLIM_INFINITY or soft >= allowed:
        return None if soft == resource.RLIM_INFINITY else soft
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    return allowed


def connections_within(descriptors: int | None) -> int:
    """Return how many connections there may be at once where a process may have so many descriptors."""
    if descriptors is None:
        return MOST_CONNECTIONS
    return max(LEAST_CONNECTIONS, min(MOST_CONNECTIONS, (descriptors - OTHER_FILES) // OF_EACH))
