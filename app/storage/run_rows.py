"""Rows of new runs."""

from typing import Any

from app.domain.states import TrialState


def queued_run(
    sweep: int, trial: int, replicate: int, cohort: int, to_epoch: int, round_: int, *, begins_after: int = 0
) -> dict[str, Any]:
    """Return the row of a run that waits to be trained to `to_epoch`, and is charged for its own epochs.

    Those up to `begins_after` its trial inherits from another one.
    """
    return {
        "sweep_key": sweep,
        "trial": trial,
        "replicate": replicate,
        "state": TrialState.QUEUED.value,
        "round": round_,
        "cohort": cohort,
        "asked": to_epoch,
        "charged": to_epoch - begins_after,
        "epochs": begins_after,
        "fence": 0,
        "losses": 0,
        "alone_losses": 0,
        "seconds": 0.0,
    }
