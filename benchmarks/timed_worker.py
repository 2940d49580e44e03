"""A worker that tells how many processor seconds its training thread spent on what; started by `sweep_profile`.

It works for the server of its first argument under the name of its second. For each line of standard input it prints,
as JSON, the seconds of each phase since the line before, and it ends with the input.
"""

import json
import os
import signal
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from functools import wraps
from threading import Thread
from types import ModuleType
from typing import Any

from app.cli import SLOTS
from app.trainer.blas import use_one_thread

use_one_thread(os.environ)  # before NumPy is imported

from app.trainer.trainer import Trainer  # noqa: E402
from app.worker.loop import Worker  # noqa: E402
from engine.population.batches import BatchStep  # noqa: E402
from engine.population.cohort import Cohort  # noqa: E402
from engine.population.evaluation import Evaluation  # noqa: E402
from engine.population.tile import Tile  # noqa: E402
from engine.population.update import Update  # noqa: E402

PHASES = (
    ("forward and backward passes", BatchStep, "run"),
    ("updates of the weights", Update, "step"),
    ("the rest of a step", Tile, "_train"),
    ("orders, generators and learning rates of an epoch", Tile, "_begin_epoch"),
    ("scores on dev", Evaluation, "run"),
    ("scores on all parts at the end", Trainer, "settle"),
    ("points of curves", Tile, "train_epoch"),
    ("binding tiles to memory", Cohort, "_cut_tiles"),
    ("members that join and end", Cohort, "join"),
    ("members that join and end", Cohort, "_let_go"),
    ("curves and results for the server", Trainer, "train"),
    ("curves and results for the server", Worker, "_post"),
    ("trials that come in", Trainer, "add"),
)
"""Names of phases, and the methods that they are; a phase within another does not count towards that."""


class PhaseClock:
    """The processor seconds of one thread by phase."""

    def __init__(self) -> None:
        self._seconds: dict[str, float] = defaultdict(float)
        self._inner = [0.0]

    def count(self, phase: str, owner: type | ModuleType, method: str) -> None:
        """Let a method count towards a phase from now on."""
        setattr(owner, method, self._timed(phase, getattr(owner, method)))

    def _timed(self, phase: str, run: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(run)
        def timed(*args: Any, **named: Any) -> Any:
            start = time.thread_time()
            self._inner.append(0.0)
            try:
                return run(*args, **named)
            finally:
                took = time.thread_time() - start
                self._seconds[phase] += took - self._inner.pop()
                self._inner[-1] += took

        return timed

    def take(self) -> dict[str, float]:
        """Return the seconds since the last call."""
        taken, self._seconds = self._seconds, defaultdict(float)
        return dict(taken)


def main(server: str, name: str) -> None:
    """Work until the input ends."""
    clock = PhaseClock()
    for phase, owner, method in PHASES:
        clock.count(phase, owner, method)
    worker = Worker(server, name, SLOTS, None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the benchmark, which then closes the input
    Thread(target=_tell, args=(clock, worker), daemon=True).start()
    worker.run()


def _tell(clock: PhaseClock, worker: Worker) -> None:
    for _ in sys.stdin:
        print(json.dumps(clock.take()), flush=True)
    worker.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
