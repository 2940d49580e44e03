"""Servers in this process that are impatient, or have few places."""

from collections.abc import Iterator

import httpx
import pytest

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
def few_places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of a server with 32 places."""
    with serving(tmp_path_factory.mktemp("small"), connections=32) as (client, _):
        yield client


@pytest.fixture
def small(few_places: httpx.Client) -> httpx.Client:
    """A client of a server with 32 places, of which 26 are for all requests, and 16 for feeds; none are taken."""
    until(lambda: few_places.get("/v1/sweeps").status_code == 200, "those of the test before have left")
    return few_places
