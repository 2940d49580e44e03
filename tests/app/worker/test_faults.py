"""Tests of a worker whose server is away, refuses what it sends, or does not have what it needs."""

import threading
from collections.abc import Callable
from dataclasses import replace

import httpx
import pytest

from app.worker.client import ServerRefusedError
from tests.app.trainer.runs import run
from tests.app.worker.fake_server import FakeServer, refusal
from tests.app.worker.running import DATA, Start, ended, runs


def away_for(failures: int, path: str) -> Callable[[httpx.Request], httpx.Response | None]:
    left = iter(range(failures))

    def fault(request: httpx.Request) -> httpx.Response | None:
        if path in request.url.path and (number := next(left, None)) is not None:
            if number % 2:
                return httpx.Response(503)
            raise httpx.ConnectError("nobody listens")
        return None

    return fault


@pytest.mark.parametrize("path", ["/report", "/finish", "/artifacts", "/claim", "/heartbeat", "/datasets"])
def test_nothing_is_lost_while_the_server_is_away(server: FakeServer, start: Start, path: str) -> None:
    server.faults.append(away_for(5, path))
    due = [replace(one, early_stopping=None) for one in runs(3, epochs=30)]
    start(*due)
    server.until(ended(server, *due))
    assert [len(server.curves[trial]) for trial in range(3)] == [30, 30, 30]


def test_training_goes_on_while_the_server_is_away_and_the_backlog_comes_in_order_and_in_bounds(
    server: FakeServer, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.worker.requests.cut.__defaults__", (4096, 100))
    monkeypatch.setattr("app.worker.sender.MOST_REQUEST_BYTES", 20_000)
    sizes, here, tried = list[int](), threading.Event(), threading.Event()

    def fault(request: httpx.Request) -> httpx.Response | None:
        if "/report" in request.url.path or "/finish" in request.url.path:
            tried.set()
            if not here.is_set():
                raise httpx.ConnectError("nobody listens")
            sizes.append(len(request.read()))
        return None

    server.faults.append(fault)
    due = [replace(one, early_stopping=None) for one in runs(4, epochs=200, hidden_units=[2])]
    start(*due)
    server.until(lambda: len(server.artifacts) == 4)  # all have ended, and nothing was told of them yet
    assert tried.wait(60)
    assert server.curves == {}
    here.set()
    server.until(ended(server, *due))
    assert [len(server.curves[trial]) for trial in range(4)] == [200] * 4
    assert len(sizes) > 4
    assert max(sizes) <= 20_000


def test_a_refusal_of_a_whole_request_costs_the_item_to_blame_alone(server: FakeServer, start: Start) -> None:
    def fault(request: httpx.Request) -> httpx.Response | None:
        path = request.url.path
        blamed = b'{"run":2,' in request.read() and ("/report" in path or "/finish" in path)
        return refusal("run 2 is not to my taste") if blamed else None

    server.faults.append(fault)
    due = runs(5, epochs=3)
    start(*due)
    server.until(lambda: bool(server.given_back))
    server.until(ended(server, *(one for one in due if one.trial != 2)))
    (item,) = server.given_back
    assert (item.lease, item.ending) == (due[2].lease, "refused")
    assert "not to my taste" in (item.reason or "")
    assert 2 not in server.curves


def test_a_model_that_got_lost_is_sent_again_with_its_result(server: FakeServer, start: Start) -> None:
    lost = threading.Event()

    def fault(request: httpx.Request) -> httpx.Response | None:
        if "/finish" in request.url.path and not lost.is_set():
            server.artifacts.clear()
            lost.set()
        return None

    server.faults.append(fault)
    one = run(DATA, 0, epochs=2)
    start(one)
    server.until(ended(server, one))
    assert len(server.paths("PUT /v1/work/artifacts")) == 2
    assert server.given_back == []


def test_a_result_whose_model_is_never_there_goes_back_after_a_few_tries(server: FakeServer, start: Start) -> None:
    def fault(request: httpx.Request) -> httpx.Response | None:
        if "/finish" in request.url.path:
            server.artifacts.clear()
        return None

    server.faults.append(fault)
    one = run(DATA, 0, epochs=2)
    start(one)
    server.until(lambda: bool(server.given_back))
    assert (server.given_back[0].lease, server.given_back[0].ending) == (one.lease, "refused")
    assert "its model is not here" in (server.given_back[0].reason or "")
    assert len(server.paths("POST /v1/work/finish")) == 3


def test_weights_that_the_server_refuses_cost_their_run_alone(server: FakeServer, start: Start) -> None:
    def fault(request: httpx.Request) -> httpx.Response | None:
        return refusal("too large", 413) if "/artifacts" in request.url.path else None

    server.faults.append(fault)
    kept, free = run(DATA, 0, epochs=2), replace(run(DATA, 1, epochs=2), replicate=1)
    start(kept, free)
    server.until(ended(server, free))
    server.until(lambda: bool(server.given_back))
    assert [item.lease for item in server.given_back] == [kept.lease]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [({"dataset_sha256": "0" * 64}, "not here"), ({"rules": 99}, "rules 99"), ({"params": {}}, "normalize_inputs")],
)
def test_a_run_that_cannot_be_made_ready_goes_back_and_others_go_on(
    server: FakeServer, start: Start, changes: dict[str, object], reason: str
) -> None:
    sound, broken = run(DATA, 0, epochs=2), replace(run(DATA, 1, epochs=2), **changes)  # type: ignore[arg-type]
    start(sound, broken)
    server.until(ended(server, sound))
    server.until(lambda: bool(server.given_back))
    (item,) = server.given_back
    assert (item.lease, item.ending) == (broken.lease, "refused")
    assert reason in (item.reason or "")


@pytest.mark.parametrize(
    ("status", "way"),
    [(404, "Install the server's version"), (401, "--key-file FILE"), (403, "its key, of the scope `work`")],
)
def test_a_worker_that_gets_no_work_ends_with_a_sentence(
    server: FakeServer, start: Start, status: int, way: str
) -> None:
    server.faults.append(lambda request: refusal("no such route", status) if "/claim" in request.url.path else None)
    worker = start()
    worker.join()
    assert isinstance(worker.error, ServerRefusedError)
    assert "no such route" in worker.error.detail
    assert way in worker.error.detail
    assert len(server.paths("POST /v1/work/claim")) == 1
