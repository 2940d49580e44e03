"""What requests of workers wait for while four sweeps learn, beside four that do not, in turns on the same machine.

    python -m benchmarks.learning_load [REF]

With a git ref also by the code of that ref. Foreign trainers finish a batch of each of the four sweeps twice a second,
so that a Gaussian process is fitted for each; meanwhile a worker reports, claims and finishes runs of a fifth sweep.
What the server's own process computes for a batch is measured before, while nothing else goes on: on a busy machine
that tells more than how long a request took.
"""

import argparse
import asyncio
import time
from collections import defaultdict
from contextlib import ExitStack
from math import sin
from pathlib import Path
from typing import Any

from benchmarks.overhead_pairs import checkout
from benchmarks.plain_http import PlainClient
from benchmarks.request_cost import SWEEP, claim_body, point, processor_seconds, result
from benchmarks.service import HERE, Service, running_service
from benchmarks.spread import show_table

LEARNING, BATCH = 4, 8
"""The sweeps that learn, and the trials of a batch of each."""

PERIOD = 0.5
"""Seconds from batch to batch of a sweep, if its next one is there by then."""

WARM, SECONDS, ROUNDS = 13, 6.0, 1
"""Batches before it is measured, the seconds of a measurement, and the measurements of each kind."""

BATCHES = "processor time of the server for a batch"
TOGETHER = 16
SPACE = {f"x{number}": {"kind": "float", "low": 0.0, "high": 1.0} for number in range(8)}

Json = dict[str, Any]
Waits = dict[str, list[float]]


def main() -> None:
    """Measure in turns, and print the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("ref", nargs="?", help="a git ref to measure as well")
    ref = parser.parse_args().ref
    found: dict[tuple[str, str], Waits] = {}
    with ExitStack() as stack:
        codes = {"here": HERE} if ref is None else {"here": HERE, ref: stack.enter_context(checkout(ref))}
        for _ in range(ROUNDS):
            for name, code in codes.items():
                for sampler in ("random", "gp"):
                    waits = found.setdefault((name, sampler), defaultdict(list))
                    for kind, those in _measured(code, sampler).items():
                        waits[kind] += those
    print(f"## Requests of workers while {LEARNING} sweeps draw a batch of {BATCH} each {PERIOD:g} s\n")
    rows = [[*key, kind, *_shown(those)] for key, waits in found.items() for kind, those in waits.items()]
    print(show_table(["code", "sampler of the four", "", "count", "median", "p99", "longest"], rows))


def _shown(waits: list[float]) -> list[str]:
    ordered = sorted(1e3 * wait for wait in waits)
    times = ordered[len(ordered) // 2], ordered[int(0.99 * (len(ordered) - 1))], ordered[-1]
    return [str(len(ordered)), *(f"{one:.1f} ms" for one in times)]


def _measured(code: Path, sampler: str) -> Waits:
    with running_service(workers=0, code=code) as service:
        service.client.post("/v1/sweeps", json={**SWEEP, "budget": {"trials": 100_000}}).raise_for_status()
        for number in range(LEARNING):
            _post_learning(service, number, sampler)
        return asyncio.run(_load(service))


def _post_learning(service: Service, number: int, sampler: str) -> None:
    kind = {"kind": sampler, "batch": BATCH} if sampler == "gp" else {"kind": sampler}
    body = {"trainer": f"external:{number}", "metrics": {"cost": "minimize"}, "space": SPACE, "sampler": kind}
    budget = {"trials": 100_000}
    service.client.post("/v1/sweeps", json={**body, "seed": number, "budget": budget}).raise_for_status()


async def _load(service: Service) -> Waits:
    """Return the seconds of each request of the worker, by its kind, while all sweeps are live; of a batch before."""
    waits, address, before = Waits(), str(service.client.base_url), processor_seconds(service.pid)
    warm = [asyncio.Event() for _ in range(LEARNING)]
    async with asyncio.TaskGroup() as group:
        learning = [group.create_task(_learn(address, number, warm[number])) for number in range(LEARNING)]
        for one in warm:
            await one.wait()
        waits[BATCHES] = [(processor_seconds(service.pid) - before) / (LEARNING * WARM)]
        await _work(address, waits)
        for task in learning:
            task.cancel()
    return waits


async def _learn(address: str, number: int, warm: asyncio.Event) -> None:
    """Finish batch after batch of one sweep, at once until it is warm, then at its pace."""
    batches, worker = 0, f"learning-{number}"
    ask = {"worker": worker, "trainer": f"external:{number}", "rules": 1, "slots": BATCH, "wait": 10}
    async with PlainClient(address) as client:
        while True:
            start = time.monotonic()
            _, answer = await client.ask("/v1/work/claim", ask)
            items = [_costed(run) for run in answer["runs"]]
            await client.ask("/v1/work/finish", {"worker": worker, "items": items})
            batches += 1
            if batches >= WARM:
                warm.set()
                await asyncio.sleep(max(start + PERIOD - time.monotonic(), 0.0))


def _costed(run: Json) -> Json:
    cost = sum(sin(7 * value) * (value - 0.3) ** 2 for value in run["params"].values())
    whole = {"metrics": {"cost": cost}, "curve": [{"epoch": 1, "metrics": {"cost": cost}, "seconds": 0.1}]}
    return {**result(run), **whole}


async def _work(address: str, waits: Waits) -> None:
    """Claim, report and finish as a worker does, and note how long each takes."""
    until, epoch = time.monotonic() + SECONDS, 0
    async with PlainClient(address) as client:

        async def timed(kind: str, body: Json) -> Json:
            start = time.perf_counter()
            status, answer = await client.ask(f"/v1/work/{kind}", body)
            waits.setdefault(kind, []).append(time.perf_counter() - start)
            if status >= 400:
                raise RuntimeError(f"The server refused the request: {answer}")
            received: Json = answer
            return received

        held = (await timed("claim", claim_body("w", TOGETHER)))["runs"]
        while time.monotonic() < until:
            for _ in range(4):
                epoch += 1
                items = [{"lease": run["lease"], "epochs": [point(epoch)]} for run in held]
                await timed("report", {"worker": "w", "items": items})
                await asyncio.sleep(0.01)
            runs = (await timed("claim", claim_body("other", TOGETHER)))["runs"]
            await timed("finish", {"worker": "other", "items": [result(run) for run in runs]})


if __name__ == "__main__":
    main()
