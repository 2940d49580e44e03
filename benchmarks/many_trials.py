"""A hundred thousand trials that are almost nothing to train: their time, and the memory that the server keeps."""

from pathlib import Path

from benchmarks.service import Service, running_service
from benchmarks.service_overhead import SWEEP, WORKERS
from benchmarks.spread import Target

FEW, MANY = 10_000, 100_000
SECONDS = Target("<=", 90.0, " s")
GROWTH = Target("<=", 1.1, "x")


def main() -> None:
    """Run both sweeps in servers of their own, one after the other, and print the report."""
    few, memory_of_few = _run(FEW)
    many, memory_of_many = _run(MANY)
    growth = memory_of_many / memory_of_few
    print(f"## {MANY:,} trials of one epoch of softmax regression on iris, {WORKERS} workers\n")
    print(f"{FEW:,} in {few:.1f} s; {MANY:,} in {many:.1f} s, {SECONDS.verdict(many)}.")
    print(f"The server at its end: {memory_of_few:.0f} MB and {memory_of_many:.0f} MB, {GROWTH.verdict(growth)}.")


def _run(trials: int) -> tuple[float, float]:
    """Return the seconds of a sweep and the megabytes that the server has at its end."""
    with running_service(WORKERS) as service:
        service.run_sweep({**SWEEP, "budget": {"trials": 2 * WORKERS}})  # the workers are up
        _, seconds = service.run_sweep({**SWEEP, "budget": {"trials": trials}})
        return seconds, _megabytes(service)


def _megabytes(service: Service) -> float:
    status = Path(f"/proc/{service.pid}/status").read_text()
    resident = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(resident.split()[1]) / 1e3


if __name__ == "__main__":
    main()
