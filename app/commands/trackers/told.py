"""What trackers are told of a sweep: its trials with their curves, read once from the server."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from itertools import chain, groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from logsweep import Sweep
    from logsweep.answers.sweeps import TrialAnswer

OPEN = frozenset({"queued", "running", "paused"})
"""States of trials that may still become others."""

_PLACE = ("trial", "replicate", "epoch", "seconds")
"""Columns of curves that are no metrics."""


@dataclass(frozen=True, slots=True)
class Point:
    """A value of a metric at an epoch."""

    metric: str
    epoch: int
    value: float


@dataclass(frozen=True, slots=True)
class ToldTrial:
    """A trial and its curves; the first training's are called `curves/...`, the others' `replicate_1/...` and so on.

    What the trial came to, at its best epoch, has the metrics' own names.
    """

    answer: "TrialAnswer"
    curves: Sequence[Point]

    @property
    def name(self) -> str:
        """What a run of it is called: in the order of trials where names are sorted."""
        return f"trial-{self.answer.number:05}"

    @property
    def results(self) -> Mapping[str, float]:
        """The metrics that have a value."""
        own = {"value": self.answer.value, **self.answer.metrics}
        return {name: value for name, value in own.items() if value is not None}

    @property
    def begun_at(self) -> datetime:
        """When it was begun; one that never was, when it was drawn."""
        return self.answer.started_at or self.answer.created_at

    @property
    def ended_at(self) -> datetime:
        """When it ended."""
        return self.answer.finished_at or self.begun_at

    @property
    def mark(self) -> str:
        """What is another one once anything about the trial has changed."""
        return sha256(f"{len(self.curves)} {self.answer.model_dump_json()}".encode()).hexdigest()[:16]


def told_trials(sweep: "Sweep", where: Sequence[str]) -> Iterator[ToldTrial]:
    """Yield the trials of a sweep that fit, by number, with their curves."""
    # First the trials: of those that have ended by then, the curves that are read next are whole.
    trials = list(sweep.trials(where=list(where)))
    with TemporaryDirectory() as folder:
        file = sweep.export(Path(folder) / "curves.jsonl", of="curves")
        with file.open(encoding="utf-8") as lines:
            yield from _with_curves(trials, map(json.loads, lines))


def _with_curves(trials: Sequence["TrialAnswer"], epochs: Iterator[dict[str, Any]]) -> Iterator[ToldTrial]:
    groups = groupby(epochs, lambda epoch: int(epoch["trial"]))
    number, group = next(groups, (-1, iter(())))
    for trial in trials:
        while number < trial.number and number >= 0:
            number, group = next(groups, (-1, iter(())))
        own = group if number == trial.number else ()
        yield ToldTrial(trial, list(chain.from_iterable(map(_points, own))))


def _points(epoch: Mapping[str, Any]) -> Iterator[Point]:
    replicate = epoch["replicate"]
    folder = f"replicate_{replicate}" if replicate else "curves"
    for name, value in epoch.items():
        if name not in _PLACE and value is not None:
            yield Point(f"{folder}/{name}", epoch["epoch"], value)
