"""Short words for what the suites of storages look at: one sweep."""

from collections.abc import Mapping
from datetime import timedelta

from app.domain.plan import (
    Need,
    RunView,
    Snapshot,
)
from app.domain.queue import Claimed
from app.domain.states import TrialState
from app.storage import Storage
from tests.app.storage.world import (
    HORIZON,
    START,
    SWEEP,
    claim,
    paused,
)

LATER = START + timedelta(minutes=1)


def look(storage: Storage, need: Need = Need.NOTHING, *, horizon: int = HORIZON) -> Snapshot:
    """Return a snapshot of the one sweep."""
    return storage.snapshot(SWEEP, need, horizon)


def views(storage: Storage) -> dict[int, RunView]:
    """Return the runs of the round by their trials."""
    return {run.trial: run for run in look(storage, Need.ROUND).runs}


def counts(storage: Storage) -> dict[TrialState, int]:
    """Return how many trials of the one sweep are in each state, without zeros."""
    return {state: count for state, count in storage.sweep(SWEEP).counts.items() if count}


def pause_runs(storage: Storage, values: Mapping[int, float | None], *, epochs: int = 4) -> list[Claimed]:
    """Claim a run for each value and hand it in as paused."""
    claimed = claim(storage, slots=len(values)).claimed
    storage.finish("w1", [paused(item.lease, values[item.trial], epochs) for item in claimed], [], START)
    return claimed
