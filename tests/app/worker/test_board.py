"""The board: what the threads of a worker hand to each other."""

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from app.domain.work import Decision, Epoch, GivenBack, Keep, Lease, LeasedRun, Rank, Result
from app.trainer.loading import ReadyRun, RunLoader
from app.trainer.trainer import StoppedRun, Turn
from app.worker.board import Board
from tests.app.trainer.runs import Stored, run, table

DATA = table("binary")
LOADER = RunLoader(Stored(DATA))


def leased(number: int, cohort: str = "a", fence: int = 1) -> LeasedRun:
    return replace(run(DATA, number), lease=Lease(number, fence), cohort=cohort)


def ready(*runs: LeasedRun) -> list[ReadyRun]:
    return [LOADER.load(one, parked=False) for one in runs]


def claim(board: Board, *runs: LeasedRun) -> None:
    board.hold(runs, {})
    board.add_ready(ready(*runs))


def stop(*leases: Lease, state: Any = "completed") -> Turn:
    return Turn(stopped=[StoppedRun(Result(lease, state, {}, 1, 1, 0.1, "done")) for lease in leases])


def taken(board: Board) -> list[int]:
    return [one.run.lease.run for one in board.take_orders(wait=False).ready]


def in_thread(call: Callable[[], Any]) -> tuple[threading.Thread, list[Any]]:
    answers: list[Any] = []
    thread = threading.Thread(target=lambda: answers.append(call()))
    thread.start()
    return thread, answers


def test_claimed_runs_are_handed_over_once_and_held_until_their_result() -> None:
    board = Board(slots=4)
    claim(board, leased(0), leased(1), leased(2))

    assert taken(board) == [0, 1, 2]
    assert taken(board) == []
    board.stopped(stop(Lease(0, 1)))
    board.stopped(Turn(given_back=[GivenBack(Lease(1, 1))]))
    assert board.leases() == [Lease(2, 1)]


def test_a_lease_is_held_while_its_run_is_made_ready() -> None:
    board = Board(slots=4)
    board.hold([leased(0)], {})

    assert board.leases() == [Lease(0, 1)]
    assert taken(board) == []


def test_a_run_that_is_ready_when_its_lease_is_gone_is_not_trained() -> None:
    board = Board(slots=4)
    board.hold([leased(0), leased(1)], {})
    board.obey([Decision(Lease(0, 1), "stop", "cancelled")])
    board.let_go(Lease(1, 1))
    board.add_ready(ready(leased(0), leased(1)))

    assert taken(board) == []
    assert board.leases() == []


def test_claiming_waits_until_a_quarter_of_the_slots_is_free() -> None:
    board = Board(slots=4)
    board.hold([leased(number, cohort=f"c{number % 2}") for number in range(4)], {})
    thread, answers = in_thread(board.wait_for_free_slots)
    board.stopped(stop(Lease(3, 1)))
    thread.join(10)

    assert answers == [(1, ["c0", "c1"])]


def test_training_that_has_nothing_waits_for_a_claim() -> None:
    board = Board(slots=4)
    thread, answers = in_thread(lambda: board.take_orders(wait=True))
    claim(board, leased(7))
    thread.join(10)

    assert [one.run.lease.run for one in answers[0].ready] == [7]


def test_a_stop_takes_a_run_out_of_training_or_out_of_what_was_just_claimed() -> None:
    board = Board(slots=4)
    claim(board, leased(0))
    board.take_orders(wait=False)
    claim(board, leased(1))
    board.obey([Decision(Lease(number, 1), "stop", "cancelled") for number in (0, 1)])
    orders = board.take_orders(wait=False)

    assert orders.ready == []
    assert [(one.lease.run, one.decision) for one in orders.decisions] == [(0, "stop"), (1, "stop")]
    assert board.leases() == []


def test_pauses_and_completions_are_passed_on_while_their_leases_are_held() -> None:
    board = Board(slots=4)
    claim(board, leased(0), leased(1))
    due = [Decision(Lease(0, 1), "pause"), Decision(Lease(1, 1), "complete", "time")]
    board.obey([*due, Decision(Lease(1, 9), "pause"), Decision(Lease(9, 9), "stop", "not ours")])

    assert board.take_orders(wait=False).decisions == due
    assert len(board.leases()) == 2


def test_a_decision_to_go_on_changes_nothing() -> None:
    board = Board(slots=4)
    claim(board, leased(0))
    board.obey([Decision(Lease(0, 1), "continue")])

    assert board.take_orders(wait=False).decisions == []


def test_a_stop_for_an_old_lease_leaves_the_new_lease_of_the_same_run() -> None:
    board = Board(slots=4)
    claim(board, leased(0))
    board.take_orders(wait=False)
    claim(board, leased(0, fence=3))
    board.obey([Decision(Lease(0, 1), "stop", "the lease has run out")])
    orders = board.take_orders(wait=False)

    assert [(one.lease, one.decision) for one in orders.decisions] == [(Lease(0, 1), "stop")]
    assert [one.run.lease for one in orders.ready] == [Lease(0, 3)]
    assert board.leases() == [Lease(0, 3)]


# Pauses whose receipts are under way


def test_a_run_that_comes_back_before_its_pause_was_recorded_waits_for_it() -> None:
    board = Board(slots=4)
    claim(board, leased(0))
    board.take_orders(wait=False)
    board.stopped(stop(Lease(0, 1), state="paused"))
    claim(board, leased(0, fence=2), leased(1))
    assert taken(board) == [1]
    thread, answers = in_thread(lambda: board.take_orders(wait=True))
    board.settle(Lease(0, 1), recorded=True)
    thread.join(10)

    assert [one.run.lease for one in answers[0].ready] == [Lease(0, 2)]
    assert answers[0].forgotten == []


def test_a_pause_that_was_not_recorded_is_forgotten_before_its_run_begins_anew() -> None:
    board = Board(slots=4)
    claim(board, leased(0))
    board.take_orders(wait=False)
    board.stopped(stop(Lease(0, 1), state="paused"))
    claim(board, leased(0, fence=2))
    board.settle(Lease(0, 1), recorded=False)
    orders = board.take_orders(wait=False)

    assert orders.forgotten == [Lease(0, 1)]
    assert [one.run.lease for one in orders.ready] == [Lease(0, 2)]


def test_receipts_of_runs_that_ended_hold_nothing_back() -> None:
    board = Board(slots=4)
    board.stopped(stop(Lease(0, 1)))
    board.settle(Lease(0, 1), recorded=False)

    assert board.take_orders(wait=False).forgotten == []


# Checkpoints


def test_training_that_has_nothing_wakes_up_for_a_checkpoint() -> None:
    board = Board(slots=4)
    asking, given = in_thread(board.ask_checkpoint)
    assert board.take_orders(wait=True).checkpoint_asked
    board.answer(None)
    asking.join(10)

    assert given == [None]


def test_without_news_no_checkpoint_is_asked_for() -> None:
    board = Board(slots=4)
    waiting, answers = in_thread(lambda: board.wait_for_news(0.0))
    board.stopped(Turn(epochs=[(Lease(0, 1), Epoch(1, {"train_loss": 0.5, "dev_error": 0.1}, 0.01))]))
    waiting.join(10)

    assert answers == [True]


def test_bounds_for_weights_are_kept_for_each_sweep() -> None:
    board = Board(slots=4)
    bounds = {"swp_1": Keep(1, Rank(0.5, 0)), "swp_2": Keep(1, Rank(0.4, 0))}
    board.hold([leased(0), replace(leased(1), sweep="swp_2")], bounds)
    board.update_keep({"swp_1": Keep(1, Rank(0.3, 0))})

    assert board.keep() == {"swp_1": Keep(1, Rank(0.3, 0)), "swp_2": Keep(1, Rank(0.4, 0))}


def test_bounds_of_sweeps_of_which_nothing_is_held_are_forgotten() -> None:
    board = Board(slots=4)
    board.hold([leased(0), replace(leased(1), sweep="swp_2")], {"swp_1": Keep(1), "swp_2": Keep(1)})
    board.stopped(stop(Lease(1, 1)))
    board.update_keep({"swp_2": Keep(1, Rank(0.5, 1))})

    assert board.keep() == {"swp_1": Keep(1)}


def test_closing_wakes_everyone() -> None:
    board = Board(slots=1)
    board.hold([leased(0)], {})
    waiting = [
        in_thread(board.wait_for_free_slots),
        in_thread(lambda: board.take_orders(wait=True).ready),
        in_thread(lambda: board.wait_until_idle(longest=600.0)),
        in_thread(lambda: board.wait_for_news(600.0)),
        in_thread(board.ask_checkpoint),
    ]
    board.close()
    for thread, _ in waiting:
        thread.join(10)

    assert [answers for _, answers in waiting[:4]] == [[(0, ["a"])], [[]], [None], [False]]
    assert waiting[4][1] == [None]
