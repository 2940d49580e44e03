"""Rows of new runs."""

from typing import Any

from app.domain.states import TrialState


def queued_run(sweep: int, trial: int, replicate: int, cohort: int, to_epoch: int, round_: int) -> dict[str, Any]:
    """Return the row of a run that waits to be trained to `to_epoch`, and is charged for it."""
    return {
        "sweep_key": sweep,
        "trial": trial,
        "replicate": replicate,
        "state": TrialState.QUEUED.value,
        "round": round_,
        "cohort": cohort,
        "asked": to_epoch,
        "charged": to_epoch,
        "epochs": 0,
        "fence": 0,
        "losses": 0,
        "alone_losses": 0,
        "seconds": 0.0,
    }
