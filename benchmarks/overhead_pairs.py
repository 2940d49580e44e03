"""One-epoch trials a second by the code of one git ref and of this checkout, in turns on the same machine.

    python -m benchmarks.overhead_pairs REF

Each round starts a server of each, with a folder of its own, and runs the sweep of `service_overhead` in it once
for warming and once for the figure.
"""

import argparse
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.service import HERE, running_service
from benchmarks.service_overhead import SWEEP, TRIALS, WORKERS
from benchmarks.spread import Spread, Target

NOT_FEWER = Target(">=", 1.0, "x")


def main() -> None:
    """Measure some rounds, and print the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("before", help="a git ref")
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    with checkout(asked.before) as old:
        pairs = [(rate(old), rate(HERE)) for _ in range(asked.rounds)]
    before, after = zip(*pairs, strict=True)
    ratio = Spread.of([new / old for old, new in pairs])
    print(f"## {TRIALS} trials of one epoch of softmax regression on iris, {WORKERS} workers\n")
    print(
        f"At {asked.before}: {Spread.of(before).show(' trials/s', 0)}; here: {Spread.of(after).show(' trials/s', 0)}."
    )
    print(f"Here to there: {ratio.show('x', 2)}, {NOT_FEWER.verdict(ratio.median)}.")


@contextmanager
def checkout(ref: str) -> Iterator[Path]:
    """Give the files of a git ref in a folder of their own."""
    with TemporaryDirectory(prefix="logsweep-code-") as folder:
        subprocess.run(["git", "worktree", "add", "--detach", folder, ref], check=True, cwd=HERE, capture_output=True)
        try:
            yield Path(folder)
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", folder], check=True, cwd=HERE)


def rate(code: Path) -> float:
    """Return the trials a second that a server by this code gets done."""
    with running_service(WORKERS, code) as service:
        service.run_sweep({**SWEEP, "budget": {"trials": 64 * WORKERS}})  # the workers are up
        _, seconds = service.run_sweep(SWEEP)
    return TRIALS / seconds


if __name__ == "__main__":
    main()
