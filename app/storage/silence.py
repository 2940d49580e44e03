"""Workers that were silent for longer than their leases and are heard again: no run that they lost has killed them."""

from collections.abc import Collection

from sqlalchemy import Connection, bindparam, func, select, update

from app.domain.policy import Policy
from app.domain.runs import Blame
from app.domain.states import TrialState
from app.domain.work import Lease
from app.storage import changes
from app.storage.bulk import Bulk
from app.storage.dialect import among
from app.storage.moves import PAUSED, QUEUED, RUNNING
from app.storage.queries import Query
from app.storage.records import AnyRow
from app.storage.tables import attempts, runs

MOST_EXCUSED = 10
"""So many losses of a run that gets no further are excused: it may be what keeps its workers from being heard."""

_CAME_BACK = ", and came back"

_BLAMED = Query(
    select(runs.c.key, runs.c.sweep_key, runs.c.state, runs.c.epochs, runs.c.losses, runs.c.alone_losses).where(
        among(runs.c.key, "keys"), QUEUED | PAUSED | RUNNING, runs.c.losses > 0
    )
)
_EXCUSED = Query(
    select(func.count().label("count")).where(
        *(attempts.c.run_key == bindparam("the_run"), attempts.c.epochs >= bindparam("the_epochs")),
        attempts.c.reason.like(f"%{_CAME_BACK}"),
    )
)
_LATER = Query(
    select(func.count().label("count")).where(
        *(attempts.c.run_key == bindparam("the_run"), attempts.c.fence > bindparam("the_fence")),
        *(attempts.c.ending != blameless for blameless in ("finished", "paused", "released")),
        func.coalesce(attempts.c.reason, "").not_like(f"%{_CAME_BACK}"),
    )
)
_EXCUSE = Bulk(
    update(attempts)
    .where(attempts.c.run_key == bindparam("the_run"), attempts.c.fence == bindparam("the_fence"))
    .where(attempts.c.worker == bindparam("the_worker"), attempts.c.ending == "lost")
    # Of a loss before the run got further nobody is blamed any more.
    .where(attempts.c.epochs >= bindparam("the_epochs"), attempts.c.reason.not_like(f"%{_CAME_BACK}"))
    .values(reason=attempts.c.reason + _CAME_BACK)
)
_BLAME = Bulk(
    update(runs)
    .where(runs.c.key == bindparam("the_run"))
    .values(losses=bindparam("the_losses"), alone_losses=bindparam("the_alone"))
)


def excuse(connection: Connection, policy: Policy, worker: str, stale: Collection[Lease]) -> None:
    """Take back the blame for losses that were no deaths, as a worker shows that names leases it holds no more."""
    if not stale:
        return
    fences = {lease.run: lease.fence for lease in stale}
    blamed = _BLAMED.rows(connection, keys=list(fences))
    excused = [row for row in blamed if _is_excused(connection, worker, row, fences[row.key])]
    for row in excused:
        later = _LATER.first(connection, the_run=row.key, the_fence=fences[row.key]).count
        blame = policy.after_return(Blame(row.losses, row.alone_losses), later)
        _BLAME.run(connection, [{"the_run": row.key, "the_losses": blame.losses, "the_alone": blame.alone}])
    # One that was to be tried alone may be trained beside others again.
    changes.of(connection).queued({row.sweep_key for row in excused if row.state == TrialState.QUEUED})


def _is_excused(connection: Connection, worker: str, row: AnyRow, fence: int) -> bool:
    """Return whether the worker lost the run in silence then, which is not excused yet, nor happened too often."""
    if _EXCUSED.rows(connection, the_run=row.key, the_epochs=row.epochs)[0].count >= MOST_EXCUSED:
        return False
    loss = {"the_run": row.key, "the_fence": fence, "the_worker": worker, "the_epochs": row.epochs}
    return _EXCUSE.run(connection, [loss]) > 0
