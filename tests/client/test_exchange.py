"""When a call is sent again, and how long until then: without a server, and with a clock of its own."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest

from logsweep.answers.sweeps import SweepAnswer
from logsweep.calls import Call, Flow, Reply, answer, get, nothing
from logsweep.errors import DeadlineExceeded, LogsweepError, NotFound, Unavailable, Unreachable, Unreadable
from logsweep.exchange import LONGEST_PAUSE, Outcome, Pause, Send, performed

REQUEST = httpx.Request("GET", "http://here:1/v1/sweeps")


def _same(reply: Reply) -> Reply:
    return reply


READS = Call("GET", "/v1/sweeps", _same, repeatable=True)
ONCE = Call("POST", "/v1/sweeps", _same)
DELETES = Call("DELETE", "/v1/sweeps/S", _same, repeatable=True)
GONE = httpx.ConnectError("refused", request=REQUEST)
BROKEN = httpx.ReadError("reset", request=REQUEST)
SLOW = httpx.ReadTimeout("slow", request=REQUEST)


def _reply(status: int, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, b"", httpx.Headers(named), "GET http://here:1/v1/sweeps")


class Played:
    """An exchange that is played with these outcomes; each try takes a second."""

    def __init__(
        self, call: Call[Any] | Flow[Any], *outcomes: Outcome, deadline: float | None = 60.0, chance: float = 1.0
    ) -> None:
        self.pauses: list[float] = []
        self.left: list[float] = []
        self.reply: Reply | None = None
        self.error: LogsweepError | None = None
        self._now = 0.0
        steps = performed(call, deadline, lambda: self._now, lambda: chance)
        waiting = iter(outcomes)
        try:
            step = next(steps)
            while True:
                if isinstance(step, Send):
                    self.left.append(step.seconds)
                    self._now += 1.0
                    step = steps.send(next(waiting))
                else:
                    assert isinstance(step, Pause)
                    self.pauses.append(step.seconds)
                    self._now += step.seconds
                    step = next(steps)
        except StopIteration as end:
            self.reply = end.value
        except LogsweepError as error:
            self.error = error
        assert not list(waiting), "it asked less often than expected"


@pytest.mark.parametrize("outcome", [GONE, BROKEN, SLOW, _reply(502), _reply(503), _reply(429), _reply(408)])
def test_what_only_reads_is_tried_again(outcome: Outcome) -> None:
    played = Played(READS, outcome, outcome, _reply(200))
    assert played.reply == _reply(200)
    assert played.pauses == [0.2, 0.4]


@pytest.mark.parametrize("outcome", [BROKEN, SLOW, _reply(502), _reply(503)])
def test_what_may_have_been_done_is_not_done_again(outcome: Outcome) -> None:
    assert Played(ONCE, outcome).error is not None


@pytest.mark.parametrize("outcome", [GONE, _reply(429)])
def test_what_was_not_done_for_sure_is_tried_again(outcome: Outcome) -> None:
    assert Played(ONCE, outcome, _reply(201)).reply == _reply(201)


def test_a_refusal_for_good_is_told_at_once() -> None:
    assert isinstance(Played(READS, _reply(404)).error, NotFound)


def test_what_an_earlier_try_deleted_is_deleted() -> None:
    assert Played(DELETES, BROKEN, _reply(404)).reply == _reply(404)
    assert isinstance(Played(DELETES, _reply(404)).error, NotFound)


def test_the_server_says_how_long_to_wait_in_seconds_or_by_a_date() -> None:
    at = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    played = Played(READS, _reply(503, Retry_After="7"), _reply(503, Retry_After=at), _reply(200))
    assert played.pauses[0] == 7.0
    assert 20.0 < played.pauses[1] <= 30.0
    for unreadable in ("soon", "Wed, 21 Oct 99999 07:28:00 +9999", f"Wed, {'9' * 20} Oct 2026 07:28:00 GMT"):
        assert Played(READS, _reply(503, Retry_After=unreadable), _reply(200)).pauses == [0.2]


def test_pauses_double_up_to_a_bound_and_are_drawn_by_chance() -> None:
    played = Played(READS, *[GONE] * 10, _reply(200), deadline=1000.0)
    assert played.pauses[:3] == [0.2, 0.4, 0.8]
    assert max(played.pauses) == LONGEST_PAUSE
    assert Played(READS, GONE, _reply(200), chance=0.0).pauses == [0.1]


def test_no_try_and_no_pause_goes_beyond_the_deadline() -> None:
    played = Played(READS, *[_reply(503)] * 3, deadline=4.0)
    assert isinstance(played.error, Unavailable)
    assert played.left == pytest.approx([4.0, 2.8, 1.4])


def test_a_deadline_bounds_all_of_it_and_without_one_large_work_has_its_own_time() -> None:
    large = Call("GET", "/", nothing, takes=600.0)
    assert Played(large, _reply(200), deadline=4.0).left == [4.0]
    assert Played(large, _reply(200), deadline=None).left == [660.0]
    assert Played(READS, _reply(200), deadline=None).left == [60.0]


def _three_calls() -> Flow[None]:
    for _ in range(3):
        yield READS


def test_a_deadline_bounds_all_calls_of_an_operation_together() -> None:
    assert Played(_three_calls(), *[_reply(200)] * 3, deadline=None).left == [60.0] * 3
    assert Played(_three_calls(), *[_reply(200)] * 3, deadline=4.0).left == [4.0, 3.0, 2.0]
    played = Played(_three_calls(), *[_reply(200)] * 2, deadline=2.0)
    assert isinstance(played.error, DeadlineExceeded)
    assert str(played.error).startswith("GET /v1/sweeps had no answer within 2 s.")


def test_no_answer_is_told_from_an_answer_that_is_late() -> None:
    assert isinstance(gone := Played(READS, GONE, GONE, deadline=2.5).error, Unreachable)
    assert str(gone) == "http://here:1 does not answer after 2 tries: refused. Is the server running there?"
    assert isinstance(Played(READS, BROKEN, deadline=1.0).error, DeadlineExceeded)
    assert isinstance(Played(READS, GONE, deadline=1.0).error, Unreachable)
    assert isinstance(late := Played(READS, SLOW, deadline=1.0).error, DeadlineExceeded)
    assert str(late) == "GET http://here:1/v1/sweeps had no answer within 1 s. Give it a longer deadline."


def test_an_answer_of_something_else_is_shown() -> None:
    error = Played(READS, Reply(418, b"<html>" * 100, {}, "GET http://here:1/")).error
    assert str(error).startswith("GET http://here:1/ was answered with 418: '<html><html>")
    assert len(str(error)) < 300


@pytest.mark.parametrize("content", [b"", b"<html>Log in to the hotel</html>", b"[]", b'{"id": 7}', b"\xff"])
def test_a_page_of_something_else_is_told_as_no_answer_of_ours(content: bytes) -> None:
    reply = Reply(200, content, httpx.Headers(), "GET http://here:1/v1/sweeps/S")
    played = Played(get("/v1/sweeps/S", answer(SweepAnswer)), reply)
    assert isinstance(played.error, Unreadable)
    assert str(played.error).startswith("GET http://here:1/v1/sweeps/S was answered with what is none of logsweep's")
