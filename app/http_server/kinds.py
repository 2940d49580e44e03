"""What kinds of requests there are, where there is not room for all."""

from enum import Enum, auto

HEALTH = frozenset({b"/healthz", b"/readyz", b"/metrics"})
WORK = b"/v1/work/"
FEED = b"/events"


class Kind(Enum):
    """Of a request, by how much it matters that it is answered when others are not."""

    HEALTH = auto()
    WORK = auto()
    OTHER = auto()


def kind_of(url: bytes) -> Kind:
    """Return the kind of the request to an address, which may have a query."""
    path = url.partition(b"?")[0]
    if path in HEALTH:
        return Kind.HEALTH
    if path.startswith(WORK):
        return Kind.WORK
    return Kind.OTHER


def is_feed(url: bytes) -> bool:
    """Return whether the address is that of a feed, which is answered as long as its reader likes."""
    return url.partition(b"?")[0].endswith(FEED)
