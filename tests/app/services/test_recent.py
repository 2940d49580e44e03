"""Tests of what stays in memory: it is made once, one at a time, and what is there waits for nobody."""

from functools import partial
from threading import Event, Thread

from app.services.recent import Recent
from tests.system.processes import PATIENCE


def test_what_was_asked_for_last_stays_and_the_rest_is_made_again() -> None:
    recent, made = Recent[str](2), list[str]()

    def make(key: str) -> str:
        made.append(key)
        return key.upper()

    assert [recent.get(key, partial(make, key)) for key in "abacab"] == list("ABACAB")
    assert made == ["a", "b", "c", "b"]


def test_what_is_there_waits_for_nothing_that_is_made_and_is_made_once() -> None:
    recent, made = Recent[str](2), list[str]()
    begun, go_on = Event(), Event()

    def make() -> str:
        begun.set()
        assert go_on.wait(PATIENCE)
        made.append("slow")
        return "slow"

    assert recent.get("there", lambda: "there") == "there"
    asking = [Thread(target=recent.get, args=("slow", make)) for _ in range(2)]
    for thread in asking:
        thread.start()
    assert begun.wait(PATIENCE)
    assert recent.get("there", make) == "there"
    go_on.set()
    for thread in asking:
        thread.join()
    assert made == ["slow"]
