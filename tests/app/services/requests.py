"""Requests as the routes make them of what was posted."""

from collections.abc import Sequence
from typing import Any

from app.api.sweep_bodies import read_changes, read_sweep
from app.contract.rules import CURRENT_RULES
from app.domain.sweeps import Sweep
from app.domain.work import OWN_TRAINER, ClaimRequest, Epoch, FinishRequest, LeasedRun, Result
from app.services.services import Services
from tests.app.api.serving import sweep_body


def posted(services: Services, **changes: Any) -> str:
    """Start a sweep; return its id."""
    return services.sweeps.create(*read_sweep(sweep_body(**changes))).id


def patched(services: Services, sweep: str, **changes: Any) -> Sweep:
    """Change a sweep; return it."""
    return services.sweeps.change(sweep, *read_changes(changes))


def claimed(services: Services, slots: int, worker: str = "worker") -> Sequence[LeasedRun]:
    """Lease runs."""
    request = ClaimRequest(worker, OWN_TRAINER, CURRENT_RULES, slots)
    with services.work.place(request) as place:
        return services.work.claim(request, place).runs


def finish(
    services: Services,
    runs: Sequence[LeasedRun],
    value: float = 0.5,
    worker: str = "worker",
    outcome: str = "recorded",
) -> None:
    """Send a result for each run; all come to the same."""
    results = [
        Result(
            lease=run.lease,
            state="completed",
            metrics={"dev_error": value},
            best_epoch=1,
            epochs=run.to_epoch,
            seconds=0.5,
            reason="trained to its end",
            curve=[Epoch(epoch, {"dev_error": value}, 0.1) for epoch in range(1, run.to_epoch + 1)],
        )
        for run in runs
    ]
    receipts = services.work.finish(FinishRequest(worker, results)).items
    assert {receipt.outcome for receipt in receipts} <= {outcome}
