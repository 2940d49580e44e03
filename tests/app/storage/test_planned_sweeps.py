"""The planner, the policy and SQLite together give what the simulated sweep gives, whoever finishes first."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.queue import Ask, Claimed, Part
from app.domain.states import SweepState, TrialState
from app.domain.sweeps import Budget, SweepSpec
from app.domain.values import Value
from app.domain.work import Epoch, Result
from app.planning import HORIZON, StandardPolicy, need_of, plan
from app.storage import SqliteStorage
from tests.app.planning.simulation import SimulatedSweep, dice, fates, finished
from tests.app.planning.specs import HALVING, search
from tests.app.storage.new_database import put_new_database
from tests.app.storage.world import DATASET, START, SWEEP, TERM, create

SEED = 5
POPULATION: Mapping[str, Value] = {"kind": "pbt", "population": 6, "replaced": 34}
SWEEPS = {
    "halving": search(Budget(30), scheduler=HALVING),
    "halving with replicates": search(Budget(20), replicates=2, scheduler=HALVING),
    "halving with epochs": search(Budget(40, epochs=80), scheduler=HALVING),
    "halving to a target": search(Budget(27, target=0.1), scheduler=HALVING),
    "epochs": search(Budget(150, epochs=400), epochs=None),
    "a population": search(Budget(40, epochs=200), scheduler=POPULATION),
    "a population of replicates": search(Budget(30), replicates=2, scheduler=POPULATION),
    "epochs and replicates": search(Budget(100, epochs=700), replicates=2),
}


class StoredSweep:
    """A sweep in a database, with workers who finish in an order that follows from `order`."""

    fate = SEED
    """By which chance runs come to their ends."""

    def __init__(self, folder: Path, spec: SweepSpec, order: int) -> None:
        self.storage = SqliteStorage(put_new_database(folder), StandardPolicy())
        self.spec = spec
        self.chance = dice(order)
        create(self.storage, replace(spec, dataset=DATASET.name))

    def work(self) -> None:
        """Bring the sweep to its end."""
        self.look()
        for _ in range(1000):
            if self.storage.sweep(SWEEP).state is SweepState.COMPLETED:
                return
            worker = self.chance.choice(["one", "two", "three"])
            grant = self.storage.claim(
                Ask(worker, self.spec.trainer, self.spec.rules, 8, (), Part(workers=3)), START, START + TERM
            )
            results = [self.result(claimed) for claimed in grant.claimed]
            self.chance.shuffle(results)
            recorded = self.storage.finish(worker, results, [], START)
            assert {outcome for outcome, _ in recorded.outcomes} <= {"recorded"}
            self.look()
        raise AssertionError("the sweep never comes to an end")

    def look(self) -> None:
        """Plan and apply until there are no more moves."""
        while True:
            shown = self.storage.snapshot(SWEEP, need_of(self.spec), HORIZON)
            made = plan(shown)
            if not made.moves:
                return
            assert self.storage.apply(SWEEP, shown.version, made, START)

    def result(self, claimed: Claimed) -> Result:
        """Return what becomes of a leased run."""
        last = int(str({**self.spec.fixed, **claimed.params}["epochs"]))
        fate = fates(self.fate)(claimed.trial, claimed.replicate, last)
        begins = claimed.ancestors[-1].to_epoch if claimed.ancestors else 0
        end = max(len(fate.best), begins + 1)
        epochs = min(claimed.to_epoch, end)
        state = fate.end if epochs == end else TrialState.PAUSED
        best = [*fate.best, *[fate.best[-1]] * (end - len(fate.best))]
        return Result(
            lease=claimed.lease,
            state=state.value,  # type: ignore[arg-type]  # the fates are those that a worker can tell
            metrics={"dev_error": best[epochs - 1]},
            best_epoch=epochs,
            epochs=epochs,
            seconds=1.0,
            reason="",
            curve=[Epoch(number + 1, {"dev_error": best[number]}, 1.0) for number in range(begins, epochs)],
        )

    def table(self) -> list[tuple[int, float | None]]:
        """Return the epochs and the value of each trial."""
        trials = [self.storage.trial(SWEEP, number) for number in range(self.storage.sweep(SWEEP).used.trials)]
        return [(trial.epochs, trial.value) for trial in trials]


def simulated(sweep: SimulatedSweep) -> list[tuple[int, float | None]]:
    """Return the epochs and the value of each trial of a sweep in memory."""
    epochs = [max(run.epochs for run in sweep.runs.values() if run.trial == trial.number) for trial in sweep.trials]
    return list(zip(epochs, sweep.values().values(), strict=True))


@pytest.mark.parametrize("name", SWEEPS)
def test_a_stored_sweep_comes_out_as_the_simulated_one(tmp_path: Path, name: str) -> None:
    expected = finished(SWEEPS[name], SEED, order=1, workers=7)
    stored = StoredSweep(tmp_path, SWEEPS[name], order=2)
    try:
        stored.work()
        decisions = stored.storage.decisions(SWEEP, 0, 1000)
        assert [one.reason for one in decisions] == [line.split(": ", 1)[1] for line in expected.decisions]
        assert stored.table() == simulated(expected)
        assert stored.storage.sweep(SWEEP).used.epochs == expected.charged
    finally:
        stored.storage.close()
