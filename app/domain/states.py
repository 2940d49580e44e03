"""The states of sweeps and trials, and the one table of legal moves between them."""

from enum import StrEnum


class SweepState(StrEnum):
    """Where a sweep stands."""

    RUNNING = "running"
    PAUSED = "paused"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    FAILED = "failed"


class TrialState(StrEnum):
    """Where a trial stands; the last five are final."""

    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    COMPLETED = "completed"
    PRUNED = "pruned"
    DIVERGED = "diverged"
    FAILED = "failed"
    CANCELLED = "cancelled"


_RESULTS = frozenset({TrialState.COMPLETED, TrialState.PRUNED, TrialState.DIVERGED, TrialState.FAILED})

TRIAL_MOVES: dict[TrialState, frozenset[TrialState]] = {
    TrialState.QUEUED: frozenset({TrialState.RUNNING, TrialState.CANCELLED, TrialState.FAILED}),
    # Back to queued: the worker released the trial or was lost.
    TrialState.RUNNING: _RESULTS | {TrialState.QUEUED, TrialState.PAUSED, TrialState.CANCELLED},
    TrialState.PAUSED: frozenset({TrialState.QUEUED, TrialState.PRUNED, TrialState.CANCELLED}),
}

SWEEP_MOVES: dict[SweepState, frozenset[SweepState]] = {
    SweepState.RUNNING: frozenset({SweepState.PAUSED, SweepState.COMPLETED, SweepState.CANCELLED, SweepState.FAILED}),
    SweepState.PAUSED: frozenset({SweepState.RUNNING, SweepState.CANCELLED}),
}


def sources(target: TrialState) -> frozenset[TrialState]:
    """Return the states from which a trial may move to `target`."""
    return frozenset(state for state, targets in TRIAL_MOVES.items() if target in targets)


def sweep_sources(target: SweepState) -> frozenset[SweepState]:
    """Return the states from which a sweep may move to `target`."""
    return frozenset(state for state, targets in SWEEP_MOVES.items() if target in targets)
