"""The first demo on a fresh machine: the time of `make setup` and `make demo` at one git ref and at another.

Each run has a new copy of the repository, a new virtual environment, an empty home folder, so no compiled kernels of
before, and a data folder of its own. The two take turns, round after round, and are timed from the copy to the leader
board. Packages come from a cache that both filled beforehand, or anew each time (`--cold`).
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.machine import show_machine
from benchmarks.spread import Spread, Target, show_table

REPOSITORY = Path(__file__).parents[1]
WORKING_TREE = "the working tree"
LAST_LINE = "The server goes on until you press Ctrl-C."
OF_THE_CALLER = ("LOGSWEEP_", "MAKE", "MFLAGS", "PIP_CACHE", "PIP_NO_CACHE", "PYTHON", "VIRTUAL_ENV", "XDG_")
"""Variables that begin like this would lead out of the fresh folders, and are left out."""

NOT_SLOWER = Target("<=", 1.0, "x")


@dataclass(frozen=True, slots=True)
class Seconds:
    """What a first demo took: installing, and from the start of the demo to the leader board."""

    setup: float
    demo: float

    @property
    def whole(self) -> float:
        """Both together, which is what `make demo` takes in a new copy."""
        return self.setup + self.demo


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("before", help="a git ref")
    parser.add_argument("after", nargs="?", default=WORKING_TREE, help="another one; the working tree unless said")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--cold", action="store_true", help="fetch all packages anew in each run, without pip's cache")
    asked = parser.parse_args()
    with TemporaryDirectory(prefix="logsweep-pip-") as cache:
        variables = {"PIP_NO_CACHE_DIR": "1"} if asked.cold else {"PIP_CACHE_DIR": cache}
        if not asked.cold:
            for ref in (asked.before, asked.after):
                first_demo(ref, variables)  # it fills the cache, and is not counted
        rounds = [[first_demo(ref, variables) for ref in (asked.before, asked.after)] for _ in range(asked.rounds)]
    before, after = zip(*rounds, strict=True)
    print(f"## First demo: a new copy, a new environment, {'no' if asked.cold else 'a warm'} cache of pip\n")
    print(f"{show_machine()}\n")
    rows = [_row(asked.before, before), _row(asked.after, after)]
    print(show_table(["seconds", "installation", "from start to leader board", "together"], rows))
    ratio = Spread.of_ratios([run.whole for run in after], [run.whole for run in before])
    print(f"\nTogether, {asked.after} over {asked.before}: {ratio.show('x', 2)}, {NOT_SLOWER.verdict(ratio.median)}.")


def _row(ref: str, runs: tuple[Seconds, ...]) -> list[str]:
    columns = [[run.setup for run in runs], [run.demo for run in runs], [run.whole for run in runs]]
    return [ref, *(Spread.of(column).show(digits=2) for column in columns)]


def first_demo(ref: str, variables: Mapping[str, str]) -> Seconds:
    """Copy the repository at `ref`, install it and run its demo; return what that took, without the copying."""
    with TemporaryDirectory(prefix="logsweep-first-") as folder:
        copy, home = Path(folder) / "logsweep", Path(folder) / "home"
        home.mkdir()
        _copy(ref, copy)
        kept = {name: value for name, value in os.environ.items() if not name.startswith(OF_THE_CALLER)}
        environment = {**kept, "HOME": str(home), "PYTHONUNBUFFERED": "1", **variables}
        # The interpreter itself: a shim may look for its own in the home folder.
        setup = ["make", "--silent", "setup", f"PYTHON={Path(sys.executable).resolve()}"]
        start = time.perf_counter()
        subprocess.run(setup, cwd=copy, env=environment, check=True)
        return Seconds(time.perf_counter() - start, _run_demo(copy, environment))


def _copy(ref: str, to: Path) -> None:
    """Copy a commit, or what is in the working tree and not ignored."""
    if ref != WORKING_TREE:
        subprocess.run(["git", "clone", "--quiet", "--no-checkout", str(REPOSITORY), str(to)], check=True)
        commit = subprocess.check_output(["git", "rev-parse", f"{ref}^{{commit}}"], cwd=REPOSITORY, text=True).strip()
        subprocess.run(["git", "checkout", "--quiet", "--detach", commit], cwd=to, check=True)
        return
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.check_output(listing, cwd=REPOSITORY, text=True).split("\0"):
        if name and (REPOSITORY / name).exists():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(REPOSITORY / name, to / name)


def _run_demo(copy: Path, environment: Mapping[str, str]) -> float:
    """Run `make demo` until its leader board is there, and return the seconds; then end it as Ctrl-C does."""
    start = time.perf_counter()
    process = subprocess.Popen(
        ["make", "demo"], cwd=copy, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stdout is not None
    shown = []
    try:
        for line in process.stdout:
            shown.append(line)
            if line.startswith(LAST_LINE):
                return time.perf_counter() - start
        raise RuntimeError(f"The demo ended before its leader board:\n{''.join(shown)}")
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
        process.communicate()


if __name__ == "__main__":
    main()
