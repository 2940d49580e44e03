"""Use cases of workers: claim, heartbeat, report, finish, release; and of the service when a worker is lost."""

import base64
import binascii
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from threading import Lock
from typing import final

from app.domain.errors import Fault, InvalidRequest
from app.domain.queue import Ask, Claimed, Grant, Shortage
from app.domain.work import (
    ClaimAnswer,
    ClaimRequest,
    Decision,
    DecisionsAnswer,
    FinishAnswer,
    FinishRequest,
    HeartbeatRequest,
    Lease,
    Receipt,
    ReportRequest,
    Result,
    Segment,
)
from app.samplers import Observation
from app.services.clock import Clock
from app.services.drawing import HORIZON, draw, uses_history
from app.services.live_workers import LiveWorkers
from app.services.notifier import Notifier
from app.services.work_checks import require_sound
from app.storage import Storage
from app.training.hyperparameters import complete

LOCAL = "local-"
"""How the ids of workers begin that are children of the server and die with it."""

_CLEARED = 64
"""How many pieces of 1 MiB a round of the reaper deletes, so that leases are looked at again soon."""


@final
class Work:
    """The queue as workers see it. A lease lasts `lease_seconds` from the last heartbeat."""

    def __init__(self, storage: Storage, clock: Clock, notifier: Notifier, lease_seconds: float) -> None:
        self._storage = storage
        self._clock = clock
        self._notifier = notifier
        self._lease_seconds = lease_seconds
        self._live = LiveWorkers(lease_seconds)
        self._spec = lru_cache(maxsize=256)(storage.sweep_spec)
        self._drawing = Lock()

    def recover(self) -> None:
        """After a start: take back what the former server's children held, renew all other leases."""
        self._storage.recover(LOCAL, self._until(self._clock.now()))

    def claim(self, request: ClaimRequest) -> ClaimAnswer:
        """Lease up to `slots` segments to a worker, at once. Raises InvalidRequest."""
        require_sound(request)
        live = self._live.saw(request.worker, self._clock.now())
        ask = Ask(request.worker, request.slots, request.cohorts, live)
        grant = self._grant(ask)
        if self._refill(grant.shortages) and not grant.claimed:
            grant = self._grant(ask)
        segments = [self._segment(claimed) for claimed in grant.claimed]
        return ClaimAnswer(segments, self._lease_seconds, grant.keep_below)

    def heartbeat(self, request: HeartbeatRequest) -> DecisionsAnswer:
        """Keep the leases of a worker. Raises InvalidRequest."""
        require_sound(request)
        now = self._clock.now()
        self._live.saw(request.worker, now)
        held = self._storage.extend_leases(request.leases, self._until(now))
        return self._decisions(request.leases, held)

    def report(self, request: ReportRequest) -> DecisionsAnswer:
        """Store epochs of running trials. Raises InvalidRequest."""
        require_sound(request)
        self._live.saw(request.worker, self._clock.now())
        held = self._storage.report(request.items)
        return self._decisions([item.lease for item in request.items], held)

    def finish(self, request: FinishRequest) -> FinishAnswer:
        """Record results, and store the epochs of running trials that came with them. Raises InvalidRequest."""
        require_sound(request)
        weights = _weights(request.items)
        now = self._clock.now()
        self._live.saw(request.worker, now)
        recorded = self._storage.finish(request.items, weights, request.progress, now)
        # A claim that waits may get more now: its worker holds less, and a suspect needs empty hands.
        if recorded.ended or self._storage.work_waits():
            self._notifier.notify()
        receipts = [
            Receipt(item.lease, outcome) for item, outcome in zip(request.items, recorded.outcomes, strict=True)
        ]
        decisions = self._decisions([item.lease for item in request.progress], recorded.held)
        return FinishAnswer(receipts, recorded.keep_below, decisions.items)

    def release(self, request: HeartbeatRequest) -> DecisionsAnswer:
        """Requeue what a worker gives back, without blame; all its trials stop. Raises InvalidRequest.

        Until it asks again, the others share the work without it.
        """
        require_sound(request)
        self._live.lost(request.worker)
        held = self._storage.release(request.leases)
        if held:
            self._notifier.notify()
        lost = self._storage.stop_reasons([lease for lease in request.leases if lease not in held])
        return DecisionsAnswer(
            [Decision(lease, "stop", "released" if lease in held else lost[lease.sweep]) for lease in request.leases]
        )

    def lose_worker(self, worker: str) -> int:
        """Take back all that a dead worker held; return how many segments that were."""
        self._live.lost(worker)
        return self._took_back(self._storage.lose_worker(worker, self._clock.now()))

    def reap(self) -> int:
        """Take back what silent workers hold, end the sweeps whose time is up; return how many segments.

        What nothing names any more is deleted, a bounded part of it each time.
        """
        now = self._clock.now()
        if self._storage.end_overdue(now):
            self._notifier.notify()
        took_back = self._took_back(self._storage.lose_expired(now))
        self._storage.clear_artifacts(now, _CLEARED)
        return took_back

    def _took_back(self, count: int) -> int:
        if count:
            self._notifier.notify()
        return count

    def _until(self, now: datetime) -> datetime:
        return now + timedelta(seconds=self._lease_seconds)

    def _grant(self, ask: Ask) -> Grant:
        now = self._clock.now()
        return self._storage.claim(ask, now, self._until(now), HORIZON)

    def _refill(self, shortages: Sequence[Shortage]) -> bool:
        """Draw what is missing, unless someone else is at it; return whether trials were added."""
        if not shortages or not self._drawing.acquire(blocking=False):
            return False
        try:
            added = [self._draw(shortage) for shortage in shortages]
        finally:
            self._drawing.release()
        if any(added):
            self._notifier.notify()
        return any(added)

    def _draw(self, shortage: Shortage) -> bool:
        spec, dataset = self._spec(shortage.sweep)
        history = self._history(shortage.sweep) if uses_history(spec) else ()
        drawn = draw(spec, dataset.sha256, shortage.drawn, shortage.missing, history)
        return self._storage.add_trials(shortage.sweep, shortage.drawn, drawn, self._clock.now())

    def _history(self, sweep: str) -> list[Observation]:
        finished = self._storage.finished_trials(sweep)
        return [Observation(trial.number, trial.params, trial.value) for trial in finished]

    def _segment(self, claimed: Claimed) -> Segment:
        spec, dataset = self._spec(claimed.lease.sweep)
        return Segment(
            lease=claimed.lease,
            dataset=spec.dataset,
            dataset_sha256=dataset.sha256,
            seed=spec.seed,
            params=complete({**spec.fixed, **claimed.params}),
            metric=spec.objective.metric,
            early_stopping=spec.early_stopping,
            from_epoch=claimed.from_epoch,
            to_epoch=claimed.to_epoch,
            cohort=claimed.cohort,
            rules=spec.rules,
            diverged=spec.objective.diverged,
        )

    def _decisions(self, leases: Sequence[Lease], held: set[Lease]) -> DecisionsAnswer:
        lost = [lease for lease in leases if lease not in held]
        reasons = self._storage.stop_reasons(lost) if lost else {}
        return DecisionsAnswer(
            [
                Decision(lease, "continue") if lease in held else Decision(lease, "stop", reasons[lease.sweep])
                for lease in leases
            ]
        )


def _weights(items: Sequence[Result]) -> dict[Lease, bytes]:
    """Return the decoded weights of the results that bring some. Raises InvalidRequest."""
    decoded: dict[Lease, bytes] = {}
    faults: list[Fault] = []
    for index, item in enumerate(items):
        if item.weights is None:
            continue
        try:
            row = base64.b64decode(item.weights, validate=True)
        except (binascii.Error, ValueError) as error:
            faults.append(Fault(f"/items/{index}/weights", f"The weights are not base64: {error}."))
            continue
        if len(row) % 4 or not row:
            detail = f"The weights have {len(row)} bytes; float32 values need 4 each, and at least one."
            faults.append(Fault(f"/items/{index}/weights", detail))
        decoded[item.lease] = row
    if faults:
        raise InvalidRequest(faults)
    return decoded
