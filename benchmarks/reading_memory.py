"""The memory that an upload of text takes, as a multiple of the file: python -m benchmarks.reading_memory [megabytes].

The file has 20 columns of seven-digit numbers and 5 of words. It goes to a real server, which keeps it on disk; what
counts is the server together with the process that reads the file. Linux alone tells the peak of a process.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np

from benchmarks.memory import MEGABYTE, memory, watched
from benchmarks.service import running_service
from benchmarks.spread import Target, show_table

WORDS = np.array(["alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf"])
TIMES = 6.0
"""How many times its size a file may take."""

_ROWS = 2000
_UPLOAD_SECONDS = 600.0


def write_table(path: Path, megabytes: int) -> None:
    """Write a table of at least so many megabytes."""
    rng = np.random.default_rng(0)
    with path.open("w") as file:
        file.write(",".join([*(f"n{n}" for n in range(20)), *(f"w{n}" for n in range(5))]) + "\n")
        while file.tell() < megabytes * MEGABYTE:
            numbers = rng.integers(1_000_000, 10_000_000, (_ROWS, 20)).astype(str)
            rows = np.concatenate([numbers, rng.choice(WORDS, (_ROWS, 5))], axis=1).tolist()
            file.write("".join(",".join(row) + "\n" for row in rows))


def main(megabytes: int) -> None:
    """Print the time, the size of the prepared content, and the peaks of the processes."""
    with TemporaryDirectory(prefix="logsweep-") as folder:
        path = Path(folder) / "table.csv"
        write_table(path, megabytes)
        print("## Memory: an upload of text\n")
        print(_measured(path))


def _measured(path: Path) -> str:
    """Upload the file, and return what was seen as a table."""
    with running_service(workers=1) as service:
        rest, start = memory(service.pid, "VmRSS"), perf_counter()
        with watched(service.pid) as peaks, path.open("rb") as file:
            response = service.client.post(
                "/v1/datasets", data={"name": "t", "target": "w0"}, files={"file": file}, timeout=_UPLOAD_SECONDS
            )
        response.raise_for_status()
        seconds = perf_counter() - start
        with service.client.stream("GET", "/v1/datasets/t/content") as answer:
            content = int(answer.raise_for_status().headers["content-length"])
    size = path.stat().st_size
    header = ["file, MB", "content, MB", "time", "server at rest, MB", "server alone, MB", "reading process, MB"]
    figures = [*(f"{one / MEGABYTE:,.0f}" for one in (size, content)), f"{seconds:.0f} s"]
    figures += [f"{one / MEGABYTE:,.0f}" for one in (rest, peaks.alone, peaks.helper, peaks.server)]
    times = peaks.server / size
    return show_table(
        [*header, "together, MB", "times the file", "target"],
        [[*figures, f"{times:.1f}x", Target("<=", TIMES, "x").verdict(times)]],
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
