"""Sweeps in memory whose runs go as chance has it, and whose workers finish in any order."""

import random
from collections.abc import Callable

from app.domain.plan import Plan, Snapshot
from app.domain.states import SweepState, TrialState
from app.domain.sweeps import SweepSpec
from app.simulation.runs import Fate
from app.simulation.sweep import SHA, VirtualSweep

__all__ = ["SHA", "Fate", "SimulatedSweep", "dice", "fates", "finished"]

Fates = Callable[[int, int, int], Fate]
"""The fate of a run by (trial, replicate, epochs): as many epochs as it would train, at most `epochs`."""


class SimulatedSweep(VirtualSweep):
    """A sweep whose runs go by their numbers alone, and which workers of any speed train."""

    def __init__(self, spec: SweepSpec, fates: Fates) -> None:
        super().__init__(spec, lambda trial, replicate, epochs: fates(trial.number, replicate, epochs))

    def planned(self, shown: Snapshot) -> Plan:
        """Return the plan, once it was made twice."""
        made = super().planned(shown)
        assert made == super().planned(shown), "the same snapshot gives the same plan"
        return made

    def work(self, order: int, workers: int = 4, steps: int | None = None) -> None:
        """Let workers train until the sweep has ended or after so many steps; who is faster follows from `order`."""
        chance = dice(order)
        self.look()
        while self.state is SweepState.RUNNING and steps != 0:
            queued, held = self.in_state(TrialState.QUEUED), self.in_state(TrialState.RUNNING)
            for run in chance.sample(queued, min(len(queued), max(workers - len(held), 0))):
                self.start(run)
            held = self.in_state(TrialState.RUNNING)
            assert held or self.ending, f"a running sweep has nothing to do: {self.snapshot()}"
            for run in chance.sample(held, chance.randint(min(1, len(held)), len(held))):
                self.train(run)
            if chance.random() < 0.5 or not self.in_state(TrialState.QUEUED):
                self.look()
            steps = None if steps is None else steps - 1


def dice(seed: int | str) -> random.Random:
    """Return a generator of numbers that follow from `seed`."""
    return random.Random(seed)  # noqa: S311 - nothing here is a secret


def fates(seed: int) -> Fates:
    """Return fates by chance: some runs end early, some diverge, some fail."""

    def fate(trial: int, replicate: int, epochs: int) -> Fate:
        chance = dice(f"{seed} {trial} {replicate}")
        length = chance.choice([epochs, epochs, chance.randint(1, epochs)])
        end = chance.choices(
            [TrialState.COMPLETED, TrialState.DIVERGED, TrialState.FAILED], [8, 1, 1] if length < epochs else [1, 0, 0]
        )[0]
        best, value = list[float](), 1.0
        for _ in range(length):
            value = min(value, round(chance.random(), 1))  # few different values: ties are frequent
            best.append(value)
        return Fate(best, end)

    return fate


def finished(spec: SweepSpec, seed: int, order: int, workers: int) -> SimulatedSweep:
    """Return a sweep that workers have brought to its end."""
    sweep = SimulatedSweep(spec, fates(seed))
    sweep.work(order, workers)
    return sweep
