"""Virtual workers on a virtual clock: a whole sweep on a task, with what was known at each moment."""

import heapq
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from app.domain.history import EarlierSweep
from app.domain.states import SweepState, TrialState
from app.domain.sweeps import Budget, Confirmation, Objective, SweepSpec
from app.domain.values import Value
from app.simulation.runs import Run
from app.simulation.sweep import VirtualSweep
from app.simulation.tasks import Task


@dataclass(frozen=True, slots=True)
class Moment:
    """What was known once a run had stopped: seconds and epochs spent by all, and the regret of the best trial."""

    seconds: float
    epochs: int
    trial: int
    regret: float


@dataclass(slots=True)
class Simulation:
    """A sweep that virtual workers of these `speeds` have brought to its end."""

    task: Task
    sweep: VirtualSweep
    speeds: Sequence[float]
    moments: list[Moment] = field(default_factory=list)
    busy: float = 0.0
    """Seconds in which workers trained, all together."""

    @property
    def regret(self) -> float:
        """The regret of what the sweep hands back; NaN if no run came to a value."""
        return self.moments[-1].regret if self.moments else math.nan

    @property
    def seconds(self) -> float:
        """When the sweep ended."""
        return self.moments[-1].seconds if self.moments else 0.0

    @property
    def utilisation(self) -> float:
        """The share of their time that the workers trained."""
        return self.busy / (self.seconds * len(self.speeds)) if self.seconds else 1.0


@dataclass(frozen=True, slots=True)
class Search:
    """What is simulated: the kinds with their options, the budget, how the task is seen, and what is known before."""

    sampler: Mapping[str, Value]
    scheduler: Mapping[str, Value]
    budget: Budget
    seed: int = 0
    replicates: int = 1
    noise: float = 0.0
    confirm: Confirmation | None = None
    earlier: Sequence[EarlierSweep] = ()

    def spec(self, task: Task) -> SweepSpec:
        """Return the sweep on a task: the cost is its objective, and each trial has the epochs of the task."""
        return SweepSpec(
            name=task.name,
            dataset=task.name,
            seed=self.seed,
            space=task.space,
            fixed={"epochs": task.epochs},
            objective=Objective("dev_error", "minimize"),
            sampler=self.sampler,
            scheduler=self.scheduler,
            early_stopping=None,
            budget=self.budget,
            replicates=self.replicates,
            confirm=self.confirm,
        )


def simulate(task: Task, search: Search, speeds: Sequence[float]) -> Simulation:
    """Let a virtual worker of each speed, training one run at a time, bring a sweep to its end.

    A worker of speed 2 needs half the seconds for an epoch. Where several are free the first one takes the next run,
    and where several stop at once the first one is heard first: the same arguments give the same simulation.
    """
    fates, recorded = task.fates(search.seed, search.noise), task.recorder()
    sweep = VirtualSweep(search.spec(task), fates, recorded=recorded, earlier=search.earlier)
    found = Simulation(task, sweep, speeds)
    held = list[tuple[float, int, Run]]()
    free, now = list(range(len(speeds))), 0.0
    best = _Best(found)
    found.sweep.look()
    while found.sweep.state is SweepState.RUNNING:
        for run in found.sweep.in_state(TrialState.QUEUED)[: len(free)]:
            worker = heapq.heappop(free)
            found.sweep.start(run)
            taken = _duration(found.sweep, run) / speeds[worker]
            found.busy += taken
            heapq.heappush(held, (now + taken, worker, run))
        assert held, "a running sweep has nothing to do"
        now, worker, run = heapq.heappop(held)
        heapq.heappush(free, worker)
        found.sweep.train(run)
        found.sweep.seconds = now
        best.heard(run, now)
        found.sweep.look()
    return found


def _duration(sweep: VirtualSweep, run: Run) -> float:
    """Return the seconds from where a run stands to where it is asked to stop, on a worker of speed 1."""
    seconds = sweep.fate(run).seconds
    return float(run.asked - run.epochs) if seconds is None else math.fsum(seconds[run.epochs : run.asked])


class _Best:
    """The best trial so far, by what is seen of its replicates, and how good it truly is."""

    def __init__(self, found: Simulation) -> None:
        self._found = found
        self._reached = dict[tuple[int, int], int]()
        self._epochs = 0
        self._regrets = dict[tuple[int, int], float]()
        self._costs = dict[int, float]()

    def heard(self, run: Run, now: float) -> None:
        """Note that a run has stopped; a trial counts once all its replicates have a value."""
        sweep = self._found.sweep
        self._epochs += run.epochs - self._reached.get((run.trial, run.replicate), 0)
        self._reached[run.trial, run.replicate] = run.epochs
        if (cost := sweep.cost(run.trial)) is None:
            self._costs.pop(run.trial, None)
        else:
            self._costs[run.trial] = cost
        if self._costs:
            trial = min(self._costs, key=lambda one: (one not in sweep.confirmed, self._costs[one], one))
            self._found.moments.append(Moment(now, self._epochs, trial, self._regret(trial)))

    def _regret(self, trial: int) -> float:
        sweep, task = self._found.sweep, self._found.task
        stand = trial, sweep.runs[trial, 0].epochs
        if stand not in self._regrets:
            self._regrets[stand] = task.regret(task.cost(sweep.trials[trial].params, stand[1]))
        return self._regrets[stand]
