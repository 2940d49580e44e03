"""Where the time of the example sweep goes: processor seconds of server, workers and client, phase by phase.

Shares are those of all processor time that the sweep took; how much of its cores' time that was is told beside it: the
rest they stood idle, or worked for other programs. Threads are read from /proc, so this runs on Linux alone.
"""

import json
import os
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from app.demo import EXAMPLE
from benchmarks.service import Service, running_service
from benchmarks.spread import Spread, show_table
from benchmarks.timed_worker import PHASES

WORKERS = 2
ROUNDS = 9


class TimedWorker:
    """A process of `timed_worker`."""

    def __init__(self, server: str, number: int) -> None:
        command = [sys.executable, "-m", "benchmarks.timed_worker", server, f"timed-{number}"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # our own
        self.pid = self._process.pid

    def take(self) -> Mapping[str, float]:
        """Return the processor seconds of each phase since the last call."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        taken: Mapping[str, float] = json.loads(self._process.stdout.readline())
        return taken

    def end(self) -> None:
        """Let it hand over, and wait for its end."""
        self._process.communicate()


@dataclass(slots=True)
class Profile:
    """Of each round its seconds, its processor seconds, and those of each phase."""

    walls: list[float] = field(default_factory=list)
    totals: list[float] = field(default_factory=list)
    phases: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def add(self, wall: float, phases: Mapping[str, float]) -> None:
        """Take in a round."""
        self.walls.append(wall)
        for name, seconds in phases.items():
            self.phases[name].append(seconds)
        self.totals.append(sum(phases.values()))

    def rows(self) -> Iterator[Sequence[str]]:
        """Yield the rows of the report: the phase, its milliseconds and its share of all processor time."""
        for name, seconds in self.phases.items():
            shares = [100.0 * spent / total for spent, total in zip(seconds, self.totals, strict=True)]
            yield name, f"{1e3 * median(seconds):.0f} ms", Spread.of(shares).show(" %")

    def used(self) -> Spread:
        """Return how much of the cores' time the sweep took, in percent."""
        return Spread.of(100.0 * total / wall / WORKERS for total, wall in zip(self.totals, self.walls, strict=True))


def main() -> None:
    """Measure some sweeps one after the other in one service, and print the report."""
    profile = Profile()
    with running_service(0) as service, _workers(service) as workers:
        service.run_sweep(EXAMPLE)  # the workers are up and warm
        _take(workers)
        for _ in range(ROUNDS):
            profile.add(*_round(service, workers))
    print(f"## The example sweep, {WORKERS} workers: {Spread.of(profile.walls).show(' s', 2)} in all\n")
    print(show_table(["phase", "processor time", "share"], profile.rows()))
    total = Spread.of(1e3 * seconds for seconds in profile.totals).show(" ms", 0)
    print(f"\nProcessor time in all: {total}, {profile.used().show(' %', 0)} of what {WORKERS} cores have.")


@contextmanager
def _workers(service: Service) -> Iterator[list[TimedWorker]]:
    workers = [TimedWorker(str(service.client.base_url), number) for number in range(WORKERS)]
    try:
        yield workers
    finally:
        for worker in workers:
            worker.end()


def _round(service: Service, workers: Sequence[TimedWorker]) -> tuple[float, Mapping[str, float]]:
    """Run the sweep once; return its seconds, and the processor seconds of all phases."""
    before, own = _threads(service, workers), time.process_time()
    _, wall = service.run_sweep(EXAMPLE)
    client, after = time.process_time() - own, _threads(service, workers)
    spent = {name: after[name] - before[name] for name in after}
    training = _take(workers)
    rest = spent.pop("worker: training") - sum(training.values())
    phases = {f"worker: {name}": seconds for name, seconds in training.items()}
    return wall, {**phases, "worker: the rest of its training thread": rest, **spent, "client": client}


def _take(workers: Sequence[TimedWorker]) -> Mapping[str, float]:
    """Return the seconds of each phase, all workers together, since the last call."""
    taken = [worker.take() for worker in workers]
    return {name: sum(one.get(name, 0.0) for one in taken) for name, _, _ in PHASES}


def _threads(service: Service, workers: Sequence[TimedWorker]) -> Mapping[str, float]:
    """Return the processor seconds so far: of each process the main thread, and all others together."""
    server, trainers = _of_process(service.pid), [_of_process(worker.pid) for worker in workers]
    return {
        "worker: training": sum(main for main, _ in trainers),
        "worker: requests": sum(others for _, others in trainers),
        "server: HTTP": server[0],
        "server: use cases and SQLite": server[1],
    }


def _of_process(pid: int) -> tuple[float, float]:
    """Return the processor seconds of a process's main thread and of its others."""
    seconds = {task.name: int((task / "schedstat").read_text().split()[0]) / 1e9 for task in _tasks(pid)}
    main = seconds.pop(str(pid))
    return main, sum(seconds.values())


def _tasks(pid: int) -> Sequence[Path]:
    if not Path("/proc/self/schedstat").exists():
        raise RuntimeError("The threads of processes are read from /proc/.../schedstat, which this system has not.")
    return sorted(Path(f"/proc/{pid}/task").iterdir())


if __name__ == "__main__":
    os.environ.pop("LOGSWEEP_WORKERS", None)  # the workers are those of this program
    main()
