"""How a call is sent until it is answered: tries, pauses and a deadline, without a socket or a clock of its own."""

import email.utils
from collections.abc import Callable, Generator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias, TypeVar

import httpx
from pydantic import ValidationError

from logsweep.calls import Call, Flow, Reply
from logsweep.errors import DeadlineExceeded, LogsweepError, Unreachable, Unreadable, refusal
from logsweep.settings import USUAL_SECONDS
from logsweep.time_left import SHORTEST, Clock

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 10.0
"""Seconds between two tries, at most: doubled each time."""

_PASSING = frozenset({408, 425, 429, 502, 503, 504})
"""Refusals that may pass."""

_UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
"""Failures after which the server has seen nothing of the request."""

T = TypeVar("T")

Outcome: TypeAlias = Reply | httpx.TransportError
Chance: TypeAlias = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Limit:
    """How long something may take, and when that time is up."""

    seconds: float
    ends_at: float

    @classmethod
    def of(cls, seconds: float, clock: Clock) -> "Limit":
        """Return the limit of what begins now."""
        return cls(seconds, clock() + seconds)


@dataclass(frozen=True, slots=True)
class Send:
    """Send the request of a call, and wait for so many seconds at most."""

    call: Call[Any]
    seconds: float


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait for so many seconds before the next step."""

    seconds: float


Steps: TypeAlias = Generator[Send | Pause, Outcome | None, T]


def performed(call: Call[T] | Flow[T], deadline: float | None, clock: Clock, chance: Chance) -> Steps[T]:
    """Yield the steps of a call, or of each call of a flow, and return the result. Raises LogsweepError.

    Whoever takes a step sends what came of it. All of it ends by the `deadline`; without one each call may take what
    is usual, and what its work takes. `chance` draws from 0 to 1.
    """
    return (yield from _performed(call, None if deadline is None else Limit.of(deadline, clock), clock, chance))


def _performed(call: Call[T] | Flow[T], limit: Limit | None, clock: Clock, chance: Chance) -> Steps[T]:
    if isinstance(call, Call):
        own = limit or Limit.of(USUAL_SECONDS + call.takes, clock)
        return _result(call, (yield from exchange(call, own, clock, chance)))
    answer: Any = None
    while True:
        try:
            asked = call.send(answer)
        except StopIteration as end:
            result: T = end.value
            return result
        answer = yield from _performed(asked, limit, clock, chance)


def _result(call: Call[T], reply: Reply) -> T:
    """Return what a reply says. Raises Unreadable for one that is none of our server's."""
    try:
        return call.read(reply)
    except (ValidationError, UnicodeDecodeError) as error:
        raise Unreadable.of(reply.asked, reply.content, error) from None


def exchange(call: Call[Any], limit: Limit, clock: Clock, chance: Chance) -> Steps[Reply]:
    """Yield the steps until there is a reply that is no refusal, and return it. Raises LogsweepError."""
    if clock() >= limit.ends_at:  # it went into the calls before this one
        raise _late(f"{call.method} {call.path}", limit, "")
    tries = 0
    while True:
        outcome = yield Send(call, max(limit.ends_at - clock(), SHORTEST))
        assert outcome is not None
        tries += 1
        if isinstance(outcome, Reply) and _is_done(call, outcome, tries):
            return outcome
        pause = _pause(outcome, tries, chance())
        if not _may_pass(call, outcome) or clock() + pause >= limit.ends_at:
            raise _error(outcome, tries, limit, clock())
        yield Pause(pause)


def _is_done(call: Call[Any], reply: Reply, tries: int) -> bool:
    # What an earlier try deleted, whose answer was lost, is not there any more.
    return reply.done or (tries > 1 and call.method == "DELETE" and reply.status == 404)


def _may_pass(call: Call[Any], outcome: Outcome) -> bool:
    """Return whether another try may do better, and does no harm."""
    if isinstance(outcome, httpx.TransportError):
        return isinstance(outcome, _UNSENT) or call.repeatable
    return outcome.status == 429 or (call.repeatable and outcome.status in _PASSING)


def _pause(outcome: Outcome, tries: int, chance: float) -> float:
    """Return the seconds to wait: longer each time, by chance so that clients part, and at least what was asked for."""
    longest = min(FIRST_PAUSE * 2.0 ** (tries - 1), LONGEST_PAUSE)
    return max(_asked(outcome), longest * (0.5 + 0.5 * chance))


def _asked(outcome: Outcome) -> float:
    """Return the seconds that an answer asks to wait (Retry-After: seconds or a date)."""
    text = outcome.headers.get("Retry-After", "") if isinstance(outcome, Reply) else ""
    if text.isdecimal():
        return float(text)
    try:
        at = email.utils.parsedate_to_datetime(text)
    except (ValueError, OverflowError):  # the latter for years and zones that no C long holds
        return 0.0
    return (at.replace(tzinfo=at.tzinfo or UTC) - datetime.now(UTC)).total_seconds()


def _error(outcome: Outcome, tries: int, limit: Limit, now: float) -> LogsweepError:
    if isinstance(outcome, Reply):
        return refusal(outcome)
    request = outcome.request
    times = "" if tries == 1 else f" after {tries} tries"
    if not isinstance(outcome, _UNSENT) and (isinstance(outcome, httpx.TimeoutException) or now >= limit.ends_at):
        return _late(f"{request.method} {request.url}", limit, times)
    server = f"{request.url.scheme}://{request.url.netloc.decode()}"
    why = str(outcome) or type(outcome).__name__
    return Unreachable(f"{server} does not answer{times}: {why}. Is the server running there?", why)


def _late(asked: str, limit: Limit, times: str) -> DeadlineExceeded:
    return DeadlineExceeded(f"{asked} had no answer within {limit.seconds:g} s{times}. Give it a longer deadline.")
