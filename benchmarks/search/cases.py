"""What is searched and how: every sampler and scheduler of the registries that the versions here can pair."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from app.domain.plan import Need
from app.domain.sweeps import Budget, Confirmation
from app.domain.values import Value
from app.planning.pairs import pair_faults
from app.samplers import SAMPLERS
from app.schedulers import SCHEDULERS
from app.schedulers.rungs import geometric
from app.simulation.clock import Search, simulate
from app.simulation.tasks import Table, Task

EVALUATIONS = 100
"""The trials of a search on a table."""

FULL_TRAININGS = 40
"""The budget on recorded curves, in full trainings."""

CONFIRM = Confirmation(share=0.1, leaders=5, replicates=2)
"""The last tenth of the evaluations on a table gives its five leaders two more seeds each."""

_AT_RUNGS: dict[str, dict[str, Value]] = {
    "successive_halving": {"eta": 3, "first_rung": 2},
    "hyperband": {"eta": 3, "first_rung": 2},
    "asha": {"eta": 3, "first_rung": 2, "at_once": 8},
    "median": {"first_rung": 2},
}
"""Options on recorded curves, whose first epoch is untrained."""


@dataclass(frozen=True, slots=True)
class Method:
    """A pair of sampler and scheduler, as a row of the table is called."""

    sampler: str
    scheduler: str
    confirm: Confirmation | None = None

    @property
    def name(self) -> str:
        """The name in the table."""
        pair = self.sampler if self.scheduler == "none" else f"{self.sampler} + {self.scheduler}"
        return f"{pair}, confirmed" if self.confirm else pair

    def regret(self, task: Task, seed: int, noise: float) -> float:
        """Return the regret at the end of one search, with eight virtual workers."""
        search = Search(*self.kinds(task), self._budget(task), seed, noise=noise, confirm=self.confirm)
        return simulate(task, search, [1.0] * 8).regret

    def kinds(self, task: Task) -> tuple[dict[str, Value], dict[str, Value]]:
        """Return sampler and scheduler with their options."""
        options = {} if isinstance(task, Table) else dict(_AT_RUNGS.get(self.scheduler, {}))
        if self._brackets:
            options["bracket"] = 27
        return {"kind": self.sampler}, {"kind": self.scheduler, **options}

    @property
    def _brackets(self) -> bool:
        """Whether a sampler that learns is halved, which takes brackets of a size."""
        return self.scheduler == "successive_halving" and SAMPLERS[self.sampler].need is Need.ALL

    def _budget(self, task: Task) -> Budget:
        if isinstance(task, Table):
            return Budget(EVALUATIONS, epochs=EVALUATIONS)
        epochs = FULL_TRAININGS * task.epochs
        if self.scheduler == "successive_halving" and not self._brackets:
            return Budget(widest(geometric(2, 3, task.epochs), 3, epochs), epochs=epochs)
        return Budget(FULL_TRAININGS if self.scheduler == "none" else epochs, epochs=epochs)


def widest(rungs: Sequence[int], eta: int, epochs: int) -> int:
    """Return the most trials of one bracket whose rungs, n // eta^k going beyond rung k, cost at most `epochs`."""
    stretches = [end - start for start, end in pairwise([0, *rungs])]

    def cost(trials: int) -> int:
        return sum(stretch * max(trials // eta**rung, 1) for rung, stretch in enumerate(stretches))

    return max(trials for trials in range(1, epochs + 1) if trials == 1 or cost(trials) <= epochs)


def methods(task: Task, wanted: list[str]) -> Iterator[Method]:
    """Yield what can be tried on a task: pairs that are refused are left out, and schedulers on tables."""
    for sampler in SAMPLERS:
        for scheduler in ["none"] if isinstance(task, Table) else SCHEDULERS:
            for method in (Method(sampler, scheduler), Method(sampler, scheduler, CONFIRM)):
                possible = method.confirm is None or isinstance(task, Table)  # curves are the same for all seeds
                if (not wanted or method.name in wanted) and possible and not any(pair_faults(*method.kinds(task))):
                    yield method
