"""Importance beside Optuna's on the same trials: `python -m benchmarks.importance FOLDER [TASK ...]`.

Trials are drawn at random from the tables and recorded curves of the folder. Both are told the same: the place of each
value on its own scale (unordered values as categories), and the cost. Optuna's fANOVA is asked with two seeds, so that
there are two distances to hold against each other: ours from its answers, and that of its answers from each other. A
distance is half the sum of the absolute differences of two importances that sum to 1: 0 if equal, 1 if disjoint.
"""

import argparse
import json
import os
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import fmean
from typing import Any

from engine.blas import use_one_thread

use_one_thread(os.environ)  # before NumPy is imported

import numpy as np  # noqa: E402
import optuna  # noqa: E402
from optuna.importance import FanovaImportanceEvaluator, PedAnovaImportanceEvaluator  # noqa: E402
from scipy.stats import spearmanr  # noqa: E402

from app.analysis.evidence import Evidence  # noqa: E402
from app.analysis.importance import importance  # noqa: E402
from app.contract.rules import CURRENT_RULES  # noqa: E402
from app.domain.plan import Drawn  # noqa: E402
from app.domain.space import ChoiceParameter  # noqa: E402
from app.domain.states import TrialState  # noqa: E402
from app.domain.trials import Trial  # noqa: E402
from app.simulation.files import read_tasks  # noqa: E402
from app.simulation.tasks import Task  # noqa: E402
from benchmarks.intervals import show_interval  # noqa: E402
from benchmarks.spread import show_row, show_table  # noqa: E402

Shares = Mapping[str, float]

OURS, FIRST, SECOND, PED = "ours", "Optuna's fANOVA", "Optuna's fANOVA, another seed", "Optuna's PED-ANOVA"
HEADER = ["tasks", "trials", "searches", "ours to Optuna's", "Optuna's under another seed", "difference", "ranks agree"]
HEADER += ["Optuna's PED-ANOVA to its fANOVA", "CPU seconds, ours and Optuna's"]


def main() -> None:
    """Print a row for each number of trials: means over tasks and seeds with their 95 % intervals."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="the folder with fcnet.npz, lcbench_curves.npz, or others like them")
    parser.add_argument("tasks", nargs="*", metavar="TASK", help="tasks of these files; all of them unless said")
    parser.add_argument("--trials", type=int, nargs="+", default=[50, 100, 300], help="how many trials are told")
    parser.add_argument("--seeds", type=int, default=3, help="random searches of each task")
    parser.add_argument("--json", type=Path, help="a file for all shares")
    asked = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
    print(show_table(HEADER, []), flush=True)
    rows = list[dict[str, Any]]()
    for file in sorted(asked.folder.glob("*.npz")):
        tasks = [one for one in read_tasks(file) if not asked.tasks or one.name in asked.tasks]
        for count in asked.trials if tasks else []:
            found = [_measured(task, count, seed) for task in tasks for seed in range(asked.seeds)]
            print(show_row(list(_cells(file.stem, count, found))), flush=True)
            rows += found
    if asked.json:
        asked.json.write_text(json.dumps(rows, indent=1))


def _measured(task: Task, count: int, seed: int) -> dict[str, Any]:
    """Return the shares that each measure gives the parameters of a random search, and its processor time."""
    evidence = Evidence.of(task.space, "minimize", list(_trials(task, count, seed)))
    study = _study(evidence)
    measures: Mapping[str, Callable[[], Shares]] = {
        OURS: lambda: {one.parameter: one.share for one in importance(evidence).alone},
        FIRST: lambda: _of_optuna(study, FanovaImportanceEvaluator(seed=2 * seed)),
        SECOND: lambda: _of_optuna(study, FanovaImportanceEvaluator(seed=2 * seed + 1)),
        PED: lambda: _of_optuna(study, PedAnovaImportanceEvaluator()),
    }
    shares, seconds = dict[str, Shares](), dict[str, float]()
    for name, measure in measures.items():
        start = time.process_time()
        shares[name] = measure()
        seconds[name] = time.process_time() - start
    return {"task": task.name, "trials": count, "seed": seed, "shares": shares, "seconds": seconds}


def _trials(task: Task, count: int, seed: int) -> Iterator[Trial]:
    """Yield random trials, each as the configuration that it is recorded for."""
    quantiles = np.random.default_rng(seed).random((count, len(task.space))).tolist()
    fates, recorded, now = task.fates(seed, 0.0), task.recorder(), datetime.now(UTC)
    for number, drawn in enumerate(task.space.points(quantiles, {}, CURRENT_RULES)):
        params = recorded(drawn)
        cost = fates(Drawn(number, params, "", task.epochs), 0, task.epochs).best[-1]
        state = TrialState.COMPLETED
        yield Trial("search", number, state, params, {}, cost, 1, 1, 0.0, None, 1, now, now, now)


def _study(evidence: Evidence) -> Any:
    study = optuna.create_study()
    axes = {name: _distribution(axis) for name, axis in evidence.space.parameters.items()}
    columns = {name: places.tolist() for name, places in evidence.coordinates.items()}
    for row, cost in enumerate(evidence.costs.tolist()):
        params = {name: _told(axis, columns[name][row]) for name, axis in axes.items()}
        study.add_trial(optuna.trial.create_trial(params=params, distributions=axes, value=cost))
    return study


def _distribution(axis: Any) -> Any:
    if not isinstance(axis, ChoiceParameter):
        return optuna.distributions.FloatDistribution(0.0, 1.0)
    if axis.ordered:
        return optuna.distributions.IntDistribution(0, len(axis.values) - 1)
    return optuna.distributions.CategoricalDistribution(range(len(axis.values)))


def _told(axis: Any, place: float) -> float:
    """Return a place as Optuna is told it: as a number of 0 to 1, or as the position of a value."""
    if isinstance(axis, optuna.distributions.IntDistribution):
        return round(place * float(axis.high))
    return place if isinstance(axis, optuna.distributions.FloatDistribution) else int(place)


def _of_optuna(study: Any, evaluator: Any) -> Shares:
    return dict(optuna.importance.get_param_importances(study, evaluator=evaluator))


def _cells(name: str, count: int, found: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    shares = [one["shares"] for one in found]
    ours, ped = ([_to_both(one, measure) for one in shares] for measure in (OURS, PED))
    own = [_distance(one[SECOND], one[FIRST]) for one in shares]
    yield from (name, str(count), str(len(found)), show_interval(ours), show_interval(own))
    yield show_interval([one - other for one, other in zip(ours, own, strict=True)])
    ranks = [[_ranks(one["shares"][measure], one["shares"][FIRST]) for one in found] for measure in (OURS, SECOND)]
    yield " and ".join(f"{fmean(one):.3f}" for one in ranks)
    yield show_interval(ped)
    yield " and ".join(f"{fmean(one['seconds'][measure] for one in found):.2f}" for measure in (OURS, FIRST))


def _to_both(shares: Mapping[str, Shares], measure: str) -> float:
    """Return the mean of the distances of a measure from Optuna's fANOVA under both seeds."""
    return fmean(_distance(shares[measure], shares[seed]) for seed in (FIRST, SECOND))


def _distance(one: Shares, other: Shares) -> float:
    return sum(abs(one[name] - other[name]) for name in other) / 2


def _ranks(one: Shares, other: Shares) -> float:
    """Return Spearman's correlation of the ranks."""
    first, second = (np.array([shares[name] for name in sorted(other)]) for shares in (one, other))
    return float(spearmanr(first, second).statistic)


if __name__ == "__main__":
    main()
