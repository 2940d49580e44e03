"""Claims: which queued runs a worker gets, and the leases on them."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, and_, bindparam, case, func, or_, select, update

from app.domain.policy import Policy
from app.domain.queue import Ask, Claimed, Grant, Load, Standing, SuspectCase
from app.domain.states import SweepState
from app.domain.work import CheckpointRef, Lease
from app.storage import changes, kept_models, lineage, moves, worker_owners
from app.storage.dialect import among
from app.storage.moves import QUEUED, RUNNING
from app.storage.queries import Query
from app.storage.records import AnyRow
from app.storage.tables import cohorts, runs, sweeps, trials


@dataclass(frozen=True, slots=True)
class _Holders:
    """What workers hold of a trainer's runs: how many each of each sweep, and the most losses that one of them had."""

    held: dict[str, int]
    worst: dict[str, int]
    of_sweeps: Mapping[tuple[str, int], int]
    together: Mapping[int, int]

    def standing(self, sweep: AnyRow, worker: str) -> Standing:
        """Return what is held of a sweep, by all workers and by one."""
        return Standing(sweep.priority, self.together.get(sweep.key, 0), self.of_sweeps.get((worker, sweep.key), 0))

    def case(self, ask: Ask, taken: int, suspect_losses: int) -> SuspectCase:
        """Return what speaks for trying a suspect, once the asking worker took so many runs."""
        others = {worker: held for worker, held in self.held.items() if worker != ask.worker}
        trying = sum(self.worst[worker] >= suspect_losses for worker in others)
        hands = self.held.get(ask.worker, 0) + taken
        first = all(ask.worker < other for other in others)
        return SuspectCase(hands, trying, ask.part.count, first)


@dataclass(slots=True)
class _Choice:
    """The runs to lease, and the sweeps that were looked at for them."""

    rows: list[AnyRow] = field(default_factory=list)
    sweeps: list[AnyRow] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Queue:
    """What a claim finds: the sweeps that the worker can train, oldest first, and how many runs of them are its share.

    `suspects` has the first one that waits in a sweep, by the sweeps' keys.
    """

    holders: _Holders
    running: Sequence[AnyRow]
    suspects: Mapping[int, int]
    share: int


# Statements that are made once: to make one takes as long as to run it.
_HEALTHY = runs.c.losses < bindparam("suspect")
_IN_SWEEPS = among(runs.c.sweep_key, "sweeps")
_HOLDERS = Query(
    select(runs.c.worker, runs.c.sweep_key, func.count().label("held"), func.max(runs.c.losses).label("worst"))
    .join(sweeps, sweeps.c.key == runs.c.sweep_key)
    .where(RUNNING, sweeps.c.trainer == bindparam("trainer"))
    .group_by(runs.c.worker, runs.c.sweep_key)
)
_IS_RUNNING = sweeps.c.state == SweepState.RUNNING.value
_HAS_HEALTHY = select(runs.c.key).where(runs.c.sweep_key == sweeps.c.key, QUEUED, _HEALTHY).exists()
_SWEEPS = Query(
    select(sweeps.c.key, sweeps.c.id, sweeps.c.started_at, sweeps.c.priority, _HAS_HEALTHY.label("has_healthy"))
    .where(_IS_RUNNING, sweeps.c.ending.is_(None))
    .where(sweeps.c.trainer == bindparam("trainer"), sweeps.c.rules <= bindparam("rules"))
    .order_by(sweeps.c.id)
)
# Of all sweeps: suspects are few, while a condition on the sweep would lead through all its runs.
_SUSPECTS = Query(
    select(runs.c.key, runs.c.sweep_key).where(QUEUED, ~_HEALTHY).order_by(runs.c.trial.desc(), runs.c.replicate.desc())
)
_ENOUGH = select(runs.c.trial).where(_IN_SWEEPS, QUEUED, _HEALTHY).limit(bindparam("enough")).subquery()
_COUNT_HEALTHY = Query(select(func.count().label("waiting")).select_from(_ENOUGH))
_COUNT_QUEUED = Query(
    select(runs.c.sweep_key, func.count().label("waiting")).where(_IN_SWEEPS, QUEUED).group_by(runs.c.sweep_key)
)
# The queue's own index answers for the inner part; only then the rows themselves are looked up.
_QUEUE = (
    select(runs.c.key, func.count().over(partition_by=runs.c.cohort).label("size"))
    .where(runs.c.sweep_key == bindparam("sweep"), QUEUED, _HEALTHY)
    .subquery()
)
# The worker trained the run last and may have it in memory; no other worker could go on sooner; another one may.
_DISTANCE = case(
    (runs.c.worker == bindparam("worker"), 0),
    (or_(runs.c.worker.is_(None), runs.c.epochs == 0, runs.c.checkpoint_sha256.is_not(None)), 1),
    else_=2,
)
_KNOWN_COHORTS = select(cohorts.c.number).where(
    cohorts.c.sweep_key == bindparam("sweep"), among(cohorts.c.name, "cohorts")
)
_CHOSEN = Query(
    select(runs.c.key)
    .join(_QUEUE, _QUEUE.c.key == runs.c.key)
    .order_by(_DISTANCE, runs.c.cohort.in_(_KNOWN_COHORTS).desc(), _QUEUE.c.size.desc())
    .order_by(runs.c.cohort, runs.c.trial, runs.c.replicate)
    .limit(bindparam("limit"))
)
_WITH_PARAMS = Query(
    select(
        *(runs.c.key, runs.c.sweep_key, runs.c.trial, runs.c.replicate, runs.c.asked, trials.c.params),
        cohorts.c.name.label("cohort"),
        *(runs.c.checkpoint_epoch, runs.c.checkpoint_sha256, runs.c.checkpoint_size),
    )
    .join(trials, and_(trials.c.sweep_key == runs.c.sweep_key, trials.c.number == runs.c.trial))
    .join(cohorts, and_(cohorts.c.sweep_key == runs.c.sweep_key, cohorts.c.number == runs.c.cohort))
    .where(among(runs.c.key, "keys"))
)


def claim(connection: Connection, policy: Policy, ask: Ask, now: datetime, lease_until: datetime) -> Grant:
    """Lease the worker its share, of the sweeps whose turn it is.

    Of a sweep the worker gets first what it trained before, then what no other worker can go on with sooner; of these
    the cohorts that it trains, then the fullest. Suspects are given alone, to a worker that holds nothing else.
    """
    holders = _holders(connection, ask.trainer)
    if holders.worst.get(ask.worker, 0) >= policy.suspect_losses:
        return Grant(held_back=True)
    choice = _choose(connection, policy, ask, holders)
    if not choice.rows:
        waiting = _waiting(connection, choice.sweeps)
        return Grant(waiting=waiting, held_back=any(waiting.values()))
    keys = [row.key for row in choice.rows]
    fences = moves.start_runs(connection, keys, ask.worker, now, lease_until)
    worker_owners.own(connection, ask.worker, ask.owner)
    touched = dict.fromkeys(row.sweep_key for row in choice.rows)
    _start_sweeps(connection, [row for row in choice.sweeps if row.key in touched], now)
    names = {row.key: row.id for row in choice.sweeps}
    return Grant(
        claimed=[one for key in touched for one in _claimed_of(connection, choice.rows, key, names[key], fences)],
        waiting=_waiting(connection, choice.sweeps),
        keep=kept_models.rank(connection, policy, touched),
    )


def _holders(connection: Connection, trainer: str) -> _Holders:
    rows = _HOLDERS.rows(connection, trainer=trainer)
    held, together, worst = Counter[str](), Counter[int](), dict[str, int]()
    for row in rows:
        held[row.worker] += row.held
        together[row.sweep_key] += row.held
        worst[row.worker] = max(row.worst, worst.get(row.worker, 0))
    return _Holders(held, worst, {(row.worker, row.sweep_key): row.held for row in rows}, together)


def _choose(connection: Connection, policy: Policy, ask: Ask, holders: _Holders) -> _Choice:
    """Choose the worker's share: by turns, or from the oldest sweep on where a suspect is next."""
    running = _SWEEPS.rows(connection, trainer=ask.trainer, rules=ask.rules, suspect=policy.suspect_losses)
    share = policy.share(ask, _load(connection, policy, ask, holders, [row.key for row in running]))
    queue = _Queue(holders, running, _suspects(connection, policy), share)
    if share == 0 or _suspect_is_next(queue):
        return _by_age(connection, policy, ask, queue)
    return _by_turns(connection, policy, ask, queue)


def _suspect_is_next(queue: _Queue) -> bool:
    """Return whether a suspect waits where no older sweep, nor its own, has anything else: then it is looked at."""
    first = next((sweep for sweep in queue.running if sweep.has_healthy or sweep.key in queue.suspects), None)
    return first is not None and not first.has_healthy


def _by_turns(connection: Connection, policy: Policy, ask: Ask, queue: _Queue) -> _Choice:
    """Take from each sweep what it is due, and what is free then from the oldest on."""
    giving = [sweep for sweep in queue.running if sweep.has_healthy]
    due = policy.turns(queue.share, [queue.holders.standing(sweep, ask.worker) for sweep in giving])
    taken = {
        sweep.key: _healthy(connection, policy, ask, sweep.key, count) if count else ()
        for sweep, count in zip(giving, due, strict=True)
    }
    more = [sweep.key for sweep, count in zip(giving, due, strict=True) if len(taken[sweep.key]) == count]
    for key in more:  # the others have given all that they had
        if free := queue.share - sum(map(len, taken.values())):
            taken[key] = _healthy(connection, policy, ask, key, len(taken[key]) + free)
    return _Choice([row for rows in taken.values() for row in rows], [sweep for sweep in giving if taken[sweep.key]])


def _by_age(connection: Connection, policy: Policy, ask: Ask, queue: _Queue) -> _Choice:
    """Walk the running sweeps, oldest first, until the worker's share is reached, or a suspect keeps it."""
    choice, share, suspects = _Choice(), queue.share, queue.suspects
    for sweep in queue.running:
        choice.sweeps.append(sweep)
        if sweep.has_healthy and share > len(choice.rows):
            choice.rows += _healthy(connection, policy, ask, sweep.key, share - len(choice.rows))
        if len(choice.rows) >= share > 0:
            break
        if sweep.key not in suspects:
            continue
        turn = policy.suspect_turn(queue.holders.case(ask, len(choice.rows), policy.suspect_losses))
        if turn == "give":
            choice.rows += _in_order(connection, [suspects[sweep.key]])
        if turn != "pass":
            break
    return choice


def _suspects(connection: Connection, policy: Policy) -> dict[int, int]:
    """Return the first suspect that waits in each sweep, by the sweeps' keys."""
    rows = _SUSPECTS.rows(connection, suspect=policy.suspect_losses)
    return {row.sweep_key: row.key for row in rows}


def _load(connection: Connection, policy: Policy, ask: Ask, holders: _Holders, keys: Sequence[int]) -> Load:
    queue = {"sweeps": keys, "suspect": policy.suspect_losses, "enough": ask.slots * ask.part.count}
    waiting: int = _COUNT_HEALTHY.first(connection, **queue).waiting
    return Load(holders.held.get(ask.worker, 0), waiting, sum(holders.held.values()))


def _healthy(connection: Connection, policy: Policy, ask: Ask, sweep: int, limit: int) -> Sequence[AnyRow]:
    queue = {"sweep": sweep, "suspect": policy.suspect_losses, "limit": limit}
    chosen = _CHOSEN.rows(connection, **queue, worker=ask.worker, cohorts=list(ask.cohorts))
    return _in_order(connection, [row.key for row in chosen])


def _in_order(connection: Connection, keys: Sequence[int]) -> Sequence[AnyRow]:
    """Return these queued runs in this order, each with its trial's hyperparameters."""
    rows = {row.key: row for row in _WITH_PARAMS.rows(connection, keys=list(keys))}
    return [rows[key] for key in keys]


def _start_sweeps(connection: Connection, rows: Sequence[AnyRow], now: datetime) -> None:
    fresh = [row.key for row in rows if row.started_at is None]
    if fresh:
        connection.execute(update(sweeps).where(sweeps.c.key.in_(fresh)).values(started_at=now))
    for key in fresh:
        changes.of(connection).sweep(key, SweepState.RUNNING.value)


def _waiting(connection: Connection, looked_at: Sequence[AnyRow]) -> dict[str, int]:
    rows = _COUNT_QUEUED.rows(connection, sweeps=[row.key for row in looked_at])
    counts = {row.sweep_key: row.waiting for row in rows}
    return {row.id: counts.get(row.key, 0) for row in looked_at}


def _claimed_of(
    connection: Connection, rows: Sequence[AnyRow], key: int, sweep: str, fences: Mapping[int, int]
) -> Iterator[Claimed]:
    """Yield the leased runs of one sweep, each with what its trial goes on from."""
    mine = [row for row in rows if row.sweep_key == key]
    ancestors = lineage.ancestors(connection, key, {row.trial for row in mine})
    inherited = lineage.checkpoints(connection, key, ancestors) if ancestors else {}
    for row in mine:
        known = [one for one in (_checkpoint(row), inherited.get((row.trial, row.replicate))) if one is not None]
        yield Claimed(
            lease=Lease(row.key, fences[row.key]),
            sweep=sweep,
            trial=row.trial,
            replicate=row.replicate,
            params=row.params,
            cohort=row.cohort,
            to_epoch=row.asked,
            checkpoint=max(known, key=lambda one: one.epoch, default=None),
            ancestors=ancestors.get(row.trial, ()),
        )


def _checkpoint(row: AnyRow) -> CheckpointRef | None:
    stored = row.checkpoint_epoch, row.checkpoint_sha256, row.checkpoint_size
    return None if row.checkpoint_sha256 is None else CheckpointRef(*stored)
