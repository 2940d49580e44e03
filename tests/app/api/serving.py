"""A real server in a thread, and a trainer that speaks the work protocol with made-up numbers."""

import hashlib
import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
from opentelemetry.trace import TracerProvider

from app.composition import make_app, open_services
from app.contract.rules import CURRENT_RULES
from app.domain.work import OWN_TRAINER
from app.serve import Server, limits_of
from app.services.services import Services
from app.settings import Settings
from app.thread_faults import ThreadFaults
from app.worker.supervisor import Supervisor, worker_process
from tests.app.storage.new_database import put_new_database

Json = dict[str, Any]

_CERTIFICATES = ssl.create_default_context()
"""Nothing here is encrypted, but each client would read the certificates anew, which takes longer than many tests."""


Compose = Callable[[Services], Services]


def _as_they_are(services: Services) -> Services:
    return services


@contextmanager
def serving(
    folder: Path, traces: TracerProvider | None = None, compose: Compose = _as_they_are, **settings: Any
) -> Iterator[tuple[httpx.Client, Services]]:
    """Run the application on a data folder; yield a client of it and its use cases.

    `compose` may put others in the place of some, with other limits for one.
    """
    chosen = Settings(data=put_new_database(folder), **settings)
    tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    with open_services(chosen, traces) as opened, tcp as listener:
        services = compose(opened)
        listener.bind(("127.0.0.1", 0))
        listener.listen()  # connections wait here until the server has started
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        supervisor = Supervisor(0, services.work.lose_worker, worker_process(address, 1, "none"))
        server = Server(
            make_app(services, chosen, traces), limits_of(chosen), supervisor, services, address, ThreadFaults()
        )
        thread = Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            with httpx.Client(base_url=address, timeout=30.0, verify=_CERTIFICATES) as client:
                client.get("/readyz").raise_for_status()
                yield client, services
        finally:
            server.should_exit = True
            thread.join()


def sweep_body(**changes: Any) -> Json:
    """Return a sound request for a sweep, with some of its fields changed; None leaves a field out."""
    body = {
        "dataset": "iris",
        "seed": 7,
        "space": {"learning_rate": {"kind": "float", "low": 1e-4, "high": 1.0, "scale": "log"}},
        "fixed": {"epochs": 3, "hidden_units": [4]},
        "budget": {"trials": 4},
        **changes,
    }
    return {name: value for name, value in body.items() if value is not None}


class Trainer:
    """A foreign trainer: it asks and tells, and makes its numbers up."""

    def __init__(self, client: httpx.Client, name: str = "trainer") -> None:
        self._client = client
        self._name = name

    def claim(self, slots: int = 1, **more: Any) -> list[Json]:
        """Return the runs that were leased."""
        ask = {"trainer": OWN_TRAINER, "rules": CURRENT_RULES, "slots": slots}
        runs: list[Json] = self._post("claim", ask | more)["runs"]
        return runs

    def leases(self, slots: int = 1, **more: Any) -> list[Json]:
        """Claim, and return the leases alone."""
        return [run["lease"] for run in self.claim(slots, **more)]

    def heartbeat(self, leases: Sequence[Json]) -> list[Json]:
        """Return the decisions."""
        return self._items("heartbeat", {"leases": leases})

    def release(self, leases: Sequence[Json], **more: Any) -> list[Json]:
        """Give leases back; return the decisions."""
        return self._items("release", {"items": [{"lease": lease, **more} for lease in leases]})

    def report(self, lease: Json, *epochs: int, **more: Any) -> list[Json]:
        """Report some epochs of one run; return the decision in a list."""
        return self._items("report", {"items": [{"lease": lease, "epochs": [curve_point(e) for e in epochs], **more}]})

    def finish(self, *results: Json, **more: Any) -> Json:
        """Return the receipts and the new limits."""
        return self._post("finish", {"items": results, **more})

    def train_everything(self, values: Sequence[float | None] = (0.5,), slots: int = 64) -> None:
        """Claim and finish until there is no work; the values take turns by trial number."""
        while runs := self.claim(slots):
            self.finish(*(finished(run["lease"], values[run["trial"] % len(values)]) for run in runs))

    def hand_in(self, weights: bytes) -> Json:
        """Send the weights of a model; return how a result names them."""
        sha256 = hashlib.sha256(weights).hexdigest()
        answer = self._client.put(f"/v1/work/artifacts/{sha256}", content=weights)
        assert answer.status_code in {200, 201}, answer.text
        return {"sha256": sha256, "size": len(weights)}

    def _items(self, route: str, body: Json) -> list[Json]:
        items: list[Json] = self._post(route, body)["items"]
        return items

    def _post(self, route: str, body: Json) -> Json:
        answer = self._client.post(f"/v1/work/{route}", json={"worker": self._name, **body})
        assert answer.status_code == 200, answer.text
        received: Json = answer.json()
        return received


def curve_point(epoch: int) -> Json:
    """Return one point of a curve."""
    return {
        "epoch": epoch,
        "metrics": {"train_loss": 1.0 / epoch, "dev_loss": 0.75, "dev_error": 0.5},
        "seconds": 0.25,
        "gradient_norms": [0.5, None],
    }


def finished(lease: Json, value: float | None, **changes: Any) -> Json:
    """Return the result of a trial."""
    return {
        "lease": lease,
        "state": "completed",
        "metrics": {"dev_error": value, "train_error": 0.25, "test_error": 0.5},
        "best_epoch": 2,
        "epochs": 3,
        "seconds": 0.5,
        "reason": "trained to its end",
        "curve": [curve_point(epoch) for epoch in (1, 2, 3)],
        "model": None,
        **changes,
    }


def start(client: httpx.Client, **changes: Any) -> Json:
    """Start a sweep and return it."""
    answer = client.post("/v1/sweeps", json=sweep_body(**changes))
    assert answer.status_code == 201, answer.text
    sweep: Json = answer.json()
    return sweep


def when_ended(client: httpx.Client, sweep: str) -> Json:
    """Return a sweep once it runs no more: the planner ends it a moment after its last result."""
    found: Json = client.get(f"/v1/sweeps/{sweep}", params={"wait": 20}).json()
    assert found["state"] != "running"
    return found


def problem(answer: httpx.Response, status: int) -> Json:
    """Return the problem of an answer, after a look at its form."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    found: Json = answer.json()
    assert found.keys() == {"type", "title", "status", "detail", "errors", "request_id"}
    assert found["request_id"] == answer.headers["x-request-id"]
    assert found["status"] == status
    assert found["detail"]
    return found


def places(answer: httpx.Response) -> list[str]:
    """Return the pointers of the faults of a refused request."""
    return [error["pointer"] for error in problem(answer, 422)["errors"]]
