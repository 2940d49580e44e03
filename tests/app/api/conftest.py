"""Clients of a real server on a temporary data folder."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from app.services.services import Services
from tests.app.api.serving import Trainer, serving, start


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of one server for all tests that leave nothing behind."""
    with serving(tmp_path_factory.mktemp("shared")) as (client, _):
        yield client


@pytest.fixture(scope="session")
def trials_route(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[httpx.Client, str]]:
    """A client and the route of a sweep's trials, for tests that leave nothing behind."""
    with serving(tmp_path_factory.mktemp("trials")) as (client, _):
        yield client, f"/v1/sweeps/{start(client)['id']}/trials"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[httpx.Client, Services]]:
    """A client and the use cases of a server for this test alone."""
    with serving(tmp_path) as both:
        yield both


@pytest.fixture
def client(served: tuple[httpx.Client, Services]) -> httpx.Client:
    """A client of a server for this test alone."""
    return served[0]


@pytest.fixture
def services(served: tuple[httpx.Client, Services]) -> Services:
    """The use cases of that server."""
    return served[1]


@pytest.fixture
def trainer(client: httpx.Client) -> Trainer:
    """A trainer at that server."""
    return Trainer(client)
