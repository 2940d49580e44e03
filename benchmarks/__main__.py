"""Run the benchmarks of a report, "engine" or "service", each in a process of its own, and print one report."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from benchmarks.machine import show_machine

KERNELS = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
"""Variables that would name kernels in OpenBLAS's place: left out, so that every library chooses for itself."""

REPORTS: Mapping[str, Sequence[str]] = {
    "engine": (
        "engine_speed",
        "technique_cost",
        "augmentation_speed",
        "service_speed",
        "service_overhead",
        "request_checks",
    ),
    "service": (
        "request_cost",
        "service_load",
        "waiting_claims",
        "feeds",
        "large_lists",
        "dashboard_scale",
        "trial_bytes",
        "drawing",
        "metrics_cost",
        "many_trials",
    ),
}
"""The benchmarks of each report: the engine beside other libraries, and the service under load."""


def main(report: str = "engine") -> None:
    """Print the facts of the machine, then each benchmark's report. Ends with an error if one of them fails."""
    left_out = [f"{name}={os.environ.pop(name)}" for name in KERNELS if name in os.environ]
    print(f"# logsweep benchmarks, {datetime.now(UTC):%Y-%m-%d}\n\n{show_machine()}")
    print(f"- Left out of the environment: {', '.join(left_out) or 'nothing'}", flush=True)
    for benchmark in REPORTS[report]:
        print(flush=True)
        _run(benchmark)


def _run(benchmark: str) -> None:
    """Run a benchmark in a process of its own, for its own BLAS settings before NumPy is imported."""
    process = subprocess.Popen([sys.executable, "-m", f"benchmarks.{benchmark}"])
    try:
        code = process.wait()
    except KeyboardInterrupt:
        process.wait()  # Ctrl-C reached it too, and it is stopping its server
        raise
    if code:
        raise SystemExit(f"The benchmark {benchmark} failed with code {code}.")


if __name__ == "__main__":
    main(*sys.argv[1:])
