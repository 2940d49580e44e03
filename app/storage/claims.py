"""Claims: which queued runs a worker gets, and the leases on them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, and_, func, select

from app.domain.policy import Policy
from app.domain.queue import Ask, Grant, Load, SuspectCase
from app.domain.states import SweepState
from app.storage import kept_models, moves
from app.storage.moves import QUEUED, RUNNING
from app.storage.records import AnyRow
from app.storage.tables import runs, sweeps


@dataclass(frozen=True, slots=True)
class _Holders:
    """What workers hold of a trainer's runs: how many each, and the most losses that one of them had."""

    held: dict[str, int]
    worst: dict[str, int]


@dataclass(slots=True)
class _Choice:
    """The runs to lease, and the sweeps that were looked at for them."""

    rows: list[AnyRow] = field(default_factory=list)
    sweeps: list[AnyRow] = field(default_factory=list)


def claim(connection: Connection, policy: Policy, ask: Ask, now: datetime, lease_until: datetime) -> Grant:
    """Lease the worker its share, from the oldest sweep on.

    Of a sweep the worker gets first what it trained before, then what no other worker can go on with sooner; of these the
    cohorts that it trains, then the fullest. Suspects are given alone, to a worker that holds nothing else.
    """
    holders = _holders(connection, ask.trainer)
    if holders.worst.get(ask.worker, 0) >= policy.suspect_losses:
        return Grant()
    choice = _choose(connection, policy, ask, holders)
    if not choice.rows:
        return Grant(waiting=_waiting(connection, choice.sweeps))
    keys = [row.key for row in choice.rows]
    fences = moves.start_runs(connection, keys, ask.worker, now, lease_until)
    touched = {row.sweep_key for row in choice.rows}
    _start_sweeps(connection, [row for row in choice.sweeps if row.key in touched], now)
    names = {row.key: row.id for row in choice.sweeps}
    return Grant(
        claimed=[_claimed(row, names[row.sweep_key], fences[row.key]) for row in choice.rows],
        waiting=_waiting(connection, choice.sweeps),
        keep=kept_models.rank(connection, policy, touched),
    )


def work_waits(connection: Connection) -> bool:
    """Return whether the queue of a running sweep has a run that no worker holds."""
    running = sweeps.c.state == SweepState.RUNNING.value
    waiting = select(runs.c.key).where(runs.c.sweep_key == sweeps.c.key, QUEUED).exists()
    return connection.execute(select(sweeps.c.key).where(running, waiting).limit(1)).first() is not None


def _holders(connection: Connection, trainer: str) -> _Holders:
    rows = connection.execute(
        select(runs.c.worker, func.count().label("held"), func.max(runs.c.losses).label("worst"))
        .join(sweeps, sweeps.c.key == runs.c.sweep_key)
        .where(RUNNING, sweeps.c.trainer == trainer)
        .group_by(runs.c.worker)
    ).all()
    return _Holders({row.worker: row.held for row in rows}, {row.worker: row.worst for row in rows})


def _choose(connection: Connection, policy: Policy, ask: Ask, holders: _Holders) -> _Choice:
    """Walk the running sweeps, oldest first, until the worker's share is reached."""
    choice, running = _Choice(), _running(connection, ask)
    held = holders.held.get(ask.worker, 0)
    share = policy.share(ask, _load(connection, policy, ask, holders, [row.key for row in running]))
    for sweep in running:
        choice.sweeps.append(sweep)
        if share > len(choice.rows):
            choice.rows += _healthy(connection, policy, ask, sweep.key, share - len(choice.rows))
        if choice.rows and len(choice.rows) >= share:
            break
        suspects = _suspects(connection, policy, sweep.key)
        if not suspects:
            continue
        case_ = SuspectCase(held + len(choice.rows), _trying(policy, ask, holders), ask.live_workers)
        turn = policy.suspect_turn(case_)
        if turn == "give":
            choice.rows += suspects
        if turn != "pass":
            break
    return choice


def _running(connection: Connection, ask: Ask) -> Sequence[AnyRow]:
    return connection.execute(
        select(sweeps.c.key, sweeps.c.id, sweeps.c.started_at)
        .where(
            *(sweeps.c.state == SweepState.RUNNING.value, sweeps.c.ending.is_(None)),
            *(sweeps.c.trainer == ask.trainer, sweeps.c.rules <= ask.rules),
        )
        .order_by(sweeps.c.id)
    ).all()


def _load(connection: Connection, policy: Policy, ask: Ask, holders: _Holders, keys: Sequence[int]) -> Load:
    enough = ask.slots * ask.live_workers
    healthy = and_(runs.c.sweep_key.in_(list(keys)), QUEUED, runs.c.losses < policy.suspect_losses)
    some = select(runs.c.trial).where(healthy).limit(enough).subquery()
    waiting = connection.execute(select(func.count()).select_from(some)).scalar_one()
    return Load(holders.held.get(ask.worker, 0), waiting, sum(holders.held.values()))
