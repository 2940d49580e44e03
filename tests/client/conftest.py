"""Clients of a real server on a temporary data folder, without workers: a trainer makes the numbers up."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from logsweep import Client
from tests.app.api.serving import Trainer, serving


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[str, Trainer]]:
    """The address of a server for this test alone, and a trainer at it."""
    with serving(tmp_path / "data") as (http, _):
        yield str(http.base_url), Trainer(http)


@pytest.fixture
def client(server: tuple[str, Trainer]) -> Iterator[Client]:
    """A client of that server."""
    with Client(server[0]) as client:
        yield client


@pytest.fixture
def trainer(server: tuple[str, Trainer]) -> Trainer:
    """A trainer at that server."""
    return server[1]


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A client of one server for all tests that leave nothing behind."""
    with serving(tmp_path_factory.mktemp("client")) as (http, _), Client(str(http.base_url)) as client:
        yield client
