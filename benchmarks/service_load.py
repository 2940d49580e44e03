"""The server under load: simulated workers report, readers read, and nothing may fail, wait long or be lost."""

import asyncio
import os
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from random import Random
from typing import Any

from benchmarks.plain_http import PlainClient
from benchmarks.request_cost import SWEEP, claim_body, point, processor_seconds, result
from benchmarks.service import Service, running_service
from benchmarks.spread import Target, show_table

SECONDS = 60.0
WORKERS = 64
READERS = 20
RATE = 10.0
"""Epochs a second of each worker."""

EPOCHS = 50
"""Epochs of a trial."""

PERIOD = 0.2
"""Seconds between the reports of a worker, as of ours."""

SWEEP_BODY = {**SWEEP, "fixed": {"hidden_units": [8], "epochs": EPOCHS}, "budget": {"trials": 10_000}}
WORK, READS = Target("<=", 200.0, " ms"), Target("<=", 100.0, " ms")

Json = dict[str, Any]


@dataclass(slots=True)
class Load:
    """One server under load, and what became of it."""

    address: str
    sweep: str
    until: float
    waits: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: list[str] = field(default_factory=list)
    sent: dict[int, int] = field(default_factory=dict)
    """The last epoch sent of each trial, of whose arrival the server's answer told."""

    async def ask(self, client: PlainClient, kind: str, path: str, body: Json | None = None) -> Json:
        """Return the answer of a GET, or with a body of a POST, whose time counts with its kind; an error is noted."""
        start = time.perf_counter()
        status, answer = await client.ask(path, body)
        self.waits[kind].append(time.perf_counter() - start)
        if status != HTTPStatus.OK:
            self.errors.append(f"{path}: {answer}")
            return {}
        received: Json = answer
        return received

    async def work(self, number: int) -> None:
        """Train one trial after another, with numbers that are made up."""
        worker = f"worker-{number}"
        await asyncio.sleep(PERIOD * number / WORKERS)
        async with PlainClient(self.address) as client:
            while time.monotonic() < self.until:
                answer = await self.ask(client, "claim", "/v1/work/claim", claim_body(worker, 1))
                for run in answer.get("runs", []):
                    await self._train(client, worker, run)

    async def _train(self, client: PlainClient, worker: str, run: Json) -> None:
        done, began = 0, time.monotonic()
        while done < EPOCHS and time.monotonic() < self.until:
            await asyncio.sleep(PERIOD)
            upto = min(EPOCHS, int(RATE * (time.monotonic() - began)))
            curve = [point(epoch) for epoch in range(done + 1, upto + 1)]
            if upto == EPOCHS:
                items = [{**result(run), "epochs": EPOCHS, "curve": curve}]
                answer = await self.ask(client, "finish", "/v1/work/finish", {"worker": worker, "items": items})
            else:
                items = [{"lease": run["lease"], "epochs": curve}]
                answer = await self.ask(client, "report", "/v1/work/report", {"worker": worker, "items": items})
            self._note(run, answer, upto)
            done = upto

    def _note(self, run: Json, answer: Json, upto: int) -> None:
        told = [item.get("decision", item.get("outcome")) for item in answer.get("items", [])]
        if told in (["continue"], ["recorded"]):
            self.sent[run["trial"]] = upto
        else:
            self.errors.append(f"trial {run['trial']} was answered {told} for epoch {upto}")

    async def read(self, number: int) -> None:
        """Read what a page of results would show, again and again."""
        random = Random(number)  # noqa: S311 - which page is read next is no secret
        address = f"/v1/sweeps/{self.sweep}"
        pages = [address, f"{address}/trials", f"{address}/trials?sort=value", f"{address}/trials/0", "/v1/sweeps"]
        async with PlainClient(self.address) as client:
            while time.monotonic() < self.until:
                await self.ask(client, "read", random.choice(pages))
                await asyncio.sleep(random.uniform(0.0, 2 * PERIOD))


def main() -> None:
    """Measure, and print the report. Ends with an error if a request failed or an epoch was not stored once."""
    with running_service(workers=0) as service:
        sweep = service.client.post("/v1/sweeps", json=SWEEP_BODY).raise_for_status().json()["id"]
        before = processor_seconds(service.pid)
        load = asyncio.run(loaded(str(service.client.base_url), sweep, SECONDS))
        computed = processor_seconds(service.pid) - before
        wrong = _wrong_curves(service, load)
    count = sum(map(len, load.waits.values()))
    print(f"## Load: {WORKERS} simulated workers, {READERS} readers, {SECONDS:g} s, {os.cpu_count()} cores\n")
    print(show_table(["requests", "count", "median", "p99", "longest", "target of p99"], list(_rows(load))))
    print(f"\n{count / SECONDS:,.0f} requests a second, {1e3 * computed / count:.2f} ms of processor time each; ")
    print(f"{sum(load.sent.values()):,} epochs stored; {len(load.errors)} errors, {len(wrong)} curves not as sent.")
    if load.errors or wrong:
        raise SystemExit("\n".join([*load.errors[:5], *wrong[:5]]))


async def loaded(address: str, sweep: str, seconds: float) -> Load:
    """Return what became of a server that was under load for so long."""
    load = Load(address, sweep, time.monotonic() + seconds)
    async with asyncio.TaskGroup() as group:
        for number in range(WORKERS):
            group.create_task(load.work(number))
        for number in range(READERS):
            group.create_task(load.read(number))
    return load


def _rows(load: Load) -> Iterable[Sequence[str]]:
    for kind, target in (("claim", WORK), ("report", WORK), ("finish", WORK), ("read", READS)):
        waits = sorted(1e3 * wait for wait in load.waits[kind])
        p99 = waits[int(0.99 * (len(waits) - 1))]
        times = [f"{one:.1f} ms" for one in (waits[len(waits) // 2], p99, waits[-1])]
        yield [kind, f"{len(waits):,}", *times, target.verdict(p99)]


def _wrong_curves(service: Service, load: Load) -> list[str]:
    """Return the trials whose stored epochs are others than those of which the server said that it has them."""
    wrong = []
    for trial, last in load.sent.items():
        items = service.get(f"/v1/sweeps/{load.sweep}/trials/{trial}/curve", limit=5000)["items"]
        if [item["epoch"] for item in items] != list(range(1, last + 1)):
            wrong.append(f"trial {trial} has {len(items)} epochs, not {last}")
    return wrong


if __name__ == "__main__":
    main()
