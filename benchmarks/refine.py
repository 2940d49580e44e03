"""From coarse to fine: `python -m benchmarks.refine FCNET_NPZ`, whose trials are looked up in tables.

After 100 random trials, 100 more random ones beside 100 of the sweep that refines them: in the next space of the
analysis, with the first 100 as its history and a sampler that learns. Both begin with the same trials, seed by seed.
"""

import argparse
import os
from collections.abc import Iterator, Mapping
from copy import copy
from datetime import UTC, datetime
from pathlib import Path

from engine.blas import use_one_thread

use_one_thread(os.environ)  # before NumPy is imported

from app.analysis.edges import edges  # noqa: E402
from app.analysis.evidence import Evidence  # noqa: E402
from app.analysis.importance import importance  # noqa: E402
from app.analysis.next_space import next_parameters  # noqa: E402
from app.domain.history import EarlierSweep  # noqa: E402
from app.domain.space import Space  # noqa: E402
from app.domain.states import TrialState  # noqa: E402
from app.domain.sweeps import Budget  # noqa: E402
from app.domain.trials import Trial  # noqa: E402
from app.domain.values import Value  # noqa: E402
from app.planning.within import within  # noqa: E402
from app.simulation.clock import Search, simulate  # noqa: E402
from app.simulation.files import read_tasks  # noqa: E402
from app.simulation.tasks import Task  # noqa: E402
from benchmarks.intervals import show_interval  # noqa: E402
from benchmarks.spread import show_row, show_table  # noqa: E402

TRIALS, WORKERS = 100, [1.0] * 8
FINE_SEEDS = 1_000
"""From here on are the seeds of the refined sweeps."""

Seen = list[tuple[Mapping[str, Value], float]]
"""The points that were tried, with the costs that the search saw."""


def main() -> None:
    """Print a row for each table: both regrets and their difference, over paired seeds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path, help="tables on one grid, such as fcnet.npz")
    parser.add_argument("--sampler", default="gp", help="the sampler of the refined sweep")
    parser.add_argument("--seeds", type=int, default=10, help="paired seeds of each table")
    asked = parser.parse_args()
    columns = ["table", "100 + 100 random", "100 random + 100 refined", "refined less random"]
    print(show_table(columns, []), flush=True)
    found = list[tuple[float, float]]()
    for task in read_tasks(asked.file):
        pairs = [_regrets(task, seed, asked.sampler) for seed in range(asked.seeds)]
        found += pairs
        print(show_row([task.name, *_cells(pairs)]), flush=True)
    print(show_row(["all", *_cells(found)]))


def _cells(pairs: list[tuple[float, float]]) -> Iterator[str]:
    yield show_interval([plain for plain, _ in pairs])
    yield show_interval([refined for _, refined in pairs])
    yield show_interval([refined - plain for plain, refined in pairs])


def _regrets(task: Task, seed: int, sampler: str) -> tuple[float, float]:
    """Return the true regret of the trial that looks best after 200 trials: random ones, and half of them refined."""
    plain = _tried(task, Search({"kind": "random"}, {"kind": "none"}, Budget(2 * TRIALS), seed))
    coarse = plain[:TRIALS]
    fine = copy(task)
    fine.space = _next_space(task, coarse)
    search = Search({"kind": sampler}, {"kind": "none"}, Budget(TRIALS), FINE_SEEDS + seed)
    spec = search.spec(fine)
    inside = [(params, cost) for params, cost in coarse if within(spec, params) is not None]
    earlier = EarlierSweep("coarse", True, [params for params, _ in inside], [cost for _, cost in inside])
    known = Search(search.sampler, search.scheduler, search.budget, search.seed, earlier=(earlier,))
    return _regret(task, plain), _regret(task, [*coarse, *_tried(fine, known)])


def _tried(task: Task, search: Search) -> Seen:
    sweep = simulate(task, search, WORKERS).sweep
    return [(sweep.trials[number].params, cost) for number, cost in sweep.values().items() if cost is not None]


def _regret(task: Task, tried: Seen) -> float:
    params, _ = min(tried, key=lambda one: one[1])
    return task.regret(task.cost(params, task.epochs))


def _next_space(task: Task, tried: Seen) -> Space:
    trials = [_trial(number, params, cost) for number, (params, cost) in enumerate(tried)]
    evidence = Evidence.of(task.space, "minimize", trials)
    kept = importance(evidence).irrelevant
    changed = next_parameters(evidence, edges(evidence, lambda _, __: False), kept, lambda _, __: True)
    return Space({**task.space.parameters, **changed})


def _trial(number: int, params: Mapping[str, Value], cost: float) -> Trial:
    now = datetime.now(UTC)
    state = TrialState.COMPLETED
    return Trial("coarse", number, state, params, {}, cost, 1, 1, 0.0, None, 1, now, now, now)


if __name__ == "__main__":
    main()
