"""Servers in this process that are impatient, or have few places."""

from collections.abc import Iterator

import httpx
import pytest

from app.services.services import Services
from tests.app.api.guarded import Guarded, guarded
from tests.app.api.serving import serving
from tests.system.processes import until

HEAD_SECONDS = BODY_SECONDS = READER_SECONDS = 0.4


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of a server that waits for nobody, for tests that leave nothing behind."""
    folder = tmp_path_factory.mktemp("impatient")
    with serving(folder, head_seconds=HEAD_SECONDS, body_seconds=BODY_SECONDS, reader_seconds=READER_SECONDS) as (
        client,
        _,
    ):
        yield client


@pytest.fixture(scope="module")
def few_places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[httpx.Client, Services]]:
    """A client and the use cases of a server with 32 places."""
    with serving(tmp_path_factory.mktemp("small"), connections=32) as both:
        yield both


@pytest.fixture
def small(few_places: tuple[httpx.Client, Services]) -> httpx.Client:
    """A client of a server with 32 places, of which 26 are for all requests; none are taken."""
    client, _ = few_places
    until(lambda: client.get("/v1/sweeps").status_code == 200, "those of the test before have left")
    return client


@pytest.fixture
def services(few_places: tuple[httpx.Client, Services]) -> Services:
    """The use cases of that server."""
    return few_places[1]


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """A server with keys and 32 places, of which 8 are for readers who wait, and 16 for workers."""
    with guarded(tmp_path_factory.mktemp("crowded"), connections=32) as opened:
        yield opened
