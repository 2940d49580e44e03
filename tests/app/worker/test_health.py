"""Tests of what a worker tells of its health."""

import json
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator

import httpx
import pytest

from app.domain.errors import Unavailable
from app.worker.client import StoppedError, WorkClient
from app.worker.health import MOST_SILENT_SECONDS, Health, health_told
from app.worker.loop import Worker
from tests.app.worker.fake_server import FakeServer


def asked(port: int, path: str = "/healthz") -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


@pytest.fixture
def free_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.mark.parametrize(("silent", "status"), [(MOST_SILENT_SECONDS, 200), (MOST_SILENT_SECONDS + 0.1, 503)])
def test_a_worker_is_well_while_its_server_answers(silent: float, status: int) -> None:
    with health_told(0, lambda: Health("Waiting for work: nothing so far.", silent)) as port:
        found, body = asked(port)

    assert found == status
    assert json.loads(body) == {"doing": "Waiting for work: nothing so far.", "silent_seconds": silent}


def test_there_is_no_other_page() -> None:
    with health_told(0, lambda: Health("", 0.0)) as port:
        assert asked(port, "/")[0] == 404


def test_the_port_is_free_again_at_the_end() -> None:
    with health_told(0, lambda: Health("", 0.0)) as port:
        pass
    with health_told(port, lambda: Health("", 0.0)) as again:
        assert again == port


def test_a_port_that_is_taken_is_a_sentence(free_port: int) -> None:
    with (
        pytest.raises(Unavailable, match=rf"{free_port} cannot be used for health checks.*--health-port"),
        health_told(free_port, lambda: Health("", 0.0)),
    ):
        pass


def test_a_worker_begins_well() -> None:
    worker = Worker("http://server", "w", 1, None, FakeServer().transport)

    assert worker.health() == Health("Starting: nothing so far.", 0.0)


def test_a_server_is_silent_from_its_last_answer_on_and_a_fault_is_none() -> None:
    now, server = [0.0], FakeServer()

    def stopping(_: float) -> bool:
        return True

    client = WorkClient("http://server", "w", stopping, server.transport, clock=lambda: now[0])
    now[0] = 10.0
    assert client.silent_seconds() == 10.0
    client.release([])
    assert client.silent_seconds() == 0.0
    now[0] = 25.0
    server.faults.append(lambda _: httpx.Response(503))
    with pytest.raises(StoppedError):
        client.release([])
    assert client.silent_seconds() == 15.0
