"""Tests of what a worker tells of what it does."""

import io
import logging
from dataclasses import replace

import pytest

from app.domain.work import Epoch, Lease
from app.trainer.trainer import Turn
from app.worker import status
from app.worker.status import Doing, Tally, teller
from tests.app.trainer.runs import run, table

RUN = run(table("binary"), 0)


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


class Ticks:
    """A clock that moves by a step at each look."""

    def __init__(self, step: float) -> None:
        self._now = 0.0
        self._step = step

    def __call__(self) -> float:
        self._now += self._step
        return self._now


def epochs(count: int) -> Turn:
    return Turn([(Lease(1, 1), Epoch(1, {}, 0.1))] * count)


def test_epochs_a_second_are_those_since_it_was_told_last() -> None:
    tally = Tally(Ticks(2.0))
    tally.add(epochs(10))
    tally.add(epochs(10))
    first, second = tally.doing([RUN]), tally.doing([RUN])
    assert first.what == f"Training {RUN.sweep} ({RUN.dataset})"
    assert first.figures == "1 runs, 10 epochs a second; 0 runs have stopped so far"
    assert "0 epochs a second" in second.figures


def test_of_several_sweeps_one_is_named_and_the_others_counted() -> None:
    others = [replace(RUN, sweep=sweep) for sweep in ("z1", "z2", "z2")]
    assert Tally().doing([*others, RUN]).what.endswith("and 2 other sweeps")
    assert Tally().doing(others).what.endswith("and 1 other sweep")


def test_a_worker_without_runs_waits_for_work() -> None:
    assert Tally().doing([]).what == "Waiting for work"


def test_on_a_terminal_one_line_is_written_over_the_last_and_fits_it() -> None:
    screen = Screen()
    tell = teller(screen)
    tell(Doing("Waiting for work", "nothing so far"))
    tell(Doing("Training", "x" * 200))
    first, second, rest = screen.getvalue().split("\r")
    assert first.endswith("Waiting for work: nothing so far.")
    assert (len(second.removeprefix("\x1b[2K")), rest) == (79, "")


def test_a_log_is_told_when_a_worker_turns_to_something_else_and_now_and_then(
    caplog: pytest.LogCaptureFixture,
) -> None:
    tell = teller(io.StringIO(), Ticks(1.0))
    with caplog.at_level(logging.INFO, status.__name__):
        for figures in ("1", "2", "3"):
            tell(Doing("Training a", figures))
        tell(Doing("Waiting for work", "4"))
        for number in range(100):
            tell(Doing("Waiting for work", str(5 + number)))
    assert caplog.messages[:2] == ["Training a: 1.", "Waiting for work: 4."]
    assert 1 <= len(caplog.messages[2:]) <= 4


def test_a_log_is_not_told_the_same_again_however_long_it_lasts(caplog: pytest.LogCaptureFixture) -> None:
    tell = teller(io.StringIO(), Ticks(100.0))
    with caplog.at_level(logging.INFO, status.__name__):
        for _ in range(10):
            tell(Doing("Waiting for work", "4"))
    assert caplog.messages == ["Waiting for work: 4."]
