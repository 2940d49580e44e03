"""Tests of when a trainer tells of runs that have stopped, and of what comes too late for them."""

from dataclasses import replace

import pytest

from app.domain.work import Decision, Lease
from tests.app.trainer.runs import add, run
from tests.app.trainer.training import DATA, HandClock, again, finish, loader, short_and_long, trainer_with


def test_runs_that_stop_are_told_of_together_and_soon() -> None:
    clock = HandClock()
    trainer = trainer_with([*short_and_long()], clock=clock)
    first, second = trainer.train({}), trainer.train({})
    clock.now = 1.0
    third = trainer.train({})

    assert [*first.stopped, *second.stopped] == []
    assert [one.result.lease.run for one in third.stopped] == [0]


def test_runs_that_stop_are_told_of_at_once_before_a_turn_that_takes_long() -> None:
    times = iter(range(1000))
    trainer = trainer_with([*short_and_long()][::-1], clock=lambda: float(next(times)))

    told = [[one.result.lease.run for one in trainer.train({}).stopped] for _ in range(2)]
    assert told == [[], [0]]


@pytest.mark.parametrize("decision", ["stop", "pause", "complete"])
def test_what_is_decided_of_a_run_that_has_stopped_comes_too_late(decision: str) -> None:
    short, long = short_and_long()
    trainer = trainer_with([short, long])
    trainer.train({}), trainer.train({})
    turn = trainer.obey([Decision(short.lease, decision)], {})  # type: ignore[arg-type]  # one of three, as a str

    assert [one.result.reason for one in turn.stopped] == ["all 1 epochs done"]
    assert (turn.given_back, len(trainer)) == ([], 1)


def test_that_runs_are_to_continue_tells_nothing_early() -> None:
    short, long = short_and_long()
    trainer = trainer_with([short, long])
    trainer.train({}), trainer.train({})

    assert trainer.obey([Decision(one.lease, "continue") for one in (short, long)], {}).stopped == ()
    assert len(trainer) == 2


@pytest.mark.parametrize("to_epoch", [1, 2])
def test_a_run_that_comes_back_before_its_stop_was_told_starts_anew(to_epoch: int) -> None:
    one, other = (replace(run(DATA["binary"], n, epochs=2, hidden_units=[3 + n]), early_stopping=None) for n in (0, 1))
    trainer = trainer_with([replace(one, to_epoch=1), other])
    trainer.train({}), trainer.train({})
    add(trainer, [again(one, to_epoch)], loader())
    curves, stopped = finish(trainer)

    assert [point.epoch for point in curves[Lease(0, 2)]] == list(range(1, to_epoch + 1))
    assert [one.result.lease for one in stopped] == [Lease(0, 2), Lease(1, 1)]


def test_what_has_stopped_is_told_at_the_end_of_work() -> None:
    trainer = trainer_with([*short_and_long()])
    trainer.train({}), trainer.train({})

    assert [one.result.lease.run for one in trainer.settle({})] == [0]
    assert trainer.settle({}) == []
