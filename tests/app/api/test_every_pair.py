"""Every pair of sampler and scheduler that promises it gives the same sweep with 1, 2 and 5 workers, to the bit.

The workers take turns by chance in one process: each trains with the engine what it has leased from a real server.
"""

from collections.abc import Mapping
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any, final

import httpx
import pytest
from pydantic import TypeAdapter

from app.domain.states import SweepState
from app.domain.work import Epoch, Lease, LeasedRun, Result
from app.planning.pairs import Pair, pair_of
from app.samplers import SAMPLERS
from app.schedulers import SCHEDULERS
from app.services.services import Services
from app.trainer.loading import RunLoader
from app.trainer.packing import model_of
from app.trainer.trainer import Trainer as RealTrainer
from tests.app.api.serving import Trainer, serving, sweep_body
from tests.app.api.training import Served
from tests.app.planning.simulation import dice
from tests.system.tables import result_tables

_RUNS, _RESULT = TypeAdapter(list[LeasedRun]), TypeAdapter(Result)
PAIRS = [pair for pair in product(SAMPLERS, SCHEDULERS) if pair_of(*pair) is Pair.REPRODUCIBLE]
SPACE = {
    "learning_rate": {"kind": "float", "low": 1e-3, "high": 3.0, "scale": "log"},
    "optimizer": {"kind": "choice", "values": ["momentum", "adam"]},
}
OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "successive_halving": {"eta": 2, "bracket": 6},
    "hyperband": {"eta": 2, "first_rung": 1},
    "median": {"interval": 1, "least": 2, "bracket": 5},
    "thaw": {"batch": 3},
    "pbt": {"population": 4, "interval": 1},
}


@final
class Worker:
    """A worker in this process, with the engine's trainer and up to three runs at a time."""

    def __init__(self, client: httpx.Client, name: str) -> None:
        self._server = Trainer(client, name)
        self._trainer, self._loader = RealTrainer(lambda: 0.0), RunLoader(Served(client))
        self._curves = dict[Lease, list[Epoch]]()

    def take_turn(self) -> bool:
        """Claim what there is room for, and train a stack for an epoch; return whether there was anything to train."""
        room = 3 - len(self._trainer)
        for run in _RUNS.validate_python(self._server.claim(room)) if room else ():
            self._trainer.add([self._loader.load(run, parked=self._trainer.is_parked(run))])
            self._curves[run.lease] = []
        if not len(self._trainer):
            return False
        turn = self._trainer.train({})
        for lease, epoch in turn.epochs:
            self._curves[lease].append(epoch)
        if turn.stopped:
            told = [_RESULT.dump_python(self._with_model(one.result, one.weights), mode="json") for one in turn.stopped]
            answer = self._server.finish(*told)
            assert [one["outcome"] for one in answer["items"]] == ["recorded"] * len(told)
        return True

    def _with_model(self, result: Result, weights: bytes | None) -> Result:
        if weights is not None:
            self._server.hand_in(weights)
        model = None if weights is None else model_of(weights)
        return replace(result, curve=self._curves.pop(result.lease), model=model)


def body(sampler: str, scheduler: str) -> dict[str, Any]:
    """Return a sweep of a pair; every second pair trains each trial twice."""
    number = PAIRS.index((sampler, scheduler))
    return sweep_body(
        name=f"{sampler} with {scheduler}",
        seed=number,
        space=SPACE,
        fixed={"epochs": 4, "hidden_units": [4], "batch_size": 64},
        sampler={"kind": sampler, **({"batch": 4} if "batch" in SAMPLERS[sampler].options else {})},
        scheduler={"kind": scheduler, **OPTIONS.get(scheduler, {})},
        replicates=1 + number % 2,
        budget={"trials": 9, "epochs": 90},
    )


def any_runs(services: Services, sweeps: Mapping[str, str]) -> bool:
    """Return whether a sweep runs once there is nothing left to plan."""
    services.planner.wait_idle()
    return any(services.sweeps.get(sweep).state is SweepState.RUNNING for sweep in sweeps.values())


def results(folder: Path, workers: int) -> dict[str, Any]:
    """Return what each pair's sweep came to where so many workers trained all sweeps side by side."""
    chance = dice(workers)
    with serving(folder) as (client, services):
        crew = [Worker(client, f"worker-{number}") for number in range(workers)]
        sweeps = {}
        for pair in PAIRS:
            answer = client.post("/v1/sweeps", json=body(*pair))
            assert answer.status_code == 201, answer.text
            sweeps[answer.json()["name"]] = answer.json()["id"]
        idle = 0
        while idle <= 4 * workers or any_runs(services, sweeps):
            idle = 0 if chance.choice(crew).take_turn() else idle + 1
        ends = {name: services.sweeps.get(sweep) for name, sweep in sweeps.items()}
    return {
        name: {**result_tables(folder, sweep), "end": [(ends[name].reason, ends[name].best)]}
        for name, sweep in sweeps.items()
    }


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What one worker leaves."""
    return results(tmp_path_factory.mktemp("alone"), 1)


def test_every_pair_trains_and_decides(alone: dict[str, Any]) -> None:
    assert len(alone) == len(PAIRS) >= 24
    for name, tables in alone.items():
        assert tables["end"][0][1] is not None, name
        assert tables["models"], name
        compared = [kind for _, _, kind, *_ in tables["decisions"]]
        assert {"prune", "train"} & set(compared) or name.endswith("with none"), name


@pytest.mark.parametrize("workers", [pytest.param(2, marks=pytest.mark.large), 5])
def test_trials_curves_weights_decisions_and_winners_are_those_of_one_worker(
    tmp_path: Path, alone: dict[str, Any], workers: int
) -> None:
    for name, tables in results(tmp_path, workers).items():
        for table, rows in tables.items():
            assert rows == alone[name][table], f"{name}: {table}"
