"""Tests of problems for errors that no route foresees."""

import asyncio
import errno
import json
import logging

import httpx
import pytest
from fastapi import FastAPI
from starlette.requests import ClientDisconnect

from app.api import problems
from app.domain.errors import DiskFull, Fault, InvalidRequest, TooLarge, Unavailable


def broken(error: Exception) -> FastAPI:
    """Return an application whose one route fails with `error`."""
    app = FastAPI()
    problems.install(app)

    @app.get("/")
    def fail() -> None:
        raise error

    return app


def answer_of(app: FastAPI) -> httpx.Response:
    async def get() -> httpx.Response:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.get("/")

    return asyncio.run(get())


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Unavailable("Try later."), 503),
        (DiskFull("Make room."), 507),
        (TooLarge("Too much."), 413),
        (InvalidRequest([Fault("/a", "A.")]), 422),
    ],
)
def test_every_error_of_the_tree_has_its_status(error: Exception, status: int) -> None:
    answer = answer_of(broken(error))
    assert answer.status_code == answer.json()["status"] == status
    assert answer.json()["detail"] == str(error)


@pytest.mark.parametrize("error", [Unavailable("Try later."), DiskFull("Make room.")])
def test_what_may_pass_says_when_to_try_again(error: Exception) -> None:
    assert int(answer_of(broken(error)).headers["retry-after"]) > 0
    assert "retry-after" not in answer_of(broken(TooLarge("Too much."))).headers


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_disk_without_room_for_a_body_is_no_bug(number: int, caplog: pytest.LogCaptureFixture) -> None:
    answer = answer_of(broken(OSError(number, "no room")))
    assert answer.status_code == 507
    assert "Make room" in answer.json()["detail"]
    assert not caplog.records


def test_all_else_that_the_system_refuses_is_one(caplog: pytest.LogCaptureFixture) -> None:
    assert answer_of(broken(OSError(errno.EBADF, "a fault"))).status_code == 500
    assert "GET / failed" in caplog.text


def test_a_client_that_hangs_up_in_a_body_is_no_fault_of_the_service(caplog: pytest.LogCaptureFixture) -> None:
    answer = answer_of(broken(ClientDisconnect()))
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


def test_a_bug_is_logged_and_answered_without_its_details(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, logger="app.api.problems"):
        answer = answer_of(broken(ZeroDivisionError("secret")))
    assert (answer.status_code, answer.headers["content-type"]) == (500, "application/problem+json")
    assert "secret" not in json.dumps(answer.json())
    assert "GET / failed" in caplog.text
    assert "secret" in caplog.text
