"""What memory the server and a worker take for a data set of bytes: peaks of the resident memory, against the file.

`python -m benchmarks.byte_memory` measures on random pixels in the sizes of MNIST and of CIFAR-10; followed by the path
of an NPZ file, on that file as well. Linux alone tells the peak of a process.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from benchmarks.memory import MEGABYTE, memory, watched
from benchmarks.service import running_service
from benchmarks.spread import Target, show_row, show_table

SERVER, WORKER = (2.5, 200.0), (1.5, 200.0)
"""How many times the file, and how many megabytes more, the processes may take."""

SIZES = {"the size of MNIST": (70_000, 784), "the size of CIFAR-10": (60_000, 32, 32, 3)}
UPLOAD_SECONDS = 600.0

SWEEP: dict[str, Any] = {
    "name": "two trials",
    "dataset": "pixels",
    "seed": 7,
    "space": {"learning_rate": {"kind": "float", "low": 1e-4, "high": 1e-2, "scale": "log"}},
    "fixed": {"hidden_units": [32], "epochs": 1, "batch_size": 128},
    "budget": {"trials": 2},
}


def main(arguments: Sequence[str]) -> None:
    """Measure, and print the table."""
    print("## Memory: an upload of bytes, a sweep of 2 trials on it, and a model; one worker\n")
    header = ["file", "unpacked, MB", "server at rest, MB", "server, MB", "target", "worker, MB", "target"]
    print(show_table(header, []), flush=True)
    for given in map(Path, arguments):
        print(show_row(_measure(given.name, given)), flush=True)
    for title, shape in SIZES.items():
        with TemporaryDirectory(prefix="logsweep-") as folder:
            path = Path(folder) / "pixels.npz"
            rng = np.random.default_rng(0)
            np.savez(path, x=rng.integers(0, 256, shape, np.uint8), y=rng.integers(0, 10, shape[0]).astype(np.uint8))
            print(show_row(_measure(title, path)), flush=True)


def _measure(title: str, path: Path) -> list[str]:
    with np.load(path) as archive:
        size = sum(archive[name].nbytes for name in archive.files) / MEGABYTE
    with running_service(workers=1) as service:
        rest = memory(service.pid, "VmRSS")
        with watched(service.pid) as peaks:
            with path.open("rb") as file:
                response = service.client.post(
                    "/v1/datasets", data={"name": "pixels"}, files={"file": file}, timeout=UPLOAD_SECONDS
                )
            response.raise_for_status()
            sweep, _ = service.run_sweep(SWEEP)
            service.client.get(f"/v1/sweeps/{sweep['id']}/trials/0/model", timeout=60.0).raise_for_status()
    figures = [f"{size:,.1f}", f"{rest / MEGABYTE:,.0f}"]
    for peak, (times, more) in ((peaks.server, SERVER), (peaks.worker, WORKER)):
        target = Target("<=", round(times * size + more), " MB")
        figures += [f"{peak / MEGABYTE:,.0f}", target.verdict(peak / MEGABYTE)]
    return [title, *figures]


if __name__ == "__main__":
    main(sys.argv[1:])
