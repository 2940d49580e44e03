"""What a server does, told once a second at most: which sweeps run, how far they are, and who trains."""

import logging
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Event

from app.composition import thread_until
from app.domain.errors import LogsweepError
from app.domain.states import SweepState, TrialState
from app.domain.sweeps import Sweep, SweepFilter
from app.domain.workers import Worker
from app.services.services import Services
from app.worker.status import Doing, Tell, clear, teller

SECONDS = 1.0
"""How often it is looked at."""

_MOST = 100
"""The most sweeps and workers that are counted."""

_log = logging.getLogger(__name__)

_OPEN = (TrialState.QUEUED, TrialState.RUNNING, TrialState.PAUSED)


@contextmanager
def telling(services: Services) -> Iterator[None]:
    """Tell on the terminal, or in the log, in a thread of its own."""
    tell = teller(sys.stderr)
    try:
        with thread_until("status", lambda stop: _tell_until(stop, services, tell)):
            yield
    finally:
        clear(sys.stderr)


def _tell_until(stop: Event, services: Services, tell: Tell) -> None:
    logged = ""
    while not stop.wait(SECONDS):
        try:
            tell(_looked_at(services))
        except Exception as error:  # noqa: BLE001 - a terminal that is gone, for one: it may be better in a second
            if repr(error) != logged:
                _log.warning("What the server does could not be told; it is tried again.", exc_info=True)
            logged = repr(error)


def _looked_at(services: Services) -> Doing:
    try:
        running = services.sweeps.page(SweepFilter(state=SweepState.RUNNING), _MOST, None).items
        return doing(running, services.workers.page(_MOST, None).items)
    except LogsweepError as error:
        return Doing("What runs cannot be told", error.detail.rstrip("."))


def doing(running: Sequence[Sweep], workers: Sequence[Worker]) -> Doing:
    """Return what a server does that has these sweeps and live workers."""
    here = f"{len(workers)} worker{'' if len(workers) == 1 else 's'}" if workers else "no worker is here"
    if not running:
        return Doing("Waiting for sweeps", here)
    first = running[0]
    others = f" and {len(running) - 1} more" if len(running) > 1 else ""
    total = sum(sum(sweep.counts.values()) for sweep in running)
    ended = total - sum(sweep.counts.get(state, 0) for sweep in running for state in _OPEN)
    rate = sum(one.heard.epochs_per_second for one in workers)
    # Short enough for a terminal of 80 columns.
    return Doing(f"Sweeping {first.id}{others}", f"{ended:,}/{total:,} trials, {rate:,.0f} epochs/s, {here}")
