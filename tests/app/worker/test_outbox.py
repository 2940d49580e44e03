"""The outbox: what waits to be sent, in which order it goes, and what it weighs."""

import logging
import threading
from typing import Any

import pytest

from app.domain.work import MOST_SMALL_BYTES, CheckpointRef, Epoch, GivenBack, Lease, ModelRef, Result
from app.trainer.trainer import StoppedRun, Turn
from app.worker.outbox import MOST_TRIES, Outbox
from app.worker.requests import Parcel

A, B = Lease(0, 1), Lease(1, 1)
MODEL = ModelRef("1" * 64, 8)
REF = CheckpointRef(2, "2" * 64, 10)


def epoch(number: int) -> Epoch:
    return Epoch(number, {"train_loss": 0.5, "dev_error": 0.1}, 0.01)


def result(lease: Lease, state: Any = "completed") -> Result:
    return Result(lease, state, {"dev_error": 0.1}, 1, 2, 0.1, "done")


def stopped(lease: Lease, weights: bytes | None = None, state: Any = "completed") -> Turn:
    return Turn(stopped=[StoppedRun(result(lease, state), weights)])


def outbox(*turns: Turn) -> Outbox:
    box = Outbox()
    for turn in turns:
        box.add(turn)
    return box


def test_small_models_go_together_and_a_large_one_alone_in_its_turn() -> None:
    large = bytes(MOST_SMALL_BYTES + 1)
    box = outbox(stopped(B, b"weights."), stopped(A, large), stopped(Lease(7, 1), b"others.."))
    assert box.next_models() == {B: b"weights.", Lease(7, 1): b"others.."}
    box.models_arrived({B: MODEL, Lease(7, 1): MODEL})
    box.add(stopped(Lease(8, 1), b"small..."))
    assert box.next_models() == {A: large}


def test_the_last_epochs_of_a_run_travel_in_its_result() -> None:
    box = outbox(
        Turn([(A, epoch(1)), (B, epoch(1))]), Turn([(A, epoch(2))], [StoppedRun(result(A))], [GivenBack(Lease(9, 1))])
    )
    parcels, given_back = box.take()

    assert parcels == [Parcel(B, [epoch(1)]), Parcel(A, (epoch(1), epoch(2)), result=result(A))]
    assert given_back == [GivenBack(Lease(9, 1))]
    assert box.take() == ([], [])


def test_a_result_waits_for_its_model_and_its_epochs_do_not() -> None:
    box = outbox(Turn([(A, epoch(1))]), stopped(A, b"weights."))

    assert box.take() == ([Parcel(A, [epoch(1)])], [])
    assert box.wait_for_models()
    assert box.next_models() == {A: b"weights."}
    box.models_arrived({A: MODEL})
    ((parcel,), _) = box.take()
    assert parcel.result is not None
    assert parcel.result.model == MODEL
    assert box.next_models() == {}


def test_what_could_not_be_sent_goes_before_what_came_since() -> None:
    box = outbox(Turn([(A, epoch(1)), (B, epoch(1))], [StoppedRun(result(B))], [GivenBack(Lease(8, 1))]))
    box.add_checkpoint(A, REF)
    parcels, given_back = box.take()
    cut_off = [Parcel(B, parcels[1].epochs), Parcel(B, (), result=result(B))]
    box.add(Turn([(A, epoch(2))], [], [GivenBack(Lease(9, 1))]))
    box.put_back([parcels[0], *cut_off], given_back)

    assert box.take() == (
        [Parcel(A, [epoch(1), epoch(2)], REF), Parcel(B, (epoch(1),), result=result(B))],
        [GivenBack(Lease(8, 1)), GivenBack(Lease(9, 1))],
    )


def test_the_lease_of_a_result_is_kept_until_its_receipt() -> None:
    box = outbox(stopped(A))
    box.take()

    assert box.leases() == [A]
    box.settle(A)
    assert box.leases() == []


def test_a_result_without_its_model_goes_again_with_its_epochs_a_few_times() -> None:
    box = outbox(Turn([(A, epoch(1))], [StoppedRun(result(A), b"weights.")]))
    for _ in range(MOST_TRIES):
        assert box.wait_for_models()
        assert box.next_models() == {A: b"weights."}
        box.models_arrived({A: MODEL})
        ((parcel,), _) = box.take()
        assert list(parcel.epochs) == [epoch(1)]
        again = box.send_again(A)

    assert not again


def test_a_result_that_never_had_a_model_does_not_go_again() -> None:
    box = outbox(stopped(A))
    box.take()

    assert not box.send_again(A)
    assert not box.send_again(B)


def test_a_checkpoint_is_told_with_the_epochs_it_rests_on_or_alone() -> None:
    box = outbox(Turn([(A, epoch(1))]))
    box.add_checkpoint(A, REF)
    box.add_checkpoint(B, REF)

    assert box.take()[0] == [Parcel(A, [epoch(1)], REF), Parcel(B, (), REF)]


def test_a_checkpoint_of_a_pause_is_told_after_its_result_and_one_of_an_end_never() -> None:
    box = outbox(stopped(A, state="paused"), stopped(B))
    for lease in (A, B):
        box.add_checkpoint(lease, REF)
    assert [parcel.checkpoint for parcel in box.take()[0]] == [None, None]
    box.settle(A)
    box.settle(B)

    assert box.take()[0] == [Parcel(A, (), REF)]


def test_nothing_more_is_told_of_a_lease_that_goes_back() -> None:
    box = outbox(Turn([(A, epoch(1))]), stopped(A, b"weights."))
    box.add_checkpoint(A, REF)
    box.give_back(GivenBack(A, "refused", "why"))

    assert box.take() == ([], [GivenBack(A, "refused", "why")])
    assert box.leases() == []
    assert box.next_models() == {}


def test_what_waits_is_weighed_and_told_as_it_grows(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    box = outbox(stopped(A, bytes(10 << 20)))
    assert box.backlog_bytes == 10 << 20
    assert caplog.messages == []
    box.add(stopped(B, bytes(10 << 20)))
    box.add(Turn([(Lease(2, 1), epoch(1))]))

    assert caplog.messages == ["21 MB wait for the server, which is away or slow. Training goes on."]


def test_closing_wakes_everyone() -> None:
    box = Outbox()
    threads = [
        threading.Thread(target=box.wait, args=(600.0,)),
        threading.Thread(target=box.wait_for_models),
    ]
    for thread in threads:
        thread.start()
    box.close()
    for thread in threads:
        thread.join(10)

    assert not any(thread.is_alive() for thread in threads)
