"""The states of sweeps, trials and runs, and the one table of legal moves between them."""

from enum import StrEnum


class SweepState(StrEnum):
    """Where a sweep stands."""

    RUNNING = "running"
    PAUSED = "paused"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    FAILED = "failed"


class TrialState(StrEnum):
    """Where a trial or one of its runs stands; the last five are final, as long as their sweep is not reopened."""

    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    COMPLETED = "completed"
    PRUNED = "pruned"
    DIVERGED = "diverged"
    FAILED = "failed"
    CANCELLED = "cancelled"


OPEN = frozenset({TrialState.QUEUED, TrialState.RUNNING, TrialState.PAUSED})
"""The states in which a trial or a run may still change."""

RUN_MOVES: dict[TrialState, frozenset[TrialState]] = {
    # To completed: what a pause handed in counts, and training will not go on.
    TrialState.QUEUED: frozenset(
        {TrialState.RUNNING, TrialState.PAUSED, TrialState.COMPLETED, TrialState.CANCELLED, TrialState.FAILED}
    ),
    # Back to queued: the worker gave the run back or was lost.
    TrialState.RUNNING: frozenset(TrialState) - {TrialState.RUNNING},
    TrialState.PAUSED: frozenset({TrialState.QUEUED, TrialState.COMPLETED, TrialState.PRUNED, TrialState.CANCELLED}),
    # Its sweep ended before it could be trained, and was given more of a budget.
    TrialState.CANCELLED: frozenset({TrialState.QUEUED}),
}

SWEEP_MOVES: dict[SweepState, frozenset[SweepState]] = {
    SweepState.RUNNING: frozenset({SweepState.PAUSED, SweepState.COMPLETED, SweepState.CANCELLED, SweepState.FAILED}),
    SweepState.PAUSED: frozenset({SweepState.RUNNING, SweepState.CANCELLED}),
    # Reopened by more budget.
    SweepState.COMPLETED: frozenset({SweepState.RUNNING}),
}


def sources(target: TrialState) -> frozenset[TrialState]:
    """Return the states from which a run may move to `target`."""
    return frozenset(state for state, targets in RUN_MOVES.items() if target in targets)


def sweep_sources(target: SweepState) -> frozenset[SweepState]:
    """Return the states from which a sweep may move to `target`."""
    return frozenset(state for state, targets in SWEEP_MOVES.items() if target in targets)
