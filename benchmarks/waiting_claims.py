"""Lists and feeds while thousands of claims wait: python -m benchmarks.waiting_claims [claims].

Trials finish without a pause while lists are read, first with nobody waiting, then with so many claims that wait, and
then with 50 feeds beside them, one of which is never read. Claims come anew when their time is up, spread over time
as those of workers that were started by and by. Linux alone tells the memory of a process.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from itertools import count
from time import perf_counter
from typing import Any

import httpx

from app.contract.rules import CURRENT_RULES
from app.domain.work import OWN_TRAINER
from benchmarks.memory import MEGABYTE, memory
from benchmarks.service import Service, running_service
from benchmarks.spread import Target, show_table

SECONDS = 6.0
"""How long each part lasts."""

FEEDS = 50
SLOTS = 8
WAIT = 15.0
"""Seconds that a claim waits at the server, as those of our own workers do; and over which they come at first."""

SWEEP = {
    "dataset": "iris",
    "seed": 7,
    "space": {"learning_rate": {"kind": "float", "low": 1e-4, "high": 1.0, "scale": "log"}},
    "fixed": {"epochs": 1, "hidden_units": [4]},
    "budget": {"trials": 1_000_000},
}
SLOWEST = Target("<=", 100.0, " ms")


@dataclass(frozen=True, slots=True)
class Part:
    """What was measured while a number of others waited: seconds of lists, trials finished, memory of the server."""

    name: str
    seconds: list[float]
    finished: int
    bytes: int

    def row(self) -> list[str]:
        """Return the row of the report."""
        ordered = sorted(self.seconds)
        figures = [ordered[len(ordered) // 2], self.p99, ordered[-1]]
        shown = [f"{1000 * one:,.1f} ms" for one in figures]
        return [self.name, f"{len(ordered):,}", *shown, f"{self.finished:,}", f"{self.bytes / MEGABYTE:,.0f} MB"]

    @property
    def p99(self) -> float:
        """The time that 99 of 100 lists did not exceed."""
        return sorted(self.seconds)[len(self.seconds) * 99 // 100]


def main(claims: int) -> None:
    """Measure, and print the report."""
    with running_service(workers=0) as service:
        alone, waiting, feeding = asyncio.run(_measure(service, claims))
    header = ["lists", "count", "median", "99 %", "longest", "trials finished", "server"]
    print(f"## Service: lists while {claims:,} claims wait and trials finish, {SECONDS:g} s each\n")
    print(show_table(header, [part.row() for part in (alone, waiting, feeding)]))
    for part in (waiting, feeding):
        print(f"\n{part.name}: {part.p99 / alone.p99:.1f} times the 99 % alone, {SLOWEST.verdict(1000 * part.p99)}.")


async def _measure(service: Service, claims: int) -> tuple[Part, Part, Part]:
    address = str(service.client.base_url).rstrip("/")
    service.client.post("/v1/sweeps", json=SWEEP).raise_for_status()
    async with httpx.AsyncClient(base_url=address, timeout=60.0) as client:
        alone = await _part(service, client, "nobody waits")
        async with _waiting(address, claims):
            waiting = await _part(service, client, f"{claims:,} claims wait")
            async with _following(address):
                feeding = await _part(service, client, f"and {FEEDS} feeds, one of them never read")
    return alone, waiting, feeding


async def _part(service: Service, client: httpx.AsyncClient, name: str) -> Part:
    """Read lists one after the other while a trainer finishes trials."""
    finished = count()
    trainer = asyncio.ensure_future(_train(client, f"trainer, {name}", finished))
    seconds, end = list[float](), perf_counter() + SECONDS
    sweep = (await client.get("/v1/sweeps")).json()["items"][0]["id"]
    paths = ("/v1/sweeps", f"/v1/sweeps/{sweep}", f"/v1/sweeps/{sweep}/trials?sort=-number", "/v1/workers")
    while perf_counter() < end:
        for path in paths:
            start = perf_counter()
            (await client.get(path)).raise_for_status()
            seconds.append(perf_counter() - start)
    trainer.cancel()
    await asyncio.gather(trainer, return_exceptions=True)
    return Part(name, seconds, next(finished), memory(service.pid, "VmRSS"))


async def _train(client: httpx.AsyncClient, worker: str, finished: "count[int]") -> None:
    """Claim trials and finish them one by one, without a pause."""
    while True:
        answer = await client.post("/v1/work/claim", json=_ask(worker, OWN_TRAINER, 0.0))
        leases = [run["lease"] for run in answer.raise_for_status().json()["runs"]]
        for lease in leases:
            body = {"worker": worker, "items": [_result(lease)]}
            (await client.post("/v1/work/finish", json=body)).raise_for_status()
            next(finished)


def _ask(worker: str, trainer: str, wait: float) -> dict[str, Any]:
    return {"worker": worker, "trainer": trainer, "rules": CURRENT_RULES, "slots": SLOTS, "wait": wait}


def _result(lease: dict[str, int]) -> dict[str, Any]:
    return {
        "lease": lease,
        "state": "completed",
        "metrics": {"dev_error": 0.5},
        "best_epoch": 1,
        "epochs": 1,
        "seconds": 0.1,
        "reason": "trained to its end",
        "curve": [{"epoch": 1, "metrics": {"dev_error": 0.5}, "seconds": 0.1}],
    }


@asynccontextmanager
async def _waiting(address: str, claims: int) -> AsyncIterator[None]:
    """Let claims of workers that nothing waits for wait, each anew when it is answered; all wait when this begins."""
    tasks = [asyncio.ensure_future(_wait(address, number, WAIT * number / claims)) for number in range(claims)]
    async with httpx.AsyncClient(base_url=address, timeout=60.0) as client:
        while len(await _all_workers(client)) < claims + 1:
            await asyncio.sleep(0.1)  # the pace of asking
    try:
        yield
    finally:
        await _cancel(tasks)


async def _all_workers(client: httpx.AsyncClient) -> list[str]:
    names, query = list[str](), {"limit": "500"}
    while True:
        page = (await client.get("/v1/workers", params=query)).raise_for_status().json()
        names += [worker["name"] for worker in page["items"]]
        if page["next"] is None:
            return names
        query["cursor"] = page["next"]


async def _wait(address: str, number: int, delay: float) -> None:
    """Send one claim after the other, by hand: two thousand clients of httpx would be what is measured."""
    host, _, port = address.removeprefix("http://").partition(":")
    body = json.dumps(_ask(f"idle-{number}", "another", WAIT)).encode()
    head = "POST /v1/work/claim HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    head += f"Content-Length: {len(body)}"
    await asyncio.sleep(delay)  # so that not all come at once
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        while True:
            writer.write(f"{head}\r\n\r\n".encode() + body)
            answer = await reader.readuntil(b"\r\n\r\n")
            length = next(line for line in answer.lower().split(b"\r\n") if line.startswith(b"content-length:"))
            await reader.readexactly(int(length.partition(b":")[2]))
    finally:
        writer.close()


@asynccontextmanager
async def _following(address: str) -> AsyncIterator[None]:
    """Follow all events with many readers, and with one that never reads."""
    host, _, port = address.removeprefix("http://").partition(":")
    async with AsyncExitStack() as context:
        for number in range(FEEDS):
            reader, writer = await asyncio.open_connection(host, int(port), limit=4096)
            context.callback(writer.close)
            writer.write(b"GET /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
            if number:
                task = asyncio.ensure_future(_read(reader))
                context.push_async_callback(_cancel, [task])
        yield


async def _read(reader: asyncio.StreamReader) -> None:
    while await reader.read(1 << 16):
        pass


async def _cancel(tasks: "list[asyncio.Task[None]]") -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
