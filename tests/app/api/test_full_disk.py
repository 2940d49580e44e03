"""A disk that is full, or a lock that another program keeps, while a server runs: told, and over by itself."""

import hashlib
import random
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Connection

from app.services.services import Services
from app.storage import connect
from tests.app.api.serving import Trainer, problem, serving, start, sweep_body
from tests.system.processes import until

ROOM = 1_500_000
LARGE = random.Random(0).randbytes(6 << 20)  # noqa: S311 - bytes that are nothing else
LEASE = 1.0


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[httpx.Client, Services]]:
    """A server whose leases are short and whose writer is impatient, for tests that leave it well."""
    folder = tmp_path_factory.mktemp("full")
    with pytest.MonkeyPatch.context() as patch:
        impatient = [one.replace("10000", "300") for one in connect._WRITER_PRAGMAS]
        patch.setattr(connect, "_WRITER_PRAGMAS", impatient)
        patch.setattr(connect, "_BUSY_MILLISECONDS", 300)
        with serving(folder / "data", lease_seconds=LEASE) as opened:
            yield opened


def taken(connection: Connection) -> int:
    """Return the bytes of pages in use: files say more, as a log keeps its size and a database its free pages."""
    pages, free, size = (
        int(connection.exec_driver_sql(f"PRAGMA {name}").scalar_one())
        for name in ("page_count", "freelist_count", "page_size")
    )
    return (pages - free) * size


@contextmanager
def full(services: Services, client: httpx.Client) -> Iterator[None]:
    """Leave little room in the database for a while."""
    storage: Any = services.storage  # limits are not part of the interface
    storage.limit_size(storage.read(taken) + ROOM)
    try:
        yield
    finally:
        storage.limit_size(None)
    until(lambda: client.get("/readyz").is_success, "the server is ready again")


def send(client: httpx.Client, weights: bytes) -> httpx.Response:
    return client.put(f"/v1/work/artifacts/{hashlib.sha256(weights).hexdigest()}", content=weights)


def left(services: Services) -> list[tuple[str, int]]:
    """Return the states and sizes of large artifacts, those that leave included."""
    storage: Any = services.storage
    rows = storage.read(lambda connection: connection.exec_driver_sql("SELECT state, size FROM artifacts").all())
    return [(state, size) for state, size in rows if size >= 1 << 20]


def test_a_full_disk_is_told_leaves_no_half_and_is_over_once_there_is_room(both: tuple[httpx.Client, Services]) -> None:
    client, services = both
    with full(services, client):
        answer = send(client, LARGE)
        assert "Make room" in problem(answer, 507)["detail"]
        assert int(answer.headers["retry-after"]) > 0
        assert "no room" in problem(client.get("/readyz"), 503)["detail"]
        assert client.get("/healthz").json()["status"] == "ok"
        until(lambda: left(services) == [], "nothing is left of what did not come whole")
        assert problem(send(client, LARGE), 507)
    assert send(client, LARGE).status_code == 201
    until(lambda: left(services) == [("here", len(LARGE))], "it is here once")


def test_a_sweep_goes_on_on_a_full_disk_as_far_as_it_can_and_ends_once_there_is_room(
    both: tuple[httpx.Client, Services],
) -> None:
    client, services = both
    sweep = start(client)["id"]
    trainer = Trainer(client)
    with full(services, client):
        problem(send(client, LARGE[::-1]), 507)
        trainer.train_everything()
    assert client.get(f"/v1/sweeps/{sweep}", params={"wait": 20}).json()["state"] == "completed"


@contextmanager
def locked(services: Services) -> Iterator[None]:
    """Hold the lock of the database for writing, as another program may."""
    storage: Any = services.storage
    with closing(connect.driver().connect(storage._file, isolation_level=None, timeout=5)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def test_a_write_waits_for_another_programs_lock_and_is_told_to_come_again(
    both: tuple[httpx.Client, Services],
) -> None:
    client, services = both
    with locked(services):
        assert client.get("/v1/datasets").is_success  # what writes nothing is answered
        refused = client.post("/v1/sweeps", json=sweep_body())
        assert "holds the lock" in problem(refused, 503)["detail"]
        assert int(refused.headers["retry-after"]) > 0
        assert "holds the lock" in problem(client.get("/readyz"), 503)["detail"]
        assert client.get("/healthz").json()["status"] == "ok"
    until(lambda: client.get("/readyz").is_success, "the server is ready again")
    assert client.post("/v1/sweeps", json=sweep_body()).status_code == 201
    Trainer(client).train_everything()


def test_leases_outlive_a_lock_that_is_kept_longer_than_they_last(both: tuple[httpx.Client, Services]) -> None:
    client, services = both
    start(client)
    trainer = Trainer(client, "patient")
    leases = trainer.leases(2)
    with locked(services):
        silent = 0
        while silent < 3:  # each asks for about as long as a third of a lease
            silent += problem(client.get("/readyz"), 503)["status"] == 503
            answer = client.post("/v1/work/heartbeat", json={"worker": "patient", "leases": leases})
            assert problem(answer, 503)
    until(lambda: client.get("/readyz").is_success, "the server is ready again")
    assert [one["decision"] for one in trainer.heartbeat(leases)] == ["continue", "continue"]
    trainer.release(leases)
    Trainer(client).train_everything()


def test_a_database_is_as_large_as_the_setting_says(tmp_path: Path) -> None:
    with serving(tmp_path, database_bytes=2 << 20) as (client, _):
        assert problem(send(client, LARGE), 507)
        until(lambda: send(client, LARGE[: 1 << 18]).status_code == 201, "there is room for a small one")
