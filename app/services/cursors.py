"""Pages of lists, and cursors: opaque marks of where a page ended, good only for the list they came from."""

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Generic, TypeVar

from app.domain.errors import Fault, InvalidRequest, Malformed
from app.domain.values import has_half_pair

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some items of a list; `next` is the cursor of the next page, or null on the last one."""

    items: Sequence[T]
    next: str | None


def page_of(found: Sequence[T], limit: int, which: str, place: Callable[[T], Sequence[object]]) -> Page[T]:
    """Return the first `limit` of the items `found`, with the cursor of the last one's place if there are more."""
    more = encode(which, *place(found[limit - 1])) if len(found) > limit else None
    return Page(found[:limit], more)


def encode(which: str, *place: object) -> str:
    """Return the cursor of a place in the list that `which` identifies: what is listed, filters, sort."""
    text = json.dumps([_mark(which), *place], separators=(",", ":"), allow_nan=False)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode(cursor: str, which: str, kind: type[T]) -> T:
    """Return the place of a cursor that is one value of type `kind`. Raises Malformed, InvalidRequest."""
    (value,) = decode_all(cursor, which, 1)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise _malformed(cursor)
    return value


def decode_all(cursor: str, which: str, length: int) -> list[object]:
    """Return the place of a cursor as plain JSON values. Raises Malformed, InvalidRequest."""
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        found: list[object] = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        mark, *place = found
    except (ValueError, TypeError, RecursionError):
        raise _malformed(cursor) from None
    _require_text(place)
    if mark != _mark(which):
        raise Malformed(
            "The cursor belongs to another list, filter or sort, or to an older version of the service. Use it with "
            "the query that gave it, or leave it out to start from the first page."
        )
    if len(place) != length:
        raise _malformed(cursor)
    return place


def _require_text(place: list[object]) -> None:
    if any(isinstance(value, str) and has_half_pair(value) for value in place):
        detail = "The cursor has half of a surrogate pair, which is no text. Take it from `next` of the page before."
        raise InvalidRequest([Fault("/cursor", detail)])


def _mark(which: str) -> str:
    return sha256(which.encode()).hexdigest()[:12]


def _malformed(cursor: str) -> Malformed:
    return Malformed(
        f"The cursor {cursor[:80]!r} is none that this service gave. Take it from `next` of the page before, "
        "or leave it out to start from the first page."
    )
