"""Answers that come too late, told apart from those that a busy machine held up.

No answer may take more than two seconds. Where other processes have the processors, any may: all that it does takes
as many times longer as it gets less of them. How many times that is just now is measured with each late answer, by
a computation of known length in this process. An answer is late if it took more than two seconds times that, and the
same request did so again each time. One repeat that is in time acquits it, as what the server itself takes long for, it
takes long for each time; a repeat that is answered otherwise, because the first changed what it asks about, does not.
On a machine that has nothing else to do the limit is two seconds, and on none it is more than twenty.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import monotonic, thread_time

import httpx

LONGEST_ANSWER = 2.0
"""Seconds that no answer may exceed, but those that a request asked to wait for."""

LONGEST_BESIDE_TESTS = 10.0
"""Seconds that the answer to an upload may take where other tests run beside."""

LONGEST_WAIT = 20.0
"""Seconds that a server waits at most, where it is asked to."""

TRIES = 4
"""How many answers to a request must be late in a row, the first one counted."""

MOST_STRETCHED = 10.0
"""How many times longer an answer may take on the busiest machine.

Three runs of all tests on two processors have about ten processes for each. What takes twenty seconds is of no use to
whoever asked, whatever held it up, and where a thread has less than a tenth of a processor nothing is measured.
"""

_COMPUTED = 0.1
"""Seconds of a processor after which it is told how much longer they took."""


@dataclass(frozen=True)
class Asked:
    """A request as it was sent, the status of its answer, and the seconds until its head came."""

    method: str
    address: str
    headers: Mapping[str, str]
    body: bytes
    status: int
    seconds: float

    def longest(self, answer: float) -> float:
        """Return how many seconds it may take if an answer may take so many: it may have asked the server to wait."""
        waits = "wait=" in self.address or b'"wait"' in self.body
        return answer + LONGEST_WAIT if waits else answer


def stretched() -> float:
    """Return how many times longer a computation takes now than if this thread had a processor for itself."""
    began, computed = monotonic(), thread_time()
    while thread_time() - computed < _COMPUTED:
        pass
    return max(1.0, (monotonic() - began) / _COMPUTED)


def times_late(asked: Asked, longest: float = LONGEST_ANSWER, stretch: Callable[[], float] = stretched) -> int:
    """Return how often a request is answered late in a row, sent again until it is in time: `TRIES` times means late.

    None at all means that the machine held it up, or that it was in time.
    """
    if asked.seconds <= asked.longest(longest):
        return 0
    times, seconds = 0, asked.seconds
    while times < TRIES and seconds > asked.longest(longest * min(stretch(), MOST_STRETCHED)):
        times += 1
        status, seconds = _send(asked)
        if status != asked.status:
            return TRIES
    return times


def _send(asked: Asked) -> tuple[int, float]:
    """Send a request anew, and as a new one; return the status and the seconds until the head of the answer came."""
    headers = {name: value for name, value in asked.headers.items() if name.lower() != "idempotency-key"}
    began = monotonic()
    with httpx.stream(asked.method, asked.address, headers=headers, content=asked.body, timeout=60.0) as answer:
        return answer.status_code, monotonic() - began
