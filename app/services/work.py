"""Use cases of workers: claim, heartbeat, report, finish, release; and of the service when a worker is lost."""

import logging
from asyncio import wrap_future
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import lru_cache
from typing import final

from app.contract.hyperparameters import params_of
from app.domain.plan import Rungs
from app.domain.queue import Ask, Claimed, Recorded
from app.domain.runs import Ending
from app.domain.work import (
    LOCAL_PREFIX,
    ClaimAnswer,
    ClaimRequest,
    Decision,
    DecisionsAnswer,
    FinishAnswer,
    FinishRequest,
    HeartbeatRequest,
    LeasedRun,
    Piece,
    Progress,
    Receipt,
    ReleaseRequest,
    ReportRequest,
)
from app.instruments.meters import Meters
from app.logs.context import bound
from app.services import report_parts
from app.services.claim_line import ClaimLine, Place
from app.services.clock import Clock
from app.services.foreign_runs import ForeignRuns, pass_a_rung, rungs_of
from app.services.live_workers import LiveWorkers
from app.services.planner import Planner
from app.services.work_checks import is_sound, require_sound
from app.storage.interface import Storage

LONGEST_STEP = timedelta(seconds=10)
"""The most time that counts between two looks at the clock: what is longer was a halt, in which nobody worked."""

_log = logging.getLogger(__name__)


@final
class Work:
    """The queue as workers see it. A lease lasts `lease_seconds` from the last heartbeat."""

    def __init__(
        self,
        storage: Storage,
        clock: Clock,
        live: LiveWorkers,
        line: ClaimLine,
        planner: Planner,
        lease_seconds: float,
        meters: Meters,
    ) -> None:
        self._storage = storage
        self._clock = clock
        self._live = live
        self._line = line
        self._planner = planner
        self._lease_seconds = lease_seconds
        self._meters = meters
        self._foreign = ForeignRuns(storage)
        self._spec = lru_cache(maxsize=256)(storage.sweep_spec)
        self._passed_until = self._patient_until = clock.now()
        self._in_trouble = False

    @property
    def longest_wait(self) -> float:
        """For how many seconds a claim may wait at most: who was stopped meanwhile should be given nothing.

        Who holds nothing sends no heartbeats, so that its claims are all that is heard of it.
        """
        return self._lease_seconds / 2

    def recover(self) -> None:
        """After a start: take back what the former server's children held, renew all other leases."""
        now = self._clock.now()
        self._storage.recover(LOCAL_PREFIX, now, self._until(now))

    @contextmanager
    def place(self, request: ClaimRequest, owner: str = "") -> Iterator[Place]:
        """Yield the place of a claim among those that wait, as long as it does. Raises InvalidRequest.

        `owner` is the access key that it comes with.
        """
        require_sound(request)
        kind = request.trainer, request.rules
        with self._live.waiting(request, self._clock.now, owner), self._line.place(request.worker, kind) as place:
            yield place
        self._meters.claims.labels("granted" if place.granted else "empty").inc()

    async def turn(self, place: Place) -> None:
        """Return once a claim that waits may get more than at its last look, or should wait no longer."""
        await self._line.turn(place)

    def nothing_for(self, place: Place) -> ClaimAnswer | None:
        """Return the empty answer if it is known that there is no work for a claim, or if its worker has left."""
        if place.left or not self._line.may_find(place):
            return ClaimAnswer([], self._lease_seconds)
        return None

    def claim(self, request: ClaimRequest, place: Place, owner: str = "") -> ClaimAnswer:
        """Lease up to `slots` runs to a worker of an access key, at once; none if it has left since it asked."""
        if (nothing := self.nothing_for(place)) is not None:
            return nothing
        now = self._clock.now()
        self._live.saw(request.worker, now)
        part = self._live.part(request.worker, request.trainer)  # other trainers have no share in its runs
        ask = Ask(request.worker, request.trainer, request.rules, request.slots, request.cohorts, part, owner)
        grant = self._storage.claim(ask, now, self._until(now))
        self._meters.leased_runs.inc(len(grant.claimed))
        self._line.looked(place, found=bool(grant.claimed), held_back=grant.held_back)
        for sweep, waiting in grant.waiting.items():
            self._planner.queue_has(sweep, waiting)
        return ClaimAnswer([self._leased(claimed) for claimed in grant.claimed], self._lease_seconds, grant.keep)

    def heartbeat(self, request: HeartbeatRequest) -> DecisionsAnswer:
        """Keep the leases of a worker. Raises InvalidRequest."""
        require_sound(request)
        now = self._clock.now()
        self._live.saw(request.worker, now, request.about)
        return DecisionsAnswer(self._storage.heartbeat(request.worker, request.leases, self._until(now)))

    def report(self, request: ReportRequest) -> DecisionsAnswer:
        """Store epochs of leased runs. Raises InvalidRequest."""
        foreign = self._foreign.specs(request.items)
        require_sound(request, foreign)
        now = self._clock.now()
        self._live.saw(request.worker, now)
        decisions = self._stored(request, now, rungs := rungs_of(foreign))
        if any(pass_a_rung(item, rungs) for item in request.items):
            decisions = self._compared(request, now)
        return self._reported(request, decisions, now)

    async def report_soon(self, request: ReportRequest) -> DecisionsAnswer | None:
        """As `report`, without a thread that waits: for few epochs of runs that are known as ours, else None.

        So it is for a request with something wrong in it, as it takes long to say what. Measured with 64 workers that
        do nothing else: 1.4 times as many reports.
        """
        if not (self._foreign.are_ours(request.items) and is_sound(request)):
            return None
        now = self._clock.now()
        self._live.saw(request.worker, now)
        decisions = await wrap_future(self._storage.report(request.worker, request.items, now))
        return self._reported(request, decisions, now)

    def _reported(self, request: ReportRequest, decisions: list[Decision], now: datetime) -> DecisionsAnswer:
        """Count the epochs of a report that were stored, and return the answer."""
        self._trained(request.worker, _stored_epochs(request.items, decisions), now)
        return DecisionsAnswer(decisions)

    def _compared(self, request: ReportRequest, now: datetime) -> list[Decision]:
        """Have runs that have passed a rung compared now, so that the answer tells which of them are ended."""
        for sweep in self._storage.held_trials([request.worker]).get(request.worker, {}):
            self._planner.plan_now(sweep)
        return self._storage.heartbeat(request.worker, [item.lease for item in request.items], self._until(now))

    def _stored(self, request: ReportRequest, now: datetime, rungs: Rungs) -> list[Decision]:
        """Store a report in its parts."""
        decided = [
            decision
            for part in report_parts.parts(request.items)
            for decision in self._storage.report(request.worker, part, now, rungs).result()
        ]
        return report_parts.joined(request.items, decided)

    def finish(self, request: FinishRequest) -> FinishAnswer:
        """Record results, and store the epochs of other runs that came with them. Raises InvalidRequest."""
        foreign = self._foreign.specs([*request.items, *request.progress])
        require_sound(request, foreign)
        now, rungs = self._clock.now(), rungs_of(foreign)
        self._live.saw(request.worker, now)
        recorded = self._storage.finish(request.worker, request.items, request.progress, now, rungs)
        self._trained(request.worker, _recorded_epochs(request, recorded), now)
        for outcome, _ in recorded.outcomes:
            self._meters.results.labels(outcome).inc()
        self._foreign.ended(item.lease.run for item in request.items)
        for sweep in recorded.idle:
            self._planner.look(sweep)
        for sweep in recorded.keep:
            self._planner.has_results(sweep)
        # A claim that was held back may get more now: its worker holds less, and a suspect needs empty hands.
        self._line.hands_freed(request.worker)
        receipts = [
            Receipt(item.lease, *outcome) for item, outcome in zip(request.items, recorded.outcomes, strict=True)
        ]
        return FinishAnswer(receipts, recorded.keep, recorded.decisions)

    def release(self, request: ReleaseRequest) -> DecisionsAnswer:
        """Requeue what a worker gives back. Raises InvalidRequest.

        Until it asks again, the others share the work without it; a claim of it that waits is answered.
        """
        require_sound(request)
        self._live.lost(request.worker)
        decisions = self._storage.release(request.worker, request.items, self._clock.now())
        self._came_back(len(request.items))
        self._line.worker_left(request.worker)
        return DecisionsAnswer(decisions)

    def lose_worker(self, worker: str, ending: Ending, reason: str) -> int:
        """Take back all that a dead worker held; return how many runs that were."""
        self._live.lost(worker)
        self._line.worker_left(worker)
        count = self._storage.lose_worker(worker, ending, reason, self._clock.now())
        return self._came_back(self._lost(count, ending))

    def reap(self) -> int:
        """Take back what silent workers hold; return how many runs. Let time pass for sweeps with a budget of it."""
        now = self._clock.now()
        self._be_patient_in_trouble(now)
        for sweep in self._storage.pass_time(self._passed(now)):
            self._planner.look(sweep)
        self._planner.look_again()
        self._live.forget_silent(now)
        count = self._lose_silent(now) if now >= self._patient_until else 0
        self._storage.clear_artifacts(now)
        self._storage.forget_repeats(now)
        return count

    def _lose_silent(self, now: datetime) -> int:
        """Take back what silent workers hold, and say whose it was; return how many runs."""
        lost = self._storage.lose_expired(now)
        for worker, count in lost.items():
            with bound(worker=worker):
                _log.warning("The worker was silent for longer than its lease: %d of its runs go to others.", count)
        return self._came_back(self._lost(sum(lost.values()), "lost"))

    def _trained(self, worker: str, epochs: int, now: datetime) -> None:
        self._live.trained(worker, epochs, now)
        self._meters.epochs.inc(epochs)

    def _lost(self, count: int, ending: Ending) -> int:
        """Count runs whose leases ended so; return how many."""
        self._meters.lost_runs.labels(ending).inc(count)
        return count

    def _be_patient_in_trouble(self, now: datetime) -> None:
        """Give all leases a term after a time in which no heartbeat could be stored, for no fault of the workers."""
        was_in_trouble, self._in_trouble = self._in_trouble, self.trouble() is not None
        if was_in_trouble or self._in_trouble:
            self._patient_until = self._until(now)

    def trouble(self) -> str | None:
        """Return why nothing can be stored now; None if it can."""
        return self._storage.trouble(self._clock.now())

    def _passed(self, now: datetime) -> float:
        """Return the seconds since the last call, those of a halt left out: no worker was heard in it, for no fault."""
        passed = now - self._passed_until
        self._passed_until = now
        if passed > LONGEST_STEP:
            self._patient_until = self._until(now)
        return min(passed, LONGEST_STEP).total_seconds()

    def _came_back(self, count: int) -> int:
        """Have all sweeps looked at if runs came back: one of them may have failed, and a sweep be at its end."""
        if count:
            self._planner.look_at_all()
        return count

    def _until(self, now: datetime) -> datetime:
        return now + timedelta(seconds=self._lease_seconds)

    def _leased(self, claimed: Claimed) -> LeasedRun:
        spec, dataset = self._spec(claimed.sweep)
        self._foreign.leased(claimed.lease.run, spec)
        return LeasedRun(
            lease=claimed.lease,
            sweep=claimed.sweep,
            trial=claimed.trial,
            replicate=claimed.replicate,
            dataset=spec.dataset,
            dataset_sha256=None if dataset is None else dataset.sha256,
            seed=spec.seed,
            params=params_of(spec, claimed.params),
            metric=spec.objective.metric,
            direction=spec.objective.direction,
            early_stopping=spec.early_stopping,
            to_epoch=claimed.to_epoch,
            cohort=claimed.cohort,
            rules=spec.rules,
            diverged=spec.objective.diverged,
            checkpoint=claimed.checkpoint,
            lineage=[Piece(one.trial, params_of(spec, one.params), one.to_epoch) for one in claimed.ancestors],
            folds=spec.folds,
            train_on_dev=spec.train_on_dev,
        )


def _stored_epochs(items: Sequence[Progress], decisions: Sequence[Decision]) -> int:
    """Return how many reported epochs were stored: those under leases that still held."""
    return sum(len(one.epochs) for one, said in zip(items, decisions, strict=True) if said.decision != "stop")


def _recorded_epochs(request: FinishRequest, recorded: Recorded) -> int:
    curves = zip(request.items, recorded.outcomes, strict=True)
    ended = sum(len(item.curve) for item, (outcome, _) in curves if outcome == "recorded")
    return ended + _stored_epochs(request.progress, recorded.decisions)
