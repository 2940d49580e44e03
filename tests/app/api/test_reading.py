"""Tests of reads: their turns, their clients, and that nobody who works waits for them."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool

from app.api import datasets, ensembles, models, problems, spaces, sweeps, work_files
from app.api.access_rules import CALLER
from app.api.gate import Gate
from app.api.reading import AT_ONCE, LONGEST_READ, as_read
from app.api.turns import Turns
from app.domain.access import ANYONE, AccessKey
from app.domain.errors import Unavailable
from app.services.services import Services
from tests.app.api.serving import Json, Trainer, start
from tests.app.storage.test_reads import endless


def application() -> FastAPI:
    """Return an application with one turn for reads."""
    app = FastAPI()
    app.state.reads, app.state.longest_read = Turns(1, of_each=1), LONGEST_READ
    return app


def request_of(app: FastAPI, *messages: str, caller: AccessKey = ANYONE) -> Request:
    """Return a request of a client that sends these messages and nothing more."""
    waiting = iter(messages)

    async def receive() -> dict[str, Any]:
        message = next(waiting, None)
        if message is None:
            await asyncio.Event().wait()
        return {"type": message}

    return Request({"type": "http", "app": app, "headers": [], CALLER: caller}, receive)


def test_a_read_whose_client_left_stops_and_gives_its_turn_to_the_next(services: Services) -> None:
    app = application()

    async def read_endlessly(_: Request) -> Response:
        await run_in_threadpool(services.storage.read, endless)  # type: ignore[attr-defined] # of SqliteStorage
        raise AssertionError

    async def read(_: Request) -> Response:
        return Response("read")

    async def in_turn() -> bytes:
        leaving = asyncio.create_task(as_read(request_of(app, "http.request", "http.disconnect"), read_endlessly))
        answer = await as_read(request_of(app), read)
        with pytest.raises(Unavailable):
            await leaving
        return bytes(answer.body)

    assert asyncio.run(in_turn()) == b"read"


def test_one_key_that_reads_as_often_as_it_can_holds_up_no_other() -> None:
    app = application()
    app.state.reads = Turns(2, of_each=1)
    began, greedy, calm = asyncio.Event(), replace(ANYONE, id="key_1"), replace(ANYONE, id="key_2")

    async def read_for_ever(_: Request) -> Response:
        began.set()
        await asyncio.Event().wait()
        raise AssertionError

    async def read(_: Request) -> Response:
        return Response("read")

    async def in_turn() -> None:
        many = [asyncio.create_task(as_read(request_of(app, caller=greedy), read_for_ever)) for _ in range(100)]
        await began.wait()
        await asyncio.wait_for(as_read(request_of(app, caller=calm), read), 10.0)
        assert not any(one.done() for one in many)

    asyncio.run(in_turn())


@pytest.fixture
def crowd() -> Iterator[ThreadPoolExecutor]:
    """Threads for more readers than there are turns."""
    with ThreadPoolExecutor(5 * AT_ONCE) as threads:
        yield threads


def test_workers_and_health_are_answered_while_readers_wait(
    client: httpx.Client, services: Services, trainer: Trainer, crowd: ThreadPoolExecutor
) -> None:
    sweep = start(client)["id"]
    leases = trainer.leases(2)
    with services.storage._reads.held_back(0.0):  # type: ignore[attr-defined] # of SqliteStorage, which holds reads back
        lists = [crowd.submit(client.get, f"/v1/sweeps/{sweep}/trials") for _ in range(5 * AT_ONCE)]
        assert [item["decision"] for item in trainer.heartbeat(leases)] == ["continue", "continue"]
        assert [item["decision"] for item in trainer.report(leases[0], 1)] == ["continue"]
        assert client.get("/healthz").is_success
        assert not any(one.done() for one in lists)
    assert all(one.result().is_success for one in lists)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/datasets/iris/content", 200),
        (f"/v1/work/artifacts/{'0' * 64}", 404),
        (f"/v1/work/checkpoints/{'0' * 64}", 404),
    ],
)
def test_workers_fetch_what_they_train_on_while_readers_have_all_turns(
    services: Services, path: str, status: int
) -> None:
    app = FastAPI()
    app.add_middleware(Gate)
    app.state.longest_read = 0.1
    app.state.reads, app.state.services = Turns(0, of_each=0), services
    problems.install(app)
    for routes in (datasets, work_files):
        app.include_router(routes.router)

    async def fetched(path: str) -> int:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://server") as client:
            return (await client.get(path)).status_code

    assert asyncio.run(fetched("/v1/datasets")) == 503
    assert asyncio.run(fetched(path)) == status


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *(("GET", f"ensemble{what}") for what in ("", "/model", "/answers")),
        *(("GET", f"trials/0{what}") for what in ("/model", "/answers")),
        *(("POST", f"{of}/{verb}") for of in ("ensemble", "trials/0") for verb in ("predict", "evaluate")),
    ],
)
def test_whoever_waits_for_models_holds_no_thread_and_is_told_in_time(
    services: Services, method: str, path: str
) -> None:
    app = FastAPI()
    app.add_middleware(Gate)
    app.state.longest_read = 0.1
    app.state.models, app.state.services = Turns(0, of_each=0), services
    problems.install(app)
    for routes in (ensembles, models):
        app.include_router(routes.router)

    async def asked() -> int:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://server") as client:
            body: Json | None = {"rows": [{}]} if method == "POST" else None
            return (await client.request(method, f"/v1/sweeps/swp_1/{path}", json=body)).status_code

    assert asyncio.run(asked()) == 503


@pytest.mark.parametrize("path", ["spaces/preview", "sweeps/swp_1/refine"])
def test_what_only_looks_waits_its_turn_among_the_reads_though_it_is_posted(services: Services, path: str) -> None:
    app = FastAPI()
    app.add_middleware(Gate)
    app.state.longest_read = 0.1
    app.state.reads, app.state.services = Turns(0, of_each=0), services
    problems.install(app)
    for routes in (spaces, sweeps):
        app.include_router(routes.router)

    async def asked() -> int:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://server") as client:
            return (await client.post(f"/v1/{path}", json={})).status_code

    assert asyncio.run(asked()) == 503
