"""What a process does, told once a second at most: a line that changes on a terminal, and a few lines in a log."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TextIO

from app.domain.work import LeasedRun
from app.trainer.trainer import Turn

LOG_SECONDS = 60.0
"""How long a log is told nothing while a worker does the same."""

_CLEAR_LINE = "\x1b[2K"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Doing:
    """What a worker does, and how it has fared since it was told last."""

    what: str
    figures: str

    def __str__(self) -> str:
        """Return both as a sentence."""
        return f"{self.what}: {self.figures}."


NOTHING_YET = Doing("Starting", "nothing so far")

Tell = Callable[[Doing], object]
"""Takes what a worker does, about once a second."""


class Tally:
    """What training has done so far; one thread adds to it, and another one looks."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._epochs = self._stopped = 0
        self._seen_epochs, self._seen_at = 0, clock()

    def add(self, turn: Turn) -> None:
        """Count what training gave."""
        self._epochs += len(turn.epochs)
        self._stopped += len(turn.stopped)

    def doing(self, held: Sequence[LeasedRun]) -> Doing:
        """Return what a worker that holds these runs does; its epochs a second are those since the last call."""
        epochs, now = self._epochs, self._clock()
        rate = (epochs - self._seen_epochs) / max(now - self._seen_at, 1e-9)
        self._seen_epochs, self._seen_at = epochs, now
        so_far = f"{self._stopped:,} runs have stopped so far"
        if not held:
            return Doing("Waiting for work", so_far)
        return Doing(f"Training {_sweeps(held)}", f"{len(held)} runs, {rate:,.0f} epochs a second; {so_far}")


def teller(stream: TextIO, clock: Callable[[], float] = time.monotonic) -> Tell:
    """Return what tells it on a terminal, or in the log if the stream is none."""
    return _on_terminal(stream) if stream.isatty() else _in_log(clock)


def tell_nobody(_: Doing) -> None:
    """Tell nothing: a child of a server shares its terminal with others."""


def _on_terminal(stream: TextIO, width: int = 79) -> Tell:
    """Return what writes one line over the last; what is logged begins at its start, and writes over it."""
    return lambda doing: print(f"{_CLEAR_LINE}{str(doing)[:width]}", end="\r", file=stream, flush=True)


def clear(stream: TextIO) -> None:
    """Take away the line that a terminal shows."""
    if stream.isatty():
        print(_CLEAR_LINE, end="\r", file=stream, flush=True)


def _in_log(clock: Callable[[], float]) -> Tell:
    """Return what logs whenever one turns to something else, and now and then in between while figures change."""
    last, due = Doing("", ""), clock()

    def tell(doing: Doing) -> None:
        nonlocal last, due
        if doing.what != last.what or (doing != last and clock() >= due):
            _log.info("%s", doing)
            last, due = doing, clock() + LOG_SECONDS

    return tell


def _sweeps(held: Sequence[LeasedRun]) -> str:
    """Return the sweeps that runs are of, in words."""
    datasets = {run.sweep: run.dataset for run in held}
    first = min(datasets)
    others = len(datasets) - 1
    more = f" and {others} other sweep{'s' if others > 1 else ''}" if others else ""
    return f"{first} ({datasets[first]}){more}"
