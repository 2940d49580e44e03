"""The server's side of the work protocol, small and in memory, with faults: a transport for the worker's client."""

import hashlib
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import httpx
from pydantic import TypeAdapter

from app.domain.work import (
    MOST_ITEMS,
    MOST_REQUEST_BYTES,
    CheckpointRef,
    ClaimAnswer,
    ClaimRequest,
    Decision,
    DecisionsAnswer,
    Epoch,
    FinishAnswer,
    FinishRequest,
    GivenBack,
    HeartbeatRequest,
    Keep,
    Lease,
    LeasedRun,
    Progress,
    Receipt,
    ReleaseRequest,
    ReportRequest,
    Result,
)
from app.preparation.datasets import PreparedDataset

T = TypeVar("T")

PATIENCE = 60.0
"""Seconds that a test waits for what must come."""

Fault = Callable[[httpx.Request], httpx.Response | None]
"""Answers a request instead of the server, or raises instead of it; None lets it pass."""


def refusal(detail: str, status: int = 422) -> httpx.Response:
    """An answer as the server refuses."""
    return httpx.Response(status, json={"detail": detail})


class FakeServer:
    """Hands out the runs of its queue, and keeps what comes back; `faults` are asked about each request first."""

    def __init__(self, *datasets: PreparedDataset) -> None:
        self._changed = threading.Condition()
        self._datasets = {dataset.sha256: dataset.content for dataset in datasets}
        self._queue: list[LeasedRun] = []
        self._held: dict[int, Lease] = {}
        self._hang_ups = 0
        self.faults: list[Fault] = []
        self.decisions: dict[int, Decision] = {}
        self.keep: dict[str, Keep] = {}
        self.requests: list[str] = []
        self.claims: list[ClaimRequest] = []
        self.curves: dict[int, list[Epoch]] = {}
        self.results: dict[Lease, Result] = {}
        self.artifacts: dict[str, bytes] = {}
        self.checkpoints: dict[str, bytes] = {}
        self.refs: dict[Lease, CheckpointRef] = {}
        self.given_back: list[GivenBack] = []
        self.transport = httpx.MockTransport(self._handle)

    def put(self, *runs: LeasedRun) -> None:
        """Queue runs; one that is held is taken away from its holder."""
        with self._changed:
            for run in runs:
                self._held.pop(run.lease.run, None)
            self._queue += runs
            self._changed.notify_all()

    def decide(self, lease: Lease, decision: Any, reason: str = "by a test") -> None:
        """Answer with this decision wherever the lease is named from now on."""
        with self._changed:
            self.decisions[lease.run] = Decision(lease, decision, reason)

    def until(self, condition: Callable[[], bool]) -> None:
        """Wait until a condition on this server holds."""
        with self._changed:
            assert self._changed.wait_for(condition, PATIENCE)

    def holds(self, lease: Lease) -> bool:
        """Whether a worker was granted this lease and has not given it back."""
        return self._held.get(lease.run) == lease

    def hang_up(self) -> None:
        """Answer the claims that wait with nothing: their worker is gone."""
        with self._changed:
            self._hang_ups += 1
            self._changed.notify_all()

    def paths(self, start: str) -> list[str]:
        """The requests so far whose method and path begin so."""
        return [request for request in self.requests if request.startswith(start)]

    def _handle(self, request: httpx.Request) -> httpx.Response:
        with self._changed:
            self.requests.append(f"{request.method} {request.url.path}")
            self._changed.notify_all()
        for fault in self.faults:
            if (answer := fault(request)) is not None:
                return answer
        with self._changed:
            answer = self._answer(request, request.read())
            self._changed.notify_all()
            return answer

    def _answer(self, request: httpx.Request, body: bytes) -> httpx.Response:
        kind, _, name = request.url.path.removeprefix("/v1/").removeprefix("work/").partition("/")
        if kind == "artifacts" and request.method == "POST":
            for size in map(int, request.url.params.get_list("size")):
                self.artifacts[hashlib.sha256(body[:size]).hexdigest()], body = body[:size], body[size:]
            return httpx.Response(200, json={})
        if kind in ("artifacts", "checkpoints"):
            store = self.artifacts if kind == "artifacts" else self.checkpoints
            return _stored(store, name, body) if request.method == "PUT" else _found(store, name)
        if kind == "datasets":
            return _found(self._datasets, request.url.params["sha256"])
        if len(body) > MOST_REQUEST_BYTES:
            return refusal("too large", 413)
        answers: dict[str, Callable[[bytes], httpx.Response]] = {
            "claim": self._claim, "heartbeat": self._beat, "report": self._report, "finish": self._finish,
            "release": self._release,
        }  # fmt: skip
        return answers[kind](body)

    def _claim(self, body: bytes) -> httpx.Response:
        request = _read(ClaimRequest, body)
        self.claims.append(request)
        before = self._hang_ups
        self._changed.wait_for(lambda: self._hang_ups > before or bool(self._queue), request.wait)
        if self._hang_ups > before:
            return _json(ClaimAnswer([], 30.0))
        granted, self._queue = self._queue[: request.slots], self._queue[request.slots :]
        self._held.update((run.lease.run, run.lease) for run in granted)
        return _json(ClaimAnswer(granted, 30.0, self.keep))

    def _beat(self, body: bytes) -> httpx.Response:
        return _json(DecisionsAnswer([self._decision(lease) for lease in _read(HeartbeatRequest, body).leases]))

    def _report(self, body: bytes) -> httpx.Response:
        items = _read(ReportRequest, body).items
        assert len(items) <= MOST_ITEMS
        return _json(DecisionsAnswer([self._progress(item) for item in items]))

    def _finish(self, body: bytes) -> httpx.Response:
        request = _read(FinishRequest, body)
        assert len(request.items) + len(request.progress) <= MOST_ITEMS
        receipts = [self._receipt(item) for item in request.items]
        return _json(FinishAnswer(receipts, self.keep, [self._progress(item) for item in request.progress]))

    def _release(self, body: bytes) -> httpx.Response:
        items = _read(ReleaseRequest, body).items
        self.given_back += items
        for item in items:
            self._held.pop(item.lease.run, None)
        self._hang_ups += 1
        return _json(DecisionsAnswer([Decision(item.lease, "stop", item.ending) for item in items]))

    def _decision(self, lease: Lease) -> Decision:
        if self._held.get(lease.run) != lease:
            return Decision(lease, "stop", "the lease is lost")
        decided = self.decisions.get(lease.run)
        return decided if decided is not None and decided.lease == lease else Decision(lease, "continue")

    def _progress(self, item: Progress) -> Decision:
        paused = item.lease in self.results and self.results[item.lease].state == "paused"
        if self._held.get(item.lease.run) == item.lease or paused:
            self._store(item.lease, item.epochs)
            if item.checkpoint is not None:
                assert item.checkpoint.epoch <= len(self.curves[item.lease.run])
                self.refs[item.lease] = item.checkpoint
        return self._decision(item.lease)

    def _store(self, lease: Lease, epochs: list[Epoch]) -> None:
        curve = self.curves.setdefault(lease.run, [])
        for point in epochs:
            assert point.epoch <= len(curve) + 1, "a gap"
            curve[point.epoch - 1 :] = [point]

    def _receipt(self, item: Result) -> Receipt:
        if item.lease in self.results:
            return Receipt(item.lease, "repeated")
        if self._held.get(item.lease.run) != item.lease:
            return Receipt(item.lease, "stale")
        if item.model is not None and item.model.sha256 not in self.artifacts:
            return Receipt(item.lease, "refused", "its model is not here")
        self._store(item.lease, item.curve)
        self.results[item.lease] = replace(item, curve=[])
        del self._held[item.lease.run]
        return Receipt(item.lease, "recorded")


def _stored(store: dict[str, bytes], name: str, body: bytes) -> httpx.Response:
    if hashlib.sha256(body).hexdigest() != name:
        return refusal("another hash", 400)
    store[name] = body
    return httpx.Response(201, json={"kept": True})


def _found(store: dict[str, bytes], name: str) -> httpx.Response:
    return httpx.Response(200, content=store[name]) if name in store else refusal("not here", 404)


def _read(kind: type[T], body: bytes) -> T:
    return TypeAdapter(kind).validate_json(body)


def _json(answer: object) -> httpx.Response:
    return httpx.Response(200, content=TypeAdapter(type(answer)).dump_json(answer))
