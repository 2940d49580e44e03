"""Two hundred open feeds while real workers train: python -m benchmarks.feeds [feeds].

Some readers hang up and come back, some do not read for a while. In the end each must have been told every event once,
or have been told to start over; meanwhile other requests are timed, as they were before without any feed.
"""

import asyncio
import os
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from multiprocessing import Pipe, get_context
from random import Random
from typing import Any

from app.contract.rules import CURRENT_RULES
from benchmarks.feed_readers import Read, everything, follow
from benchmarks.plain_http import PlainClient
from benchmarks.request_cost import processor_seconds
from benchmarks.service import Service, running_service
from benchmarks.spread import Target, show_table

FEEDS = 200
WORKERS = 2
SECONDS = 20.0
ASKERS = 8
PAUSE = 0.2
"""Seconds from an answer to the next request of an asker, on average."""

SWEEP: Mapping[str, Any] = {
    "dataset": "digits",
    "seed": 7,
    "space": {"learning_rate": {"kind": "float", "low": 1e-4, "high": 1.0, "scale": "log"}},
    "fixed": {"epochs": 20, "hidden_units": [32]},
    "budget": {"trials": 100_000},
}
READS = Target("<=", 100.0, " ms")
CLAIM = {"worker": "asker", "trainer": "another", "rules": CURRENT_RULES, "slots": 1, "wait": 0.0}
"""A claim of another trainer finds nothing, and takes nothing from those who train."""

_ALL = "all of them"
Waits = Mapping[str, Sequence[float]]


def main(feeds: int) -> None:
    """Measure, and print the report. Ends with an error if a reader missed an event or got one twice."""
    ours, theirs = Pipe()
    with running_service(WORKERS) as service:
        sweep = service.client.post("/v1/sweeps", json=SWEEP).raise_for_status().json()["id"]
        while not service.get(f"/v1/sweeps/{sweep}")["counts"]["completed"]:
            time.sleep(0.1)  # the pace of asking
        address = str(service.client.base_url)
        alone = _timed(service, address, sweep)
        # Readers take time too, which must not be that of those who ask.
        reading = get_context("spawn").Process(target=follow, args=(address, sweep, feeds, theirs))
        reading.start()
        ours.recv()
        beside = _timed(service, address, sweep)
        service.client.post(f"/v1/sweeps/{sweep}/cancel").raise_for_status()
        read: list[Read] = ours.recv()
        reading.join()
    _report(feeds, alone, beside, read)


def _timed(service: Service, address: str, sweep: str) -> tuple[Waits, float]:
    """Return how long requests took, by their kind, and the share of a processor that the server took meanwhile."""
    before, began = processor_seconds(service.pid), time.monotonic()
    waits = asyncio.run(_ask(address, sweep))
    return waits, (processor_seconds(service.pid) - before) / (time.monotonic() - began)


async def _ask(address: str, sweep: str) -> Waits:
    waits: dict[str, list[float]] = defaultdict(list)
    async with asyncio.TaskGroup() as group:
        for number in range(ASKERS):
            group.create_task(_ask_on(address, sweep, number, waits))
    return waits


async def _ask_on(address: str, sweep: str, number: int, waits: dict[str, list[float]]) -> None:
    random = Random(number)  # noqa: S311 - which page is asked for next is no secret
    here = f"/v1/sweeps/{sweep}"
    requests: Sequence[tuple[str, str, object]] = (
        ("list of sweeps", "/v1/sweeps", None),
        ("sweep", here, None),
        ("page of trials", f"{here}/trials?sort=value", None),
        ("page of trials by a parameter", f"{here}/trials?sort=param.learning_rate", None),
        ("trial", f"{here}/trials/0", None),
        ("claim", "/v1/work/claim", CLAIM),
    )
    until = time.monotonic() + SECONDS
    async with PlainClient(address) as client:
        while time.monotonic() < until:
            kind, path, body = random.choice(requests)
            start = time.perf_counter()
            status, answer = await client.ask(path, body)
            waits[kind].append(time.perf_counter() - start)
            if status != HTTPStatus.OK:
                raise RuntimeError(f"{path} was answered {status}: {answer}")
            await asyncio.sleep(random.uniform(0.0, 2 * PAUSE))


def _report(feeds: int, alone: tuple[Waits, float], beside: tuple[Waits, float], read: Sequence[Read]) -> None:
    every = everything(read)
    wrong = [fault for one in read for fault in one.faults(every)]
    print(f"## {feeds} open feeds, {WORKERS} workers that train, {os.cpu_count()} cores\n")
    header = ["request", "count", "alone: median", "99 %", "with feeds: median", "99 %", "longest", "target of 99 %"]
    print(show_table(header, _rows(alone[0], beside[0])))
    told = sum(len(events) for one in read for _, events in one.told)
    returns, resyncs = sum(one.returns for one in read), sum(one.resyncs for one in read)
    print(f"\nThe server took {alone[1]:.2f} of a processor alone, and {beside[1]:.2f} beside the feeds.")
    print(
        f"{len(every):,} events were told {told:,} times; readers came back {returns:,} times, {resyncs} started over."
    )
    print(f"{len(wrong)} times an event was missed, told twice or otherwise than to others.")
    if wrong:
        raise SystemExit("\n".join(wrong[:10]))


def _rows(alone: Waits, beside: Waits) -> Iterable[Sequence[str]]:
    for kind in [*beside, _ALL]:
        median, p99, longest = _figures(_of(beside, kind))
        figures = [*_figures(_of(alone, kind))[:2], median, p99, longest]
        yield [kind, f"{len(_of(beside, kind)):,}", *(f"{one:.1f} ms" for one in figures), READS.verdict(p99)]


def _of(waits: Waits, kind: str) -> Sequence[float]:
    return waits[kind] if kind != _ALL else [one for several in waits.values() for one in several]


def _figures(waits: Sequence[float]) -> tuple[float, float, float]:
    ordered = sorted(1e3 * wait for wait in waits)
    return ordered[len(ordered) // 2], ordered[int(0.99 * (len(ordered) - 1))], ordered[-1]


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else FEEDS)
