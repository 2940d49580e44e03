"""Tests of what is observed of requests: their ids, the log, and what is measured."""

import asyncio
import io
import logging
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.types import Message, Receive, Scope, Send

from app.api import observing
from app.api.observing import Observing
from app.http_server.limits import MOST_HEAD, MOST_URL
from app.instruments.meters import Meters
from app.logs.console import ConsoleFormatter
from app.services.services import Services
from app.worker.about import about
from app.worker.client import WorkClient
from tests.app.api.serving import Trainer, problem, serving, start, when_ended
from tests.app.http_server.raw import connect, refusal, request


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[httpx.Client, Services]]:
    """A server with a sweep that was cancelled."""
    with serving(tmp_path_factory.mktemp("observed")) as (client, services):
        client.post(f"/v1/sweeps/{start(client)['id']}/cancel")
        yield client, services


@pytest.fixture
def client(served: tuple[httpx.Client, Services]) -> httpx.Client:
    """A client of it."""
    return served[0]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, frozenset[str]], float]:
    """What a server has measured that trained a sweep, and was asked for more once."""
    with serving(tmp_path_factory.mktemp("trained")) as (client, _):
        sweep = start(client)["id"]
        Trainer(client).train_everything()
        when_ended(client, sweep)
        return scraped(client)


def scraped(client: httpx.Client) -> dict[tuple[str, frozenset[str]], float]:
    """Return each sample by its name and the values of its labels."""
    families = text_string_to_metric_families(client.get("/metrics").raise_for_status().text)
    return {(one.name, frozenset(one.labels.values())): one.value for family in families for one in family.samples}


def value(client: httpx.Client, name: str, *labels: str) -> float:
    return scraped(client)[f"logsweep_{name}", frozenset(labels)]


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"\x16\x03\x01", "400"),
        (request("GET", f"/{'a' * MOST_URL}"), "414"),
        (request("GET", "/", f"a: {'b' * MOST_HEAD}"), "431"),
    ],
)
def test_what_is_refused_before_it_is_read_is_counted_too(client: httpx.Client, sent: bytes, status: str) -> None:
    before = scraped(client).get(("logsweep_requests_total", frozenset({"none", "other", status})), 0.0)
    with connect(client, sent) as connection:
        refusal(connection, int(status))
    assert value(client, "requests_total", "none", "other", status) == before + 1


def test_an_answer_has_the_id_that_its_request_was_sent_with(client: httpx.Client) -> None:
    for path in ("/healthz", "/v1/sweeps", "/dashboard/index.html", "/nowhere"):
        assert client.get(path, headers={"X-Request-ID": "my.id_7-x"}).headers["x-request-id"] == "my.id_7-x"


@pytest.mark.parametrize("sent", ["", "a b", "x" * 65, "a\tb", "<script>", "ä"])
def test_an_id_of_another_form_is_replaced(client: httpx.Client, sent: str) -> None:
    given = client.get("/healthz", headers=[(b"X-Request-ID", sent.encode())]).headers["x-request-id"]
    assert given != sent
    assert len(given) == 16
    assert given != client.get("/healthz").headers["x-request-id"]


def test_a_problem_names_the_request(client: httpx.Client) -> None:
    found = problem(client.get("/v1/sweeps/none", headers={"X-Request-ID": "abc"}), 404)
    assert found["request_id"] == "abc"


def test_a_request_on_the_way_of_workers_has_an_id_too(client: httpx.Client) -> None:
    answer = client.post("/v1/work/claim", json={}, headers={"X-Request-ID": "abc"})
    assert problem(answer, 422)["request_id"] == "abc"


def test_a_fault_of_the_service_has_an_id_counts_and_is_logged_once(
    served: tuple[httpx.Client, Services], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, services = served

    def fail(*_: object) -> None:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr(type(services.charts), "progress", fail)
    sweep = client.get("/v1/sweeps").json()["items"][0]["id"]
    found = problem(client.get(f"/v1/sweeps/{sweep}/charts/progress", headers={"X-Request-ID": "abc"}), 500)
    assert found["request_id"] == "abc"
    assert len([record for record in caplog.records if record.exc_info]) == 1
    assert value(client, "requests_total", "/v1/sweeps/{sweep}/charts/progress", "GET", "500") == 1


def test_requests_are_quiet_unless_they_are_asked_for(client: httpx.Client, caplog: pytest.LogCaptureFixture) -> None:
    client.get("/healthz")
    assert not caplog.records
    with caplog.at_level(logging.DEBUG, "app.api.observing"):
        client.get("/v1/sweeps", params={"name": "secret"})
    (told,) = [record.getMessage() for record in caplog.records if record.name == "app.api.observing"]
    assert told.startswith("GET /v1/sweeps was answered with 200 in ")
    assert "secret" not in told


def test_a_wait_that_was_asked_for_is_not_slow(client: httpx.Client, caplog: pytest.LogCaptureFixture) -> None:
    Trainer(client, "patient").claim()
    before = value(client, "request_seconds_sum", "/v1/work/claim", "POST")
    assert Trainer(client, "patient").claim(wait=1.3) == []
    assert value(client, "request_seconds_sum", "/v1/work/claim", "POST") - before < 1.0
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


def test_a_client_that_sends_slowly_and_hangs_up_is_not_slow(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(observing, "SLOW", 0.05)  # so that a client need not send for longer than a second
    sent: list[Message] = [{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}]

    async def receive() -> Message:
        await asyncio.sleep(0.1)  # what the client takes
        return sent.pop(0)

    async def application(_: Scope, receive: Receive, send: Send) -> None:
        while (await receive())["type"] != "http.disconnect":
            continue
        await send({"type": "http.response.start", "status": 400, "headers": []})

    async def send(_: Message) -> None:
        pass

    scope = {"type": "http", "method": "POST", "path": "/v1/sweeps", "headers": [], "query_string": b""}
    asyncio.run(Observing(application, Meters, lambda: "id")(scope, receive, send))
    assert not sent
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


def test_requests_are_counted_by_the_templates_of_their_routes(client: httpx.Client) -> None:
    sweep = client.get("/v1/sweeps").json()["items"][0]["id"]
    before = scraped(client)
    client.get(f"/v1/sweeps/{sweep}")
    client.get("/v1/sweeps/none")
    client.request("PROPFIND", "/coffee")
    after = scraped(client)
    routes = {"route": "/v1/sweeps/{sweep}", "none": "none"}
    for labels in (("GET", "200", routes["route"]), ("GET", "404", routes["route"]), ("other", "404", routes["none"])):
        key = "logsweep_requests_total", frozenset(labels)
        assert after[key] - before.get(key, 0.0) == 1.0
    assert not [labels for _, labels in after if sweep in labels]


def test_what_happened_to_runs_is_counted(trained: dict[tuple[str, frozenset[str]], float]) -> None:
    def of(name: str, *labels: str) -> float:
        return trained[f"logsweep_{name}", frozenset(labels)]

    assert (of("claims_total", "granted"), of("claims_total", "empty")) == (1, 1)
    assert (of("runs_leased_total"), of("results_total", "recorded"), of("epochs_stored_total")) == (4, 4, 12)
    assert (of("trials", "completed"), of("sweeps", "completed")) == (4, 1)
    assert of("plan_seconds_count", "server") >= 1
    assert of("commit_jobs_sum") >= of("commit_seconds_count") > 0


def test_what_waits_and_what_the_files_take_is_read_when_it_is_asked_for(client: httpx.Client) -> None:
    assert (value(client, "queued_runs"), value(client, "oldest_queued_seconds")) == (0, 0)
    sweep = start(client)["id"]
    assert value(client, "queued_runs") == 4
    assert value(client, "oldest_queued_seconds") > 0
    (lease,) = Trainer(client, "leaver").leases(1)
    assert (value(client, "queued_runs"), value(client, "leased_runs")) == (3, 1)
    Trainer(client, "leaver").release([lease])
    client.post(f"/v1/sweeps/{sweep}/pause")
    assert value(client, "queued_runs") == 0
    client.post(f"/v1/sweeps/{sweep}/cancel")
    assert value(client, "disk_free_bytes") > 0
    assert value(client, "database_bytes") > 0
    assert value(client, "log_bytes") >= 0
    assert scraped(client)["process_resident_memory_bytes", frozenset()] > 0


def test_open_feeds_are_counted_and_how_late_they_are(client: httpx.Client) -> None:
    with client.stream("GET", "/v1/events") as feed:
        lines = feed.iter_lines()
        next(lines)
        assert value(client, "feeds") == 1
        sweep = start(client)["id"]
        while "event: sweep" not in next(lines):
            continue
        assert value(client, "event_lag_seconds_count") >= 1
        client.post(f"/v1/sweeps/{sweep}/cancel")


def test_a_storage_that_cannot_be_read_is_told_beside_what_is_in_memory(tmp_path: Path) -> None:
    with serving(tmp_path) as (client, services):
        services.storage.close()
        found = scraped(client)
    assert found["logsweep_storage_readable", frozenset()] == 0
    assert found["logsweep_workers", frozenset()] == 0
    assert ("logsweep_queued_runs", frozenset()) not in found


def test_what_a_worker_asks_has_the_same_id_in_its_log_and_in_that_of_the_server(client: httpx.Client) -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(ConsoleFormatter())
    logger = logging.getLogger("app")
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    try:
        with closing(WorkClient(str(client.base_url), "w1", lambda _: True)) as worker:
            worker.claim(1, [], 0.0, about(1))
    finally:
        logger.removeHandler(handler)
        logger.setLevel(logging.NOTSET)
    told = re.findall(r"DEBUG ([\w.]+): POST /v1/work/claim was answered .*request=(\w+)", stream.getvalue())
    assert sorted(name for name, _ in told) == ["app.api.observing", "app.worker.client"]
    assert len({request for _, request in told}) == 1
