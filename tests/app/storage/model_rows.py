"""What a model of the queue knows of a run, and the rows that it is held against."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, column, select, table

from app.domain.plan import RunView
from app.domain.runs import Blame, RunOutcome
from app.domain.states import TrialState
from app.domain.work import Metrics
from app.storage.records import AnyRow


@dataclass
class Run:
    """What the model knows of a run."""

    asked: int
    state: TrialState = TrialState.QUEUED
    epochs: int = 0
    fence: int = 0
    worker: str | None = None
    until: datetime | None = None
    blame: Blame = field(default_factory=Blame)
    lost: list[int] = field(default_factory=list)
    """The fences of the losses that it is blamed for."""
    has_result: bool = False
    attempts: int = 0


ATTEMPTS = table("attempts", column("run_key"), column("fence"))
"""The view of all attempts, also those that trials tell."""


def numbers_of(connection: Connection, number: Any) -> dict[int, list[int]]:
    """Return the epochs or the attempts of all runs, in their order."""
    key = number.table.c.run_key
    numbers: dict[int, list[int]] = defaultdict(list)
    for row in connection.execute(select(key, number).order_by(key, number)):
        numbers[row[0]].append(row[1])
    return dict(numbers)


def view_of(row: AnyRow) -> RunView:
    return RunView(row.key, row.trial, row.replicate, TrialState(row.state), row.epochs, row.asked, row.value)


def outcome_of(row: AnyRow, came_to: Metrics) -> RunOutcome:
    result = row.value, came_to, row.best_epoch, row.epochs, row.seconds, row.reason
    return RunOutcome(row.replicate, TrialState(row.state), *result)
