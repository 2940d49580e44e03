"""The audit log: who changed what."""

import asyncio
import json
import logging
from collections.abc import Iterator

import httpx
import pytest
from starlette.responses import Response
from starlette.types import Message, Receive, Send
from starlette.types import Scope as Scope_

from app.api.audit import LOGGER, Audit
from app.domain.access import Scope
from app.logs.console import ConsoleFormatter
from app.logs.context import REQUEST_FIELDS
from app.logs.json_lines import json_formatter
from app.services.services import Services
from tests.app.api.guarded import Guarded, bearer, guarded
from tests.app.api.serving import Trainer, start, sweep_body


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """A server with keys."""
    with guarded(tmp_path_factory.mktemp("audited")) as opened:
        yield opened


def test_a_change_is_noted_with_the_key_and_so_is_one_that_was_refused(
    server: Guarded, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, LOGGER):
        for scope in (Scope.SUBMIT, Scope.READ):
            server.client.post("/v1/sweeps", json=sweep_body(), headers=bearer(server.good[scope]))
        server.client.get("/v1/sweeps", headers=bearer(server.good[Scope.READ]))
    made, refused = [record.getMessage() for record in caplog.records if record.name == LOGGER]
    assert made.startswith('the key "submit" (key_')
    assert made.endswith("): POST /v1/sweeps was answered with 201.")
    assert refused.startswith('the key "read" (key_')
    assert refused.endswith("was answered with 403.")
    assert all(token not in caplog.text for token in server.good.values())


def test_all_that_a_key_did_can_be_filtered_by_fields(server: Guarded, caplog: pytest.LogCaptureFixture) -> None:
    key = server.client.get("/v1/keys/current", headers=bearer(server.good[Scope.READ])).json()["id"]
    with caplog.at_level(logging.INFO, LOGGER):
        server.client.delete("/v1/sweeps/swp_1", headers=bearer(server.good[Scope.READ]))
        server.client.get("/healthz")  # on the same connection: the one before is done with
    (record,) = [record for record in caplog.records if record.name == LOGGER]
    fields = json.loads(json_formatter().format(record))
    assert {name: fields[name] for name in REQUEST_FIELDS} == {
        "key": key, "method": "DELETE", "path": "/v1/sweeps/swp_1", "status": 403,
    }  # fmt: skip  # a row
    assert "status=" not in ConsoleFormatter().format(record)


def test_on_a_server_without_keys_it_was_anyone_and_what_workers_send_is_left_out(
    client: httpx.Client, trainer: Trainer, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, LOGGER):
        sweep = start(client)["id"]
        trainer.leases(1)
        client.post("/v1/spaces/preview", json=sweep_body())
        client.delete(f"/v1/sweeps/{sweep}")
        client.delete("/v1/datasets/preview")
        client.get("/healthz")  # on the same connection: the one before is done with
    assert [record.getMessage() for record in caplog.records if record.name == LOGGER] == [
        "anyone: POST /v1/sweeps was answered with 201.",
        f"anyone: DELETE /v1/sweeps/{sweep} was answered with 409.",
        "anyone: DELETE /v1/datasets/preview was answered with 404.",
    ]


@pytest.mark.parametrize("said", ["%20was%20answered%20with%20204.%20x", "%0a2026-01-01%20INFO", "%1b[2J"])
def test_no_address_can_say_what_became_of_it(server: Guarded, caplog: pytest.LogCaptureFixture, said: str) -> None:
    with caplog.at_level(logging.INFO, LOGGER):
        server.client.delete(f"/v1/sweeps/swp_1{said}", headers=bearer(server.good[Scope.SUBMIT]))
        server.client.get("/healthz")  # on the same connection: the one before is done with
    (told,) = [record.getMessage() for record in caplog.records if record.name == LOGGER]
    assert told.endswith(f"): DELETE /v1/sweeps/swp_1{said} was answered with 404.")


def test_a_login_is_noted_with_its_key_and_so_is_its_end(server: Guarded, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, LOGGER), httpx.Client(base_url=server.client.base_url) as browser:
        browser.post("/v1/session", json={"key": server.good[Scope.READ]})
        browser.delete("/v1/session")
        browser.get("/healthz")
    told = [record.getMessage() for record in caplog.records if record.name == LOGGER]
    assert [line.partition("(")[0] for line in told] == ['the key "read" '] * 2
    assert [line.partition("): ")[2] for line in told] == [
        "POST /v1/session was answered with 204.",
        "DELETE /v1/session was answered with 204.",
    ]


def test_whoever_has_no_key_cannot_fill_the_log_and_all_are_counted(caplog: pytest.LogCaptureFixture) -> None:
    async def refuse(scope: Scope_, receive: Receive, send: Send) -> None:
        await Response(status_code=401)(scope, receive, send)

    def told() -> list[str]:
        return [record.getMessage() for record in caplog.records if record.name == LOGGER]

    async def scene() -> None:
        audit = Audit(refuse, pause=0.5)
        for _ in range(1000):
            scope = {"type": "http", "method": "POST", "path": "/v1/session", "headers": []}
            await audit(scope, _nothing, _dropped)
        while sum(map(_counted, told())) < 1000:
            await asyncio.sleep(0)  # lets the pause pass

    with caplog.at_level(logging.INFO, LOGGER):
        asyncio.run(asyncio.wait_for(scene(), 30))
    assert told()[0] == "without a key: POST /v1/session was answered with 401."
    assert not any(hasattr(record, "key") for record in caplog.records)
    assert sum(map(_counted, told())) == 1000
    assert len(told()) < 30


def _counted(line: str) -> int:
    """Return of how many requests a line tells."""
    return int(line.partition("the last of ")[2].partition(" ")[0].replace(",", "") or 1)


async def _nothing() -> Message:
    return {"type": "http.disconnect"}


async def _dropped(_: Message) -> None:
    pass


def test_what_failed_in_the_middle_is_noted_too(
    served: tuple[httpx.Client, Services], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, services = served
    monkeypatch.setattr(type(services.planner), "plan_now", _fail)
    with caplog.at_level(logging.INFO, LOGGER):
        assert client.post("/v1/sweeps", json=sweep_body()).status_code == 500
    (told,) = [record.getMessage() for record in caplog.records if record.name == LOGGER]
    assert told == "anyone: POST /v1/sweeps failed, and may have been done."


def _fail(*_: object) -> None:
    raise RuntimeError("after the commit")
