"""Whatever comes from outside, each parser reads it or refuses as it says, in bounded time and memory."""

import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from tests.suites.parsers import PARSERS
from tests.suites.parsers.parser import Parser
from tests.tries import tries

MOST_SECONDS = 2.0
"""Of a processor, for one input."""

MOST_BYTES = 256 << 20
"""What one input may add to the memory of this process at its height."""

PROCESS = Path("/proc/self")


@pytest.mark.parser
@pytest.mark.parametrize("name", PARSERS)
def test_whatever_is_sent_is_read_or_refused_as_it_is_said(name: str) -> None:
    parser = PARSERS[name]

    @settings(max_examples=tries(20), suppress_health_check=list(HealthCheck), database=None)
    @given(parser.sent)
    def search(sent: object) -> None:
        _require_read_or_refused(parser, sent)

    search()


def _require_read_or_refused(parser: Parser, sent: object) -> None:
    before, began = _lowered_peak(), time.thread_time()
    refusal = _refusal(parser, sent)
    assert time.thread_time() - began < MOST_SECONDS
    assert _peak() - before < MOST_BYTES
    assert refusal is None or str(refusal).strip()


def _refusal(parser: Parser, sent: object) -> Exception | None:
    try:
        parser.read(sent)
    except parser.refusals as error:
        return error
    return None


def _lowered_peak() -> int:
    """Return the bytes of this process, from which its peak is measured anew."""
    (PROCESS / "clear_refs").write_text("5")
    return _peak()


def _peak() -> int:
    status = (PROCESS / "status").read_text()
    return int(status.partition("VmHWM:")[2].split(maxsplit=1)[0]) << 10
