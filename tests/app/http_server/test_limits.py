"""How many connections there may be, and how little is said about them."""

import logging
import resource

import pytest

from app.api.held import MOST_CONNECTIONS
from app.http_server.limits import connections_within, raise_descriptor_limit
from app.http_server.tally import PAUSE, Tally


@pytest.mark.parametrize(
    ("descriptors", "connections"),
    [(64, 32), (256, 96), (1024, 480), (1 << 20, MOST_CONNECTIONS), (None, MOST_CONNECTIONS)],
)
def test_each_connection_has_two_descriptors_and_the_rest_some(descriptors: int | None, connections: int) -> None:
    assert connections_within(descriptors) == connections


def test_the_limit_of_descriptors_is_raised_and_never_lowered() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, before[1]))
        raised = raise_descriptor_limit()
        assert raised == resource.getrlimit(resource.RLIMIT_NOFILE)[0] > 256
        assert raise_descriptor_limit() == raised
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_a_tally_is_told_in_one_line_a_second(caplog: pytest.LogCaptureFixture) -> None:
    now = [0.0]
    tally = Tally(lambda: now[0], lambda _: None)
    with caplog.at_level(logging.INFO, "app.http_server"):
        for now[0] in (0.0, 0.1, PAUSE - 0.1, PAUSE, PAUSE + 0.1):
            for _ in range(1000):
                tally.note("hung up", logging.INFO)
            tally.note("made way")
            tally.tell()
        tally.tell_now()
    assert [record.getMessage() for record in caplog.records] == [
        "connections: 1,000 hung up; 1 made way",
        "connections: 3,000 hung up; 3 made way",
        "connections: 1,000 hung up; 1 made way",
    ]
    assert {record.levelno for record in caplog.records} == {logging.WARNING}
