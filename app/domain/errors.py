"""The errors that a user can meet, as a small tree.

LogsweepError
├── Malformed        the request cannot be read at all
├── InvalidRequest   the request breaks rules; it carries every fault that was found
├── Unauthenticated  the request has no access key that opens anything
├── Forbidden        its key does not allow it
├── OverQuota        what its key may have or use is not enough for it
├── NotFound         there is no such thing
├── Conflict         the thing is in a state that forbids the request
├── TooLarge         the request is over a limit
├── TooMany          requests come too often
├── Unavailable      the service cannot answer now; trying again later may help
├── DiskFull         there is no room to store it
└── NotInstalled     the server's installation lacks an optional package
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from app.domain.texts import visible

T = TypeVar("T")

MOST_FAULTS = 100
"""The faults of a request that are told one by one; the rest is counted."""

_LONGEST_TEXT, _LONGEST_TOKEN = 80, 200
_encoder = json.JSONEncoder(ensure_ascii=False, default=repr)


@dataclass(frozen=True, slots=True)
class Fault:
    """A broken rule: where (a JSON pointer into the request), and a sentence with value, rule, way out.

    One that stands for the rest of many has their `count`.
    """

    pointer: str
    detail: str
    count: int = 1


def pointer(*tokens: str | int) -> str:
    """Return the JSON pointer (RFC 6901) made of `tokens`; the end of a very long one is left out."""
    return "".join("/" + _cut(str(token), _LONGEST_TOKEN).replace("~", "~0").replace("/", "~1") for token in tokens)


def show(value: object) -> str:
    """Return a value that came in as JSON, and of a long one the beginning, without reading all of it."""
    if isinstance(value, str):
        value = value[: _LONGEST_TEXT + 1]
    text = ""
    for part in _encoder.iterencode(value):
        text += part
        if len(text) > _LONGEST_TEXT:
            break
    return _cut(visible(text), _LONGEST_TEXT)


def faults_of(items: Sequence[T], fault: Callable[[T], Fault]) -> Iterator[Fault]:
    """Yield the faults of the first items, and one that stands for those of the rest, whose sentences nobody reads."""
    yield from map(fault, islice(items, MOST_FAULTS))
    if len(items) > MOST_FAULTS:
        yield _rest(len(items) - MOST_FAULTS)


def _rest(count: int) -> Fault:
    return Fault("", f"There {'is 1 more fault' if count == 1 else f'are {count:,} more faults'}.", count)


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 3] + "..."


def _summary(first: Sequence[Fault], more: int) -> str:
    if more:
        return f"The request has {len(first) + more:,} faults, of which the first {len(first)} are listed."
    return first[0].detail if len(first) == 1 else f"The request has {len(first)} faults."


class LogsweepError(Exception):
    """Something went wrong that the user should read about."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class Malformed(LogsweepError):  # noqa: N818 - the name is what went wrong
    """The request cannot be read at all."""


class InvalidRequest(LogsweepError):  # noqa: N818 - the name is what went wrong
    """The request breaks rules."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        """Keep the first MOST_FAULTS of `faults`, and one that stands for the rest."""
        first, more = list[Fault](), 0
        for fault in faults:
            if fault.count == 1 and len(first) < MOST_FAULTS:
                first.append(fault)
            else:
                more += fault.count
        self.faults = (*first, _rest(more)) if more else tuple(first)
        super().__init__(_summary(first, more))


class Unauthenticated(LogsweepError):  # noqa: N818 - the name is what went wrong
    """The request has no access key that opens anything."""


class Forbidden(LogsweepError):  # noqa: N818 - the name is what went wrong
    """The access key of the request does not allow it."""


class OverQuota(LogsweepError):  # noqa: N818 - the name is what went wrong
    """What the access key of the request may have or use is not enough for it."""

    def __init__(self, name: str, faults: Sequence[Fault]) -> None:
        """Tell of each quota of the key `name` that it would go beyond."""
        self.faults = tuple(faults)
        several = f'This goes beyond {len(faults)} quotas of the access key "{name}".'
        super().__init__(faults[0].detail if len(faults) == 1 else several)


class NotFound(LogsweepError):  # noqa: N818 - the name is what went wrong
    """There is no such thing."""


class Conflict(LogsweepError):  # noqa: N818 - the name is what went wrong
    """The thing is in a state that forbids the request."""


class TooLarge(LogsweepError):  # noqa: N818 - the name is what went wrong
    """The request is over a limit."""


class TooMany(LogsweepError):  # noqa: N818 - the name is what went wrong
    """Requests come too often."""


class Unavailable(LogsweepError):  # noqa: N818 - the name is what went wrong
    """The service cannot answer now; trying again later may help."""


class DiskFull(LogsweepError):  # noqa: N818 - the name is what went wrong
    """There is no room to store it; once there is, trying again helps."""


class NotInstalled(LogsweepError):  # noqa: N818 - the name is what went wrong
    """The server's installation lacks an optional package."""
