"""Finished trials with made-up values."""

from datetime import UTC, datetime

from app.domain.states import TrialState
from app.domain.trials import Trial


def trial(number: int, value: float | None, test: float | None = None) -> Trial:
    """Return a completed trial by its value on dev, and what it has on test."""
    now = datetime(2026, 1, 1, tzinfo=UTC)
    return Trial(
        sweep="swp_1",
        number=number,
        state=TrialState.COMPLETED,
        params={"l2": 0.5},
        metrics={"dev_error": value, "test_error": test},
        value=value,
        best_epoch=1,
        epochs=1,
        seconds=0.0,
        reason=None,
        replicates=1,
        created_at=now,
        started_at=now,
        finished_at=now,
    )
