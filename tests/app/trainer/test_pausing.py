"""Tests of runs that pause: they go on from memory or from a checkpoint to the bits of never having paused."""

from dataclasses import replace
from typing import Any

import pytest

from app.domain.work import Decision, Epoch, GivenBack, Lease
from app.trainer.loading import RunLoader
from app.trainer.trainer import Trainer
from tests.app.trainer.runs import Stored, add, run
from tests.app.trainer.training import DATA, again, file_of, finish, loader, trainer_with


def test_a_run_pauses_where_it_is_asked_to_and_goes_on_from_memory_to_the_bits_of_never_having_paused() -> None:
    whole = replace(run(DATA["binary"], 0, epochs=5, hidden_units=[6], keep_prob=0.8), early_stopping=None)
    curves, (never,) = finish(trainer_with([whole]))
    trainer, curve = Trainer(lambda: 0.0), list[Epoch]()
    one = replace(whole, to_epoch=2)
    for to_epoch in (2, 4, 5):
        add(trainer, [one], loader())
        points, (stopped,) = finish(trainer)
        curve += points[one.lease]
        assert stopped.result.state == ("paused" if to_epoch < 5 else "completed")
        assert stopped.result.epochs == to_epoch
        one = again(one, to_epoch={2: 4, 4: 5, 5: 5}[to_epoch])
    assert curve == curves[whole.lease]
    assert (stopped.weights, stopped.result.metrics) == (never.weights, never.result.metrics)


def test_a_pause_hands_in_the_metrics_and_weights_of_its_best_epoch_as_an_end_there_does() -> None:
    whole = run(DATA["binary"], 0, epochs=9)
    _, (paused,) = finish(trainer_with([replace(whole, to_epoch=3)]))
    _, (ended,) = finish(trainer_with([run(DATA["binary"], 0, epochs=3)]))
    assert (paused.weights, paused.result.metrics) == (ended.weights, ended.result.metrics)
    assert (paused.result.state, paused.result.best_epoch) == ("paused", ended.result.best_epoch)


def test_a_run_that_paused_elsewhere_goes_on_from_its_checkpoint_to_the_same_bits() -> None:
    whole = run(DATA["multiclass"], 0, epochs=5)
    curves, (never,) = finish(trainer_with([whole]))
    first = trainer_with([replace(whole, to_epoch=3)])
    finish(first)
    snapshot = first.next_checkpoint(0.0)
    assert snapshot is not None
    assert snapshot[0] == whole.lease
    ref, content = file_of(snapshot)
    assert (ref.epoch, ref.size) == (3, len(content))
    source = Stored(*DATA.values())
    source.checkpoints[ref.sha256] = content
    back, elsewhere = again(whole, 5, ref), Trainer(lambda: 0.0)
    add(elsewhere, [back], RunLoader(source))
    points, (stopped,) = finish(elsewhere)
    assert points[back.lease] == curves[whole.lease][3:]
    assert (stopped.weights, stopped.result.metrics) == (never.weights, never.result.metrics)


@pytest.mark.parametrize("fate", ["missing", "broken", "of another network", "of another epoch"])
def test_a_run_whose_checkpoint_is_of_no_use_starts_anew_to_the_same_bits(fate: str) -> None:
    whole = run(DATA["binary"], 0, epochs=4)
    curves, (never,) = finish(trainer_with([whole]))
    other = run(DATA["binary"], 0, epochs=4, hidden_units=[3] if fate == "of another network" else [64])
    first = trainer_with([replace(other, to_epoch=1 if fate == "of another epoch" else 2)])
    finish(first)
    snapshot = first.next_checkpoint(0.0)
    assert snapshot is not None
    ref, content = file_of(snapshot)
    source = Stored(*DATA.values())
    if fate != "missing":
        source.checkpoints[ref.sha256] = content[: 100 if fate == "broken" else None]
    back, elsewhere = again(whole, 4, replace(ref, epoch=2)), Trainer(lambda: 0.0)
    add(elsewhere, [back], RunLoader(source))
    points, (stopped,) = finish(elsewhere)
    assert points[back.lease] == curves[whole.lease]
    assert stopped.weights == never.weights


def test_a_parked_run_that_the_server_did_not_record_is_forgotten() -> None:
    one = run(DATA["binary"], 0, epochs=4)
    trainer = trainer_with([replace(one, to_epoch=2)])
    finish(trainer)
    trainer.forget([Lease(0, 9)])
    assert trainer.is_parked(one)
    trainer.forget([one.lease])
    assert not trainer.is_parked(one)
    add(trainer, [again(one, 4)], loader())
    curves, _ = finish(trainer)
    assert [point.epoch for point in curves[Lease(0, 2)]] == [1, 2, 3, 4]


def test_a_pause_and_an_early_completion_are_obeyed_between_epochs() -> None:
    runs = [run(DATA["binary"], trial, epochs=9) for trial in range(3)]
    trainer = trainer_with(runs)
    for _ in range(2):
        trainer.train({})
    turn = trainer.obey(
        [Decision(runs[0].lease, "pause"), Decision(runs[1].lease, "complete", "the time is up"),
         Decision(runs[2].lease, "continue")], {},
    )  # fmt: skip
    paused, completed = turn.stopped
    assert (paused.result.state, paused.result.epochs) == ("paused", 2)
    assert (completed.result.state, completed.result.reason) == ("completed", "the time is up")
    assert completed.weights is not None
    assert [trainer.is_parked(one) for one in runs] == [True, False, False]
    assert len(trainer) == 1


@pytest.mark.parametrize("decision", ["pause", "complete"])
def test_a_run_that_has_not_trained_yet_goes_back_when_it_is_to_stop(decision: str) -> None:
    one = run(DATA["binary"], 0, epochs=9)
    trainer = trainer_with([one])
    turn = trainer.obey([Decision(one.lease, decision)], {})  # type: ignore[arg-type]  # one of the two, as a str
    assert (turn.stopped, turn.given_back) == ([], [GivenBack(one.lease)])
    assert len(trainer) == 0


def test_parked_runs_give_way_to_those_in_training_the_one_parked_longest_ago_first() -> None:
    wide: dict[str, Any] = {"hidden_units": [300, 300], "epochs": 4}
    runs = [run(DATA["binary"], trial, **wide) for trial in range(4)]
    trainer = trainer_with([replace(one, to_epoch=1) for one in runs[:2]], memory=4 << 20)
    finish(trainer)
    assert [trainer.is_parked(one) for one in runs[:2]] == [True, True]
    add(trainer, [replace(one, to_epoch=1) for one in runs[2:3]], loader())
    trainer.train({})
    assert [trainer.is_parked(one) for one in runs[:3]] == [False, True, True]
    rescued = trainer.next_checkpoint(0.0)
    assert rescued is not None
    assert (rescued[0], rescued[1].epoch) == (runs[0].lease, 1)


def test_many_runs_go_on_from_memory_though_memory_is_short() -> None:
    wide: dict[str, Any] = {"hidden_units": [300, 300], "epochs": 3}
    runs = [run(DATA["binary"], trial, **wide) for trial in range(3)]
    trainer = trainer_with([replace(one, to_epoch=1) for one in runs], memory=6 << 20)
    finish(trainer)
    parked = [trainer.is_parked(one) for one in runs]
    add(trainer, [again(one, 3) for one in runs], loader())
    curves, _ = finish(trainer)
    assert parked == [True, True, True]
    assert all([point.epoch for point in curve] == [2, 3] for curve in curves.values())


def test_a_run_that_is_parked_beyond_what_it_is_asked_for_starts_anew() -> None:
    one = replace(run(DATA["binary"], 0, epochs=5), early_stopping=None)
    trainer = trainer_with([replace(one, to_epoch=3)])
    finish(trainer)
    add(trainer, [again(one, 2)], loader())
    curves, _ = finish(trainer)
    assert [point.epoch for point in curves[Lease(0, 2)]] == [1, 2]


def test_what_was_parked_last_is_handed_in_first_and_once() -> None:
    runs = [run(DATA["binary"], trial, epochs=5) for trial in range(2)]
    trainer = trainer_with([replace(one, to_epoch=2 - one.trial) for one in runs])
    finish(trainer)
    leases = [snapshot[0] for snapshot in iter(lambda: trainer.next_checkpoint(0.0), None)]
    assert leases == [runs[0].lease, runs[1].lease]


def test_a_resumed_run_is_not_handed_in_as_it_was_parked() -> None:
    one = run(DATA["binary"], 0, epochs=5)
    trainer = trainer_with([replace(one, to_epoch=2)])
    finish(trainer)
    add(trainer, [again(one, 5)], loader())
    trainer.train({})
    assert trainer.next_checkpoint(0.0) is None  # by its clock, nothing took any time


def test_of_runs_in_training_the_one_with_most_to_lose_is_handed_in_if_it_is_worth_it() -> None:
    times = iter(range(1000))
    trainer, loading = Trainer(lambda: float(next(times))), loader()
    early, late = run(DATA["binary"], 0, epochs=9), run(DATA["binary"], 1, epochs=9)
    add(trainer, [early], loading)
    trainer.train({})
    add(trainer, [late], loading)
    trainer.train({})
    assert trainer.next_checkpoint(60.0) is None
    first, second = trainer.next_checkpoint(0.1), trainer.next_checkpoint(0.1)
    assert first is not None
    assert second is not None
    assert (first[0], first[1].epoch) == (early.lease, 2)
    assert (second[0], second[1].epoch) == (late.lease, 1)
    assert trainer.next_checkpoint(0.1) is None
