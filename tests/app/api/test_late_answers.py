"""The clock that generated requests are held against: what is slow each time is late, and what was held up is not."""

from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Event, Thread

import pytest

from tests.app.api.late_answers import LONGEST_WAIT, TRIES, Asked, stretched, times_late

LONGEST = 0.2


class Answering(BaseHTTPRequestHandler):
    """Answers `/slow` late each time, `/gone` with 404, and all else at once."""

    def do_POST(self) -> None:
        """Answer."""
        self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/slow" or "Idempotency-Key" in self.headers:
            Event().wait(2 * LONGEST)  # nothing ends it: this is what being slow is
        self.send_response(404 if self.path == "/gone" else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Answering) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def asked(address: str, seconds: float = 5 * LONGEST, headers: Mapping[str, str] | None = None) -> Asked:
    """Return a request that was answered with 200, late unless said otherwise."""
    return Asked("POST", address, headers or {}, b"{}", 200, seconds)


def idle() -> float:
    """Return what a machine measures that has nothing else to do."""
    return 1.0


def test_an_answer_that_is_slow_each_time_is_late(address: str) -> None:
    assert times_late(asked(f"{address}/slow"), LONGEST, idle) == TRIES


def test_an_answer_that_was_slow_once_is_not_late(address: str) -> None:
    assert 0 < times_late(asked(f"{address}/quick"), LONGEST, idle) < TRIES


def test_an_answer_that_took_no_longer_than_everything_takes_now_is_not_late(address: str) -> None:
    assert times_late(asked(f"{address}/slow"), LONGEST, lambda: 6.0) == 0


def test_an_answer_that_takes_ever_so_long_is_late_however_busy_the_machine_is(address: str) -> None:
    assert times_late(asked(f"{address}/slow"), LONGEST / 10, lambda: 1000.0) == TRIES


@pytest.mark.parametrize(("stretch", "times"), [(4.0, 0), (2.0, 1)])
def test_what_the_server_was_asked_to_wait_takes_no_longer_on_a_busy_machine(
    address: str, stretch: float, times: int
) -> None:
    waited = asked(f"{address}/quick?wait=5", seconds=LONGEST_WAIT + 3 * LONGEST)
    assert times_late(waited, LONGEST, lambda: stretch) == times


def test_a_repeat_that_is_answered_otherwise_speaks_for_nobody(address: str) -> None:
    assert times_late(asked(f"{address}/gone"), LONGEST, idle) == TRIES


def test_a_repeat_is_a_request_of_its_own_and_not_the_stored_answer_to_the_first(address: str) -> None:
    assert times_late(asked(f"{address}/quick", headers={"Idempotency-Key": "one"}), LONGEST, idle) < TRIES


def test_an_answer_in_time_is_not_asked_for_again(address: str) -> None:
    assert times_late(asked(f"{address}/slow", seconds=LONGEST), LONGEST, idle) == 0


def test_everything_takes_at_least_as_long_as_on_an_idle_machine() -> None:
    assert stretched() >= 1.0


def test_who_asks_the_server_to_wait_waits_as_much_longer() -> None:
    assert asked("http://server/v1/sweeps/swp_1?wait=5").longest(2.0) == 2.0 + LONGEST_WAIT
    assert Asked("POST", "http://server/v1/work/claim", {}, b'{"wait": 5}', 200, 1.0).longest(2.0) == 2.0 + LONGEST_WAIT
    assert asked("http://server/v1/sweeps").longest(2.0) == 2.0
