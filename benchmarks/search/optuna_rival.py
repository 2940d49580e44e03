"""The rival: Optuna's samplers and pruners on the same tasks, seeds and noise. Needs the extra `bench-search`.

Its Gaussian process needs PyTorch and SciPy besides: without them those rows are missing.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from app.domain.plan import Drawn
from app.domain.space import ChoiceParameter, FloatParameter, IntParameter, Parameter
from app.domain.values import Value
from app.simulation.tasks import Table, Task
from benchmarks.search.cases import EVALUATIONS, FULL_TRAININGS

try:
    import optuna
except ImportError:
    optuna = None

INSTALLED = optuna is not None

ABSENT = "Optuna is not installed, so its rows are missing: pip install '.[bench-search]'."


@dataclass(frozen=True, slots=True)
class Rival:
    """A sampler and a pruner of Optuna; axes of numbers in a table are integers or categories."""

    name: str
    sampler: Callable[[int], Any]
    pruner: Callable[[], Any]
    integers: bool = True

    def regret(self, task: Task, seed: int, noise: float) -> float:
        """Return the regret of the best trial that Optuna shows once the budget is spent."""
        study = optuna.create_study(sampler=self.sampler(seed), pruner=self.pruner())
        fates, recorded = task.fates(seed, noise), task.recorder()
        axes = task.space.parameters
        left, seen = _budget(task), list[tuple[float, int, float]]()
        while left > 0:
            trial = study.ask()
            params = recorded({name: _suggest(trial, name, one, self.integers) for name, one in axes.items()})
            best = fates(Drawn(trial.number, params, "", task.epochs), 0, task.epochs).best
            pruned, epoch = False, 0
            while epoch < min(len(best), left) and not pruned:
                epoch += 1
                trial.report(best[epoch - 1], epoch)
                pruned = epoch < len(best) and trial.should_prune()
            left -= epoch
            state = optuna.trial.TrialState.PRUNED if epoch < len(best) else optuna.trial.TrialState.COMPLETE
            study.tell(trial, None if epoch < len(best) else best[-1], state)
            seen.append((best[epoch - 1], trial.number, task.cost(params, epoch)))
        return task.regret(min(seen)[2])


def rivals(task: Task) -> Iterator[Rival]:
    """Yield what Optuna is measured with on a task; nothing if it is absent."""
    if optuna is None:
        return
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    none, random = optuna.pruners.NopPruner, optuna.samplers.RandomSampler
    yield Rival("Optuna random", random, none)
    tpe = lambda seed: optuna.samplers.TPESampler(seed=seed)  # noqa: E731 - one name for two rows
    if isinstance(task, Table):
        yield Rival("Optuna TPE, integers", tpe, none)
        yield Rival("Optuna TPE, categories", tpe, none, integers=False)
        if find_spec("torch") and find_spec("scipy"):
            gp = lambda seed: optuna.samplers.GPSampler(seed=seed)  # noqa: E731 - one name for two rows
            yield Rival("Optuna GPSampler, integers", gp, none)
            yield Rival("Optuna GPSampler, categories", gp, none, integers=False)
        return
    halving = lambda: optuna.pruners.SuccessiveHalvingPruner(min_resource=2, reduction_factor=3)  # noqa: E731
    hyperband = lambda: optuna.pruners.HyperbandPruner(2, task.epochs, 3)  # noqa: E731
    yield Rival("Optuna random + successive halving", random, halving)
    yield Rival("Optuna random + Hyperband", random, hyperband)
    yield Rival("Optuna TPE", tpe, none)


def _budget(task: Task) -> int:
    return EVALUATIONS if isinstance(task, Table) else FULL_TRAININGS * task.epochs


def _suggest(trial: Any, name: str, parameter: Parameter, integers: bool) -> Value:
    if isinstance(parameter, IntParameter):
        return int(trial.suggest_int(name, parameter.low, parameter.high, log=parameter.scale == "log"))
    if isinstance(parameter, FloatParameter):
        return float(trial.suggest_float(name, parameter.low, parameter.high, log=parameter.scale == "log"))
    assert isinstance(parameter, ChoiceParameter)
    if integers and parameter.ordered:
        return parameter.values[int(trial.suggest_int(name, 0, len(parameter.values) - 1))]
    return parameter.values[int(trial.suggest_categorical(name, list(range(len(parameter.values)))))]
