"""What the server computes for each read: processor time of the whole process over HTTP, here and at a git ref.

    python -m benchmarks.read_cost [REF]

A sweep has 128 trials with results; with a ref, servers of both take turns.
"""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack

from benchmarks.overhead_pairs import checkout
from benchmarks.request_cost import SWEEP, TOGETHER, claim_body, processor_seconds, result
from benchmarks.service import HERE, Service, running_service
from benchmarks.spread import Spread, show_table

TRIALS, TURNS, READS = 2 * TOGETHER, 3, 30


def main(ref: str | None = None) -> None:
    """Measure, and print the report."""
    with ExitStack() as opened:
        codes = [opened.enter_context(checkout(ref)), HERE] if ref else [HERE]
        services = [opened.enter_context(running_service(0, code)) for code in codes]
        reads = [_reads(service) for service in services]
        turns = [[_costs(*one) for one in zip(services, reads, strict=True)] for _ in range(TURNS)]
    print(f"## Reads: processor time of the server for each, {os.cpu_count()} cores\n")
    print(show_table(["read", *([ref, "here", "ratio"] if ref else ["here"])], _rows(turns)))


def _reads(service: Service) -> Mapping[str, str]:
    """Make a sweep with trials, and return the addresses that are read, by what they show."""
    sweep = service.client.post("/v1/sweeps", json=SWEEP).raise_for_status().json()["id"]
    for _ in range(TRIALS // TOGETHER):
        runs = service.client.post("/v1/work/claim", json=claim_body("w", TOGETHER)).raise_for_status().json()["runs"]
        body = {"worker": "w", "items": [result(run) for run in runs]}
        service.client.post("/v1/work/finish", json=body).raise_for_status()
    address = f"/v1/sweeps/{sweep}"
    return {
        "healthz": "/healthz",
        "the sweep": address,
        "all sweeps": "/v1/sweeps",
        "the best trial": f"{address}/best",
        "a trial": f"{address}/trials/7",
        "its curve": f"{address}/trials/7/curve",
        "50 trials by number": f"{address}/trials",
        "50 trials by value": f"{address}/trials?sort=value",
        "50 trials by a parameter": f"{address}/trials?sort=param.l2",
        "all 128 trials": f"{address}/trials?limit=500",
    }


def _costs(service: Service, reads: Mapping[str, str]) -> dict[str, float]:
    """Return the processor milliseconds of each read."""
    costs = {}
    for name, address in reads.items():
        service.client.get(address).raise_for_status()
        before = processor_seconds(service.pid)
        for _ in range(READS):
            service.client.get(address).raise_for_status()
        costs[name] = 1e3 * (processor_seconds(service.pid) - before) / READS
    return costs


def _rows(turns: Sequence[Sequence[Mapping[str, float]]]) -> Iterator[Sequence[str]]:
    for name in turns[0][0]:
        columns = [[costs[name] for costs in one] for one in zip(*turns, strict=True)]
        shown = [Spread.of(column).show(" ms", 2) for column in columns]
        ratio = [Spread.of_ratios(columns[1], columns[0]).show("x", 2)] if len(columns) > 1 else []
        yield [name, *shown, *ratio]


if __name__ == "__main__":
    main(*sys.argv[1:])
