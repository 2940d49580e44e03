"""Answers that come too late, told apart from those that a busy machine held up.

No answer may take more than two seconds. On a machine that runs other things, any may: its threads wait for a
processor. What the server itself takes long for, it takes long for each time. So an answer counts as late if it came
late, and the same request was late again `TRIES` times in a row; and if one of these was answered otherwise, as the
first has changed what it asks about, nothing speaks for the server, and it was late as well.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic

import httpx

LONGEST_ANSWER = 2.0
"""Seconds that no answer may exceed, but those that a request asked to wait for."""

LONGEST_BESIDE_TESTS = 10.0
"""Seconds that the answer to an upload may take where other tests run beside."""

LONGEST_WAIT = 20.0
"""Seconds that a server waits at most, where it is asked to."""

TRIES = 4
"""How often a late request is sent again."""


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


def is_late(asked: Asked, longest: float = LONGEST_ANSWER) -> bool:
    """Return whether a request is answered late each time, or late and never so again."""
    return asked.seconds > asked.longest(longest) and all(_late_again(asked, longest) for _ in range(TRIES))


def _late_again(asked: Asked, longest: float) -> bool:
    status, seconds = _send(asked)
    return status != asked.status or seconds > asked.longest(longest)


def _send(asked: Asked) -> tuple[int, float]:
    """Send a request anew, and as a new one; return the status and the seconds until the head of the answer came."""
    headers = {name: value for name, value in asked.headers.items() if name.lower() != "idempotency-key"}
    began = monotonic()
    with httpx.stream(asked.method, asked.address, headers=headers, content=asked.body, timeout=60.0) as answer:
        return answer.status_code, monotonic() - began
