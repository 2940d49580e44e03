"""How far a sweep is, while one waits: a bar where rich is installed, else lines of text on standard error."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TextIO, TypeAlias

from logsweep.answers.sweeps import SweepAnswer
from logsweep.visible import visible

Shown: TypeAlias = Callable[[SweepAnswer], object]
"""What is shown a sweep each time that it was looked at."""

LINES = 10
"""Lines of text that a sweep takes about."""


@contextmanager
def shown(progress: bool | Shown) -> Iterator[Shown]:
    """Yield what shows a sweep: nothing, what was given, a bar or lines of text."""
    if callable(progress):
        yield progress
    elif not progress:
        yield lambda _: None
    elif find_spec("rich") is None:
        yield Lines(sys.stderr)
    else:
        with _bar() as show:
            yield show


class Lines:
    """Writes a line whenever another tenth of the trials has ended, and at the end."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._last = ""
        self._tenth = -1

    def __call__(self, sweep: SweepAnswer) -> None:
        tenth = LINES * sweep.done // max(total(sweep), 1)
        line = described(sweep)
        if line != self._last and (tenth > self._tenth or sweep.state != "running"):
            self._stream.write(f"{line}\n")
            self._stream.flush()
            self._last, self._tenth = line, tenth


@contextmanager
def _bar() -> Iterator[Shown]:
    from rich.console import Console  # noqa: PLC0415 - an extra
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    columns = (BarColumn(bar_width=20), TextColumn("{task.description}", markup=False), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("", total=None)
        told = set[str]()

        def show(sweep: SweepAnswer) -> None:
            progress.update(task, total=total(sweep), completed=sweep.done, description=visible(_standing(sweep)))
            if sweep.no_workers is not None and sweep.no_workers not in told:
                progress.console.print(visible(sweep.no_workers), markup=False)
                told.add(sweep.no_workers)

        yield show


def total(sweep: SweepAnswer) -> int:
    """Return how many trials the sweep will have, as far as that is known."""
    return max(int(sweep.budget["trials"]), sum(sweep.counts.values()))


def described(sweep: SweepAnswer) -> str:
    """Return how far a sweep is, in one line."""
    line = f"{sweep.name}: {sweep.state}, {_standing(sweep)}"
    return visible(line if sweep.no_workers is None else f"{line}. {sweep.no_workers}")


def _standing(sweep: SweepAnswer) -> str:
    best = "none yet" if sweep.best is None else f"{sweep.best.value:.4g} (trial {sweep.best.trial})"
    return f"{sweep.done:,}/{total(sweep):,} trials, best {sweep.objective['metric']} {best}"
