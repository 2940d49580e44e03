"""Trainers that are taken to the end of their work, and what they came to."""

from collections.abc import Callable
from dataclasses import replace

from app.domain.work import CheckpointRef, Epoch, Lease, LeasedRun
from app.trainer.loading import RunLoader
from app.trainer.packing import LeasedCheckpoint, packed
from app.trainer.trainer import StoppedRun, Trainer
from tests.app.trainer.runs import Stored, add, run, table

DATA = {task: table(task) for task in ("binary", "multiclass", "regression")}


def loader() -> RunLoader:
    return RunLoader(Stored(*DATA.values()))


def trainer_with(runs: list[LeasedRun], memory: int = 1 << 30, clock: Callable[[], float] = lambda: 0.0) -> Trainer:
    trainer = Trainer(clock, memory)
    add(trainer, runs, loader())
    return trainer


def finish(trainer: Trainer) -> tuple[dict[Lease, list[Epoch]], list[StoppedRun]]:
    curves: dict[Lease, list[Epoch]] = {}
    stopped: list[StoppedRun] = []
    while len(trainer):
        turn = trainer.train({})
        for lease, epoch in turn.epochs:
            curves.setdefault(lease, []).append(epoch)
        stopped += turn.stopped
    return curves, sorted(stopped, key=lambda one: one.result.lease.run)


def again(one: LeasedRun, to_epoch: int, checkpoint: CheckpointRef | None = None) -> LeasedRun:
    """The run as it comes back under its next fence."""
    lease = Lease(one.lease.run, one.lease.fence + 1)
    return replace(one, lease=lease, to_epoch=to_epoch, checkpoint=checkpoint)


def file_of(snapshot: LeasedCheckpoint) -> tuple[CheckpointRef, bytes]:
    ref, pieces = packed(snapshot[1])
    return ref, b"".join(pieces)


class HandClock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def short_and_long() -> tuple[LeasedRun, LeasedRun]:
    """Two runs of two structures: while one goes on, the other ends with its first epoch."""
    one = replace(run(DATA["binary"], 1, epochs=3, hidden_units=[3]), early_stopping=None)
    return run(DATA["binary"], 0, epochs=1, hidden_units=[4]), one
