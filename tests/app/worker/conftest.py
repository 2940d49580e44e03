"""A server in memory, and workers of it that end with the test."""

from collections.abc import Iterator

import pytest

from app.domain.work import LeasedRun
from app.worker import client
from tests.app.worker.fake_server import FakeServer
from tests.app.worker.running import DATA, Running, Start


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> FakeServer:
    monkeypatch.setattr(client, "FIRST_PAUSE", 0.001)
    monkeypatch.setattr(client, "LONGEST_PAUSE", 0.01)
    return FakeServer(DATA)


@pytest.fixture
def start(server: FakeServer) -> Iterator[Start]:
    running: list[Running] = []

    def started(*runs: LeasedRun, slots: int = 8) -> Running:
        server.put(*runs)
        running.append(Running(server, slots))
        return running[-1]

    yield started
    for worker in running:
        worker.stop()
