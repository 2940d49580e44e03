"""The board: what the threads of a worker hand to each other."""

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from app.domain.work import Decision, Epoch, Lease, Progress, Result, Segment
from app.worker.board import Board


def segment(trial: int, cohort: str = "a") -> Segment:
    lease = Lease("swp_1", trial, 1)
    return Segment(lease, "digits", "0" * 64, 1, {}, "dev_error", None, 0, 5, cohort)


def epoch(number: int) -> Epoch:
    return Epoch(number, 0.5, 0.5, 0.1, None, 0.01)


def result(trial: int) -> Result:
    return Result(Lease("swp_1", trial, 1), "completed", {"dev_error": 0.1}, 1, 1, 0.1, "all 1 epochs done")


def in_thread(call: Callable[[], Any]) -> tuple[threading.Thread, list[Any]]:
    answers: list[Any] = []
    thread = threading.Thread(target=lambda: answers.append(call()))
    thread.start()
    return thread, answers


def test_claimed_segments_are_handed_over_once_and_held_until_their_result() -> None:
    board = Board(slots=4)
    board.add_claimed([segment(0), segment(1)], {})

    assert [item.lease.trial for item in board.take_claimed(wait=False)] == [0, 1]
    assert board.take_claimed(wait=False) == []
    board.post([], [result(0)])
    assert [lease.trial for lease in board.leases()] == [1]


def test_claiming_waits_until_a_quarter_of_the_slots_is_free() -> None:
    board = Board(slots=4)
    board.add_claimed([segment(number, cohort=f"c{number % 2}") for number in range(4)], {})
    thread, answers = in_thread(board.wait_for_free_slots)
    board.post([], [result(3)])
    thread.join(10)

    assert answers == [(1, ["c0", "c1"])]


def test_training_that_has_nothing_waits_for_a_claim() -> None:
    board = Board(slots=4)
    thread, answers = in_thread(lambda: board.take_claimed(wait=True))
    board.add_claimed([segment(7)], {})
    thread.join(10)

    assert [item.lease.trial for item in answers[0]] == [7]


def test_the_last_epochs_of_a_trial_travel_in_its_result() -> None:
    board = Board(slots=4)
    board.add_claimed([segment(0), segment(1)], {})
    board.post([(Lease("swp_1", 0, 1), epoch(1)), (Lease("swp_1", 1, 1), epoch(1))], [])
    board.post([(Lease("swp_1", 0, 1), epoch(2))], [result(0)])
    progress, results = board.take_outgoing()

    assert progress == [Progress(Lease("swp_1", 1, 1), [epoch(1)])]
    assert [point.epoch for point in results[0].curve] == [1, 2]
    assert board.take_outgoing() == ([], [])


def test_what_is_posted_wakes_the_one_that_sends() -> None:
    board = Board(slots=4)
    board.add_claimed([segment(0)], {})
    thread, _ = in_thread(lambda: board.wait_for_outgoing(longest=600.0))
    board.post([(Lease("swp_1", 0, 1), epoch(1))], [])
    thread.join(10)

    assert not thread.is_alive()
    assert board.take_outgoing()[0] == [Progress(Lease("swp_1", 0, 1), [epoch(1)])]


def test_a_stop_takes_a_trial_out_of_training_or_out_of_what_was_just_claimed() -> None:
    board = Board(slots=4)
    board.add_claimed([segment(0)], {})
    board.take_claimed(wait=False)
    board.add_claimed([segment(1)], {})
    board.obey([Decision(Lease("swp_1", trial, 1), "stop", "cancelled") for trial in (0, 1)])

    assert board.take_claimed(wait=False) == []
    assert [lease.trial for lease in board.take_stops()] == [0, 1]
    assert board.leases() == []


def test_a_decision_to_go_on_changes_nothing() -> None:
    board = Board(slots=4)
    board.add_claimed([segment(0)], {})
    board.obey([Decision(Lease("swp_1", 0, 1), "continue"), Decision(Lease("swp_9", 9, 1), "stop", "not ours")])

    assert board.take_stops() == []
    assert len(board.leases()) == 1


def test_a_stop_for_an_old_lease_leaves_the_new_lease_of_the_same_trial() -> None:
    board = Board(slots=4)
    old = segment(0)
    new = replace(old, lease=Lease("swp_1", 0, 3))
    board.add_claimed([old], {})
    board.take_claimed(wait=False)
    board.add_claimed([new], {})
    board.obey([Decision(old.lease, "stop", "the lease has run out")])

    assert board.take_stops() == [old.lease]
    assert board.take_claimed(wait=False) == [new]
    assert board.leases() == [new.lease]


def test_bounds_for_weights_are_kept_for_each_sweep() -> None:
    board = Board(slots=4)
    board.add_claimed([], {"swp_1": 0.5, "swp_2": 0.4})
    board.update_keep_below({"swp_1": 0.3})

    assert board.keep_below() == {"swp_1": 0.3, "swp_2": 0.4}


def test_closing_wakes_everyone() -> None:
    board = Board(slots=1)
    board.add_claimed([segment(0)], {})
    board.take_claimed(wait=False)
    waiting = [
        in_thread(board.wait_for_free_slots),
        in_thread(lambda: board.take_claimed(wait=True)),
        in_thread(lambda: board.wait_for_outgoing(longest=600.0)),
    ]
    board.close()
    for thread, _ in waiting:
        thread.join(10)

    assert [answers for _, answers in waiting] == [[(0, ["a"])], [[]], [None]]
