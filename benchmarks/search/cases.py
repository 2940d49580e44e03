"""What is searched and how: every sampler and scheduler of the registries that the versions here can pair."""

from collections.abc import Iterator
from dataclasses import dataclass

from app.domain.sweeps import Budget
from app.domain.values import Value
from app.samplers import SAMPLERS
from app.schedulers import SCHEDULERS
from app.simulation.clock import Search, simulate
from app.simulation.tasks import Table, Task

EVALUATIONS = 100
"""The trials of a search on a table."""

FULL_TRAININGS = 40
"""The budget on recorded curves, in full trainings."""

_AT_RUNGS: dict[str, dict[str, Value]] = {"successive_halving": {"eta": 3, "first_rung": 2}}
"""Options on recorded curves, whose first epoch is untrained."""

_BRACKET = {"successive_halving": 9}
"""So many times the full trainings of the budget are drawn: about what its epochs reach for in one bracket."""


@dataclass(frozen=True, slots=True)
class Method:
    """A pair of sampler and scheduler, as a row of the table is called."""

    sampler: str
    scheduler: str

    @property
    def name(self) -> str:
        """The name in the table."""
        return self.sampler if self.scheduler == "none" else f"{self.sampler} + {self.scheduler}"

    def regret(self, task: Task, seed: int, noise: float) -> float:
        """Return the regret at the end of one search, with eight virtual workers."""
        options = {} if isinstance(task, Table) else _AT_RUNGS.get(self.scheduler, {})
        scheduler: dict[str, Value] = {"kind": self.scheduler, **options}
        search = Search({"kind": self.sampler}, scheduler, self._budget(task), seed, noise=noise)
        return simulate(task, search, [1.0] * 8).regret

    def _budget(self, task: Task) -> Budget:
        if isinstance(task, Table):
            return Budget(EVALUATIONS)
        trials = FULL_TRAININGS * _BRACKET.get(self.scheduler, 1 if self.scheduler == "none" else 50)
        return Budget(trials, epochs=FULL_TRAININGS * task.epochs)


def methods(task: Task, wanted: list[str]) -> Iterator[Method]:
    """Yield what can be tried on a task: on a table schedulers have nothing to compare."""
    for sampler in SAMPLERS:
        for scheduler in ["none"] if isinstance(task, Table) else SCHEDULERS:
            method = Method(sampler, scheduler)
            if not wanted or method.name in wanted:
                yield method
