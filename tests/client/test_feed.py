"""Events are read from any pieces of bytes, and taken up again where they broke off."""

import json
from itertools import pairwise

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from logsweep.calls import Reply
from logsweep.errors import DeadlineExceeded, NotFound, Unreachable, Unreadable
from logsweep.feed import LONGEST_LINE, SILENCE, Event, Feed, Watch

SENT = (
    b"retry: 2000\nid: b:1\n\n"
    b'id: b:2\n: a comment\nevent: sweep\ndata: {"sweep":"S","state":"\xc3\xa4"}\n\n'
    b"id: b:3\r\nevent: resync\r\ndata: {}\r\n\r\n"
    b": a comment\n\n"
    b"id: b:4\n\n"
)
READ = [None, Event("sweep", {"sweep": "S", "state": "ä"}, "b:2"), Event("resync", {}, "b:3"), None]


class Clock:
    """A clock that is set."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def _feed(clock: Clock | None = None, after: str | None = None) -> Feed:
    return Feed("S", after, 60.0, clock or Clock(), lambda: 1.0)


@given(st.lists(st.integers(0, len(SENT))))
def test_events_are_the_same_in_whatever_pieces_they_come(cuts: list[int]) -> None:
    feed = _feed()
    places = [0, *sorted(cuts), len(SENT)]
    pieces = [SENT[start:end] for start, end in pairwise(places)]
    assert [event for piece in pieces for event in feed.receive(piece)] == READ


def test_a_new_connection_goes_on_after_what_was_read_whole() -> None:
    feed = _feed(after="a:9")
    assert feed.headers()["Last-Event-ID"] == "a:9"
    list(feed.receive(SENT + b"id: b:5\nevent: sweep\ndata: {"))
    feed.open()
    assert feed.headers()["Last-Event-ID"] == "b:4"
    assert list(feed.receive(b'id: b:5\nevent: sweep\ndata: {"n":1}\n\n')) == [Event("sweep", {"n": 1}, "b:5")]
    assert "Last-Event-ID" not in _feed().headers()


def test_a_lost_server_is_asked_again_after_growing_pauses_until_the_patience_ends() -> None:
    clock = Clock()
    feed = _feed(clock)
    list(feed.receive(SENT))
    assert [feed.lost(None) for _ in range(4)] == [2.0, 4.0, 8.0, 10.0]
    clock.now = 61.0
    with pytest.raises(Unreachable, match="for 60 s nothing was heard"):
        feed.lost(httpx.ConnectError("refused"))


def test_patience_begins_with_the_loss_and_anew_with_each_sign_of_life() -> None:
    clock = Clock()
    feed = _feed(clock)
    list(feed.receive(SENT))
    for _ in range(2):
        clock.now += 70.0  # longer than the patience: it was open, and silent
        assert feed.lost(None) == 2.0
        clock.now += 60.0
        feed.lost(httpx.ConnectError("refused"))
        list(feed.receive(SENT))
    feed.lost(None)
    clock.now += 61.0
    with pytest.raises(Unreachable, match="for 60 s nothing was heard"):
        feed.lost(httpx.ConnectError("refused"))


def test_a_server_that_was_never_heard_is_asked_no_longer_than_the_patience() -> None:
    clock = Clock()
    feed = _feed(clock)
    clock.now = 61.0
    with pytest.raises(Unreachable):
        feed.lost(httpx.ConnectTimeout("nobody"))


def test_a_refusal_ends_a_feed_unless_it_may_pass() -> None:
    problem = json.dumps({"detail": "There is no sweep.", "errors": []}).encode()
    _feed().refused(Reply(503, problem, {}, "GET"))
    with pytest.raises(NotFound, match="There is no sweep"):
        _feed().refused(Reply(404, problem, {}, "GET"))


def test_a_sweep_is_looked_at_for_its_state_at_once_and_for_its_counts_now_and_then() -> None:
    clock = Clock()
    watch = Watch(10.0, clock)
    trials, sweep = Event("trials", {}, ""), Event("sweep", {}, "")
    assert watch.wants_look(None)
    assert not watch.wants_look(trials)
    assert watch.wants_look(sweep)
    assert watch.wants_look(Event("resync", {}, ""))
    clock.now = 0.6
    assert watch.wants_look(trials)
    assert watch.left() == pytest.approx(9.4)
    assert (watch.deadline(None), watch.deadline(60.0), watch.deadline(2.0)) == pytest.approx((9.4, 9.4, 2.0))
    with pytest.raises(Unreachable), watch.telling():
        raise Unreachable("nobody")
    clock.now = 10.0
    with pytest.raises(DeadlineExceeded):
        watch.wants_look(None)
    with pytest.raises(DeadlineExceeded, match="has not ended within 10 s"), watch.telling():
        raise Unreachable("nobody")
    assert Watch(None, clock).deadline(None) is None
    assert Watch(None, clock).deadline(2.0) == 2.0


def test_a_connection_waits_no_longer_than_it_is_followed() -> None:
    assert _feed().timeout(float("inf")).as_dict() == {"connect": 60.0, "read": SILENCE, "write": 60.0, "pool": 60.0}
    assert set(_feed().timeout(7.0).as_dict().values()) == {7.0}


@pytest.mark.parametrize("piece", [b"\xff\xff", b"data: <html>\n\n", b"data: [1]\n\n", b"x" * (LONGEST_LINE + 1)])
def test_what_is_no_feed_of_ours_is_told(piece: bytes) -> None:
    with pytest.raises(Unreadable, match=r"GET /v1/sweeps/S/events was answered with what is none of logsweep's"):
        list(_feed().receive(piece))


@pytest.mark.parametrize("said", [b"", b"soon", b"-1", b"9" * 5_000])
def test_a_pause_that_is_no_number_is_passed_over(said: bytes) -> None:
    feed = _feed()
    list(feed.receive(b"retry: " + said + b"\n\n"))
    assert feed.lost(None) == 1.0
