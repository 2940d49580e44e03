"""Tests of the log: one line for each message, with its ids, in both forms."""

import io
import json
import logging
import re
import threading
from collections.abc import Iterator

import pytest

from app.domain.errors import Unavailable
from app.logs.context import bound
from app.logs.setup import set_up_log

TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} ")
FORGED = "no sweep\n2026-01-01 00:00:00,000 ERROR app: forged\r\x1b[2J\u2028{}"


@pytest.fixture(autouse=True)
def _own_log() -> Iterator[None]:
    """Take back what the test sets up."""
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    yield
    root.handlers[:] = before
    root.setLevel(level)


def log(environment: dict[str, str]) -> io.StringIO:
    stream = io.StringIO()
    set_up_log(environment, stream)
    return stream


def fail() -> None:
    try:
        raise ValueError(FORGED)
    except ValueError:
        logging.getLogger("app.test").exception("It failed for %s.", FORGED)


def test_a_line_on_the_console_is_the_sentence_with_its_ids_behind_it() -> None:
    stream = log({})
    with bound(request="r1"), bound(sweep="swp_1", trial=3):
        logging.getLogger("app.test").warning("A lease was %s.", "lost")
    assert TIME.sub("", stream.getvalue()) == ("WARNING app.test: A lease was lost. [request=r1 sweep=swp_1 trial=3]\n")


def test_a_line_of_json_has_the_sentence_and_the_ids_as_fields() -> None:
    stream = log({"LOGSWEEP_LOG_FORMAT": "json"})
    with bound(request="r1", attempt=2):
        logging.getLogger("app.test").warning("A lease was %s.", "lost")
    told = json.loads(stream.getvalue())
    assert list(told)[:4] == ["time", "level", "logger", "message"]
    assert (told["level"], told["logger"], told["message"]) == ("warning", "app.test", "A lease was lost.")
    assert (told["request"], told["attempt"]) == ("r1", 2)


def test_nothing_that_is_logged_can_begin_a_line_of_its_own_on_the_console() -> None:
    stream = log({})
    with bound(worker=FORGED):
        fail()
    lines = stream.getvalue().splitlines()
    assert len([line for line in lines if TIME.match(line)]) == 1
    assert all(line.startswith("  | ") for line in lines[1:])
    assert "\x1b" not in stream.getvalue()


def test_nothing_that_is_logged_can_begin_a_line_of_its_own_in_json() -> None:
    stream = log({"LOGSWEEP_LOG_FORMAT": "JSON"})
    with bound(worker=FORGED):
        fail()
    (line,) = stream.getvalue().splitlines()
    told = json.loads(line)
    assert told["message"] == f"It failed for {FORGED}."
    assert told["worker"] == FORGED
    assert "ValueError" in told["exception"]


def test_ids_end_with_what_they_were_bound_for_and_no_other_thread_has_them() -> None:
    stream = log({})
    logger = logging.getLogger("app.test")
    with bound(sweep="swp_1"):
        thread = threading.Thread(target=logger.warning, args=("elsewhere",))
        thread.start()
        thread.join()
    logger.warning("afterwards")
    assert "swp_1" not in stream.getvalue()


@pytest.mark.parametrize(("name", "way"), [("LOGSWEEP_LOG_LEVEL", "DEBUG"), ("LOGSWEEP_LOG_FORMAT", "console")])
def test_a_setting_that_is_none_is_refused_with_those_there_are(name: str, way: str) -> None:
    with pytest.raises(Unavailable, match=rf'{name} is "loud", but must be one of .*{way}'):
        log({name: "loud"})
