"""Runs of a server trained with the engine, as a worker does."""

from dataclasses import replace
from typing import final

import httpx
from pydantic import TypeAdapter

from app.domain.work import CheckpointRef, Epoch, Lease, LeasedRun, Result
from app.trainer.loading import RunLoader
from app.trainer.packing import model_of
from app.trainer.trainer import StoppedRun
from app.trainer.trainer import Trainer as RealTrainer
from tests.app.api.serving import Trainer

_RUNS, _RESULT = TypeAdapter(list[LeasedRun]), TypeAdapter(Result)


@final
class Served:
    """Data sets and checkpoints as the server hands them out."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def dataset(self, name: str, sha256: str) -> bytes:
        return self._client.get(f"/v1/datasets/{name}/content", params={"sha256": sha256}).raise_for_status().content

    def checkpoint(self, ref: CheckpointRef) -> bytes | None:
        answer = self._client.get(f"/v1/work/checkpoints/{ref.sha256}")
        return answer.content if answer.is_success else None


def train_all(client: httpx.Client, trainer: Trainer, slots: int = 64) -> list[tuple[LeasedRun, StoppedRun]]:
    """Train all that waits, up to so many runs, to its end and hand it in; return what became of each run."""
    runs = {run.lease: run for run in _RUNS.validate_python(trainer.claim(slots))}
    real, loader = RealTrainer(lambda: 0.0), RunLoader(Served(client))
    real.add([loader.load(run, parked=False) for run in runs.values()])
    curves: dict[Lease, list[Epoch]] = {lease: [] for lease in runs}
    stopped: list[tuple[LeasedRun, StoppedRun]] = []
    while len(real):
        turn = real.train({})
        for lease, epoch in turn.epochs:
            curves[lease].append(epoch)
        for one in turn.stopped:
            model = None if one.weights is None else model_of(one.weights)
            if one.weights is not None:
                trainer.hand_in(one.weights)
            sent = replace(one.result, curve=curves[one.result.lease], model=model)
            trainer.finish(_RESULT.dump_python(sent, mode="json"))
            stopped.append((runs[one.result.lease], one))
    return stopped
