"""What the server computes for each request of a worker: processor time of the whole process, over HTTP."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from app.contract.rules import CURRENT_RULES
from app.domain.work import OWN_TRAINER
from benchmarks.service import Service, running_service
from benchmarks.spread import Target, show_table

TOGETHER = 64
ROUNDS = 100
EPOCHS = 4
LAYERS = 3
METRICS = ("train_loss", "train_error", "dev_loss", "dev_error")

SWEEP: Mapping[str, Any] = {
    "name": "made-up numbers",
    "dataset": "iris",
    "seed": 7,
    "space": {
        "learning_rate": {"kind": "float", "low": 1e-4, "high": 1.0, "scale": "log"},
        "l2": {"kind": "float", "low": 1e-6, "high": 1e-1, "scale": "log"},
        "keep_prob": {"kind": "float", "low": 0.5, "high": 1.0},
        "optimizer": {"kind": "choice", "values": ["momentum", "rmsprop", "adam"]},
        "batch_size": {"kind": "choice", "values": [32, 64, 128]},
    },
    "fixed": {"hidden_units": [8], "epochs": 10_000},
    "budget": {"trials": 4 * ROUNDS * TOGETHER},
}

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Cost:
    """The processor seconds of the server for one kind of request, and what it may take at most."""

    name: str
    seconds: float
    most: Target | None = None

    def row(self) -> list[str]:
        """Return the row of the report."""
        milliseconds = 1e3 * self.seconds
        return [self.name, f"{milliseconds:.2f} ms", "" if self.most is None else self.most.verdict(milliseconds)]


def main() -> None:
    """Measure, and print the report."""
    with running_service(workers=0) as service:
        costs = list(_costs(service))
    print(f"## Requests of workers: processor time of the server for each, {os.cpu_count()} cores\n")
    print(show_table(["request", "processor time", "target"], [cost.row() for cost in costs]))


def _costs(service: Service) -> Iterator[Cost]:
    post = _poster(service.client)
    empty = claim_body("nobody", TOGETHER)
    yield Cost("a claim of nothing", _cpu(service, post, "claim", [empty] * ROUNDS), Target("<=", 1.0, " ms"))
    sweep = service.client.post("/v1/sweeps", json=SWEEP).raise_for_status().json()
    first = post("claim", claim_body("w", TOGETHER))["runs"]
    reports = [_report(first, 1 + EPOCHS * number, EPOCHS) for number in range(ROUNDS)]
    reporting = _cpu(service, post, "report", reports)
    yield Cost(f"a report of {TOGETHER} x {EPOCHS} epochs", reporting, Target("<=", 4.0, " ms"))
    leases = {"worker": "w", "leases": [run["lease"] for run in first]}
    yield Cost(f"a heartbeat of {TOGETHER}", _cpu(service, post, "heartbeat", [leases] * ROUNDS))
    yield from _claims_and_finishes(service, post)
    address = f"/v1/sweeps/{sweep['id']}"
    yield Cost("a read of the sweep", _cpu_of(service, lambda: service.get(address)))
    yield Cost("the first 50 trials", _cpu_of(service, lambda: service.get(f"{address}/trials", limit=50)))
    yield Cost("healthz", _cpu_of(service, lambda: service.get("/healthz")))


def _claims_and_finishes(service: Service, post: Callable[[str, Json], Json]) -> Iterator[Cost]:
    claims = finishes = 0.0
    for number in range(ROUNDS // 2):
        before = processor_seconds(service.pid)
        runs = post("claim", claim_body(f"c{number}", TOGETHER))["runs"]
        between = processor_seconds(service.pid)
        post("finish", {"worker": f"c{number}", "items": [result(run) for run in runs]})
        claims += between - before
        finishes += processor_seconds(service.pid) - between
    yield Cost(f"a claim of {TOGETHER}", 2 * claims / ROUNDS, Target("<=", 6.0, " ms"))
    yield Cost(f"a finish of {TOGETHER} with one epoch each", 2 * finishes / ROUNDS)


def processor_seconds(pid: int) -> float:
    """Return the seconds that all threads of a process have computed."""
    tasks = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9


def _cpu(service: Service, post: Callable[[str, Json], Json], route: str, bodies: Sequence[Json]) -> float:
    waiting = iter(bodies)
    return _cpu_of(service, lambda: post(route, next(waiting)), len(bodies))


def _cpu_of(service: Service, ask: Callable[[], Any], rounds: int = ROUNDS) -> float:
    before = processor_seconds(service.pid)
    for _ in range(rounds):
        ask()
    return (processor_seconds(service.pid) - before) / rounds


def _poster(client: httpx.Client) -> Callable[[str, Json], Json]:
    def post(route: str, body: Json) -> Json:
        answer = client.post(f"/v1/work/{route}", json=body)
        if answer.is_error:
            raise RuntimeError(f"The server refused the request: {answer.text[:500]}")
        received: Json = answer.json()
        return received

    return post


def claim_body(worker: str, slots: int) -> Json:
    """Return the request of a worker for runs."""
    return {"worker": worker, "trainer": OWN_TRAINER, "rules": CURRENT_RULES, "slots": slots}


def _report(runs: Sequence[Json], first: int, epochs: int) -> Json:
    curve = [point(epoch) for epoch in range(first, first + epochs)]
    return {"worker": "w", "items": [{"lease": run["lease"], "epochs": curve} for run in runs]}


def point(epoch: int) -> Json:
    """Return an epoch with made-up numbers, of as many digits as real ones."""
    metrics = {name: (number + 1) / (7 + epoch) for number, name in enumerate(METRICS)}
    return {"epoch": epoch, "metrics": metrics, "seconds": 0.0123, "gradient_norms": [0.1234567 / epoch] * LAYERS}


def result(run: Json) -> Json:
    """Return the result of a run of one epoch."""
    return {
        "lease": run["lease"],
        "state": "completed",
        "metrics": {**point(1)["metrics"], "test_loss": 0.25, "test_error": 1 / 3},
        "best_epoch": 1,
        "epochs": 1,
        "seconds": 0.0123,
        "reason": "trained to its end",
        "curve": [point(1)],
    }


if __name__ == "__main__":
    main()
