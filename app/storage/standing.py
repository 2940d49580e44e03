"""Where all sweeps stand together, by what few rows tell: counts are kept, and queued runs have an index."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, func, select, tuple_

from app.domain.standing import Standing
from app.domain.states import SweepState, TrialState
from app.storage.moves import QUEUED, RUNNING
from app.storage.records import AnyRow
from app.storage.sweep_rows import PRESENT
from app.storage.tables import runs, sweep_counts, sweeps, trials

_SWEEPS = select(sweeps.c.state, func.count().label("many")).where(PRESENT).group_by(sweeps.c.state)
_TRIALS = (
    select(*(func.sum(sweep_counts.c[state.value]).label(state.value) for state in TrialState))
    .join(sweeps, sweeps.c.key == sweep_counts.c.sweep_key)
    .where(PRESENT)
)
_QUEUED = (
    select(runs.c.sweep_key, func.count().label("many"), func.min(runs.c.trial).label("first"))
    .join(sweeps, sweeps.c.key == runs.c.sweep_key)
    .where(QUEUED, sweeps.c.state == SweepState.RUNNING.value)
    .group_by(runs.c.sweep_key)
)
_LEASED = select(func.count()).select_from(runs).where(RUNNING)


def of_all(connection: Connection) -> Standing:
    """Return where all sweeps stand together."""
    queued = connection.execute(_QUEUED).all()
    return Standing(
        sweeps={SweepState(row.state): row.many for row in connection.execute(_SWEEPS)},
        trials=_counts(connection),
        queued=sum(row.many for row in queued),
        queued_since=_drawn_first(connection, queued),
        leased=connection.execute(_LEASED).scalar_one(),
    )


def _counts(connection: Connection) -> Mapping[TrialState, int]:
    row = connection.execute(_TRIALS).one()
    return {state: row._mapping[state.value] or 0 for state in TrialState}


def _drawn_first(connection: Connection, queued: Sequence[AnyRow]) -> datetime | None:
    """Return when the first trial was drawn of those that wait, the first of each sweep among them."""
    places = tuple_(trials.c.sweep_key, trials.c.number).in_([(row.sweep_key, row.first) for row in queued])
    since = connection.execute(select(trials.c.created_at).where(places)).scalars()
    return min(since, default=None)
