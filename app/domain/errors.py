"""The errors that a user can meet, as a small tree.

LogsweepError
├── Malformed        the request cannot be read at all
├── InvalidRequest   the request breaks rules; it carries every fault that was found
├── NotFound         there is no such thing
├── Conflict         the thing is in a state that forbids the request
├── TooLarge         the request is over a limit
├── Unavailable      the service cannot answer now; trying again later may help
└── NotInstalled     the server's installation lacks an optional package
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One broken rule: where (a JSON pointer into the request), and a sentence with value, rule, way out."""

    pointer: str
    detail: str


def pointer(*tokens: str | int) -> str:
    """Return the JSON pointer (RFC 6901) made of `tokens`."""
    return "".join("/" + str(token).replace("~", "~0").replace("/", "~1") for token in tokens)


class LogsweepError(Exception):
    """Something went wrong that the user should read about."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class Malformed(LogsweepError):  # noqa: N818 - the name is what went wrong
    """The request cannot be read at all."""


class InvalidRequest(LogsweepError):  # noqa: N818 - the name is what went wrong
    """The request breaks rules."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        count = len(faults)
        super().__init__(faults[0].detail if count == 1 else f"The request has {count} faults.")
        self.faults = tuple(faults)


class NotFound(LogsweepError):  # noqa: N818 - the name is what went wrong
    """There is no such thing."""


class Conflict(LogsweepError):  # noqa: N818 - the name is what went wrong
    """The thing is in a state that forbids the request."""


class TooLarge(LogsweepError):  # noqa: N818 - the name is what went wrong
    """The request is over a limit."""


class Unavailable(LogsweepError):  # noqa: N818 - the name is what went wrong
    """The service cannot answer now; trying again later may help."""


class NotInstalled(LogsweepError):  # noqa: N818 - the name is what went wrong
    """The server's installation lacks an optional package."""
