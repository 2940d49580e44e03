"""Epochs and checkpoints of runs in training, which workers send in under their leases."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import BindParameter, Connection, bindparam, case, func, update

from app.domain.plan import Rungs
from app.domain.policy import Policy
from app.domain.work import CheckpointRef, Decision, GivenBack, Lease, Progress
from app.storage import lost_leases, passed_rungs, silence
from app.storage.bulk import Bulk
from app.storage.curves import Curves
from app.storage.leases import Named, decide, holds, is_last, named_runs
from app.storage.outcomes import get_further
from app.storage.records import AnyRow
from app.storage.tables import runs

# Statements that are made once: to make one takes as long as to run it.
_GREW: BindParameter[bool] = bindparam("grew")
_GROW = Bulk(
    update(runs)
    .where(runs.c.key == bindparam("the_key"))
    .values(epochs=bindparam("reached"), reason=func.coalesce(runs.c.reason, bindparam("note")))
    .values({name: case((_GREW, 0), else_=runs.c[name]) for name in ("losses", "alone_losses")})
)
_NOTE_CHECKPOINT = Bulk(
    update(runs)
    .where(runs.c.key == bindparam("the_key"))
    .values({f"checkpoint_{name}": bindparam(name) for name in ("epoch", "sha256", "size")})
)


@dataclass(frozen=True, slots=True)
class Report:
    """The progress of what a worker trains, and the `rungs` that runs pass without a pause."""

    worker: str
    items: Sequence[Progress]
    now: datetime
    rungs: Rungs = field(default_factory=dict)

    @property
    def runs(self) -> set[int]:
        """The runs that it names."""
        return {item.lease.run for item in self.items}

    @property
    def size(self) -> int:
        """How many epochs it tells of."""
        return sum(len(item.epochs) for item in self.items)


@dataclass(slots=True)
class Request:
    """One request of a worker: the runs that it names, and what was taken of it so far."""

    worker: str
    rows: Named
    curves: Curves = field(default_factory=Curves)
    refused: dict[Lease, str] = field(default_factory=dict)
    """Of progress: why nothing of it was stored."""

    def held(self, lease: Lease) -> AnyRow | None:
        """Return the run if the worker still holds it."""
        row = self.rows.get(lease.run)
        return row if holds(row, self.worker, lease) else None

    def stale(self, leases: Iterable[Lease]) -> list[Lease]:
        """Return those of these leases that the worker holds no more."""
        return [lease for lease in leases if self.held(lease) is None]

    def decision(self, lease: Lease) -> Decision:
        """Return what the worker shall do with a run whose progress it sent."""
        refusal = self.refused.get(lease)
        return Decision(lease, "stop", refusal) if refusal else decide(self.rows, self.worker, lease)


def report(connection: Connection, policy: Policy, reports: Sequence[Report]) -> list[list[Decision]]:
    """Store the epochs and checkpoints of those runs whose lease still holds; decide for each item of each report.

    Several reports, no two of them of the same run, take as many statements as one. Epochs that leave a gap are a fault
    of the worker: it shall stop the run, which goes back to the queue.
    """
    rows = named_runs(connection, [item.lease for one in reports for item in one.items])
    curves = Curves()
    requests = [(Request(one.worker, rows, curves), one) for one in reports]
    grown = [run for request, one in requests for run in take(request, one.items)]
    different = curves.store(connection)
    passed_rungs.note(connection, rows, curves, {run: those for one in reports for run, those in one.rungs.items()})
    grow(connection, rows, curves, grown, different)
    note_checkpoints(connection, [(request, one.items) for request, one in requests])
    for request, one in requests:
        take_back_refused(connection, policy, request, one.now)
        silence.excuse(connection, policy, one.worker, request.stale([item.lease for item in one.items]))
    return [[request.decision(item.lease) for item in one.items] for request, one in requests]


def take(request: Request, items: Iterable[Progress]) -> list[int]:
    """Take the epochs of runs that are still held; return these runs, in the order in which they came."""
    grown: dict[int, None] = {}
    for item in items:
        row = request.held(item.lease)
        if row is None or not item.epochs:
            continue
        fault = request.curves.add(row, item.epochs)
        if fault:
            request.refused[item.lease] = fault
        else:
            grown[row.key] = None
    return list(grown)


def grow(
    connection: Connection, rows: Named, curves: Curves, grown: Collection[int], different: Mapping[int, str]
) -> None:
    """Store how far runs have come; one that got past its furthest epoch is free of all blame."""
    values = [
        {
            "the_key": run,
            "reached": curves.reached[run],
            "grew": curves.grew(run),
            "note": different.get(run),
        }
        for run in grown
    ]
    _GROW.run(connection, values)
    get_further(connection, [((rows[run].sweep_key, rows[run].trial), curves.reached[run]) for run in grown])


def note_checkpoints(connection: Connection, requests: Iterable[tuple[Request, Sequence[Progress]]]) -> None:
    """Store which checkpoint a run has last, if its epochs are stored; that of a pause may come after its result."""
    newest: dict[int, CheckpointRef] = {}
    for request, item in ((request, item) for request, items in requests for item in items):
        row, one = request.rows.get(item.lease.run), item.checkpoint
        if row is None or one is None or not is_last(row, request.worker, item.lease):
            continue
        stored = newest[row.key].epoch if row.key in newest else row.checkpoint_epoch or 0
        if stored < one.epoch <= request.curves.reached.get(row.key, row.epochs):
            newest[row.key] = one
    _NOTE_CHECKPOINT.run(
        connection,
        [{"the_key": run, "epoch": one.epoch, "sha256": one.sha256, "size": one.size} for run, one in newest.items()],
    )


def take_back_refused(connection: Connection, policy: Policy, request: Request, now: datetime) -> None:
    """Have runs go back to the queue whose worker sent what cannot be."""
    refused = [GivenBack(lease, "refused", fault) for lease, fault in request.refused.items()]
    if refused:
        lost_leases.release(connection, policy, request.worker, refused, now)
