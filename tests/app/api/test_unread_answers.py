"""Whoever takes nothing of an answer keeps no turn that others wait for."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from app.composition import make_app, open_services
from app.settings import Settings
from tests.app.api.serving import sweep_body
from tests.app.api.unread import unread
from tests.app.storage.new_database import put_new_database


def preview(client: httpx.AsyncClient) -> httpx.Request:
    files = {"file": ("t.csv", b"a,b\n" + b"1,2\n3,4\n" * 30)}
    return client.build_request("POST", "/v1/datasets/preview", files=files, data={"target": "b"})


def sweep(client: httpx.AsyncClient) -> httpx.Request:
    return client.build_request("POST", "/v1/sweeps", json=sweep_body(), headers={"Idempotency-Key": "k"})


@pytest.mark.parametrize("asked", [preview, sweep])
def test_a_request_has_its_turn_while_the_client_before_it_takes_nothing_of_its_answer(
    tmp_path: Path, asked: Callable[[httpx.AsyncClient], httpx.Request]
) -> None:
    settings = Settings(data=put_new_database(tmp_path), readings=1)
    with open_services(settings) as services:
        app = make_app(services, settings)

        async def scene() -> httpx.Response:
            transport = httpx.ASGITransport(app)
            async with (
                app.router.lifespan_context(app),
                httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client,
                unread(app, asked(client)),
            ):
                return await asyncio.wait_for(client.send(asked(client)), 30.0)

        assert asyncio.run(scene()).is_success
