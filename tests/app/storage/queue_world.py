"""A queue of made-up runs in memory, for the tests of what reads and changes it."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, StaticPool, create_engine, event, func, insert, select

from app.domain.policy import Policy
from app.domain.queue import Ask, Claimed, Grant, Part, Recorded
from app.domain.states import SweepState, TrialState
from app.domain.work import (
    OWN_TRAINER,
    CheckpointRef,
    Decision,
    Diverged,
    Epoch,
    Lease,
    Metrics,
    ModelRef,
    Progress,
    Result,
)
from app.storage import changes, claims, counts, lost_leases, metrics, progress, results, views
from app.storage.cohorts import numbers_for
from app.storage.connect import driver
from app.storage.progress import Report
from app.storage.records import AnyRow
from app.storage.tables import artifacts, epochs, metadata, models, runs, sweep_counts, sweeps, trials
from tests.app.storage.auditor import audit_transaction
from tests.app.storage.simple_policy import SimplePolicy

NOW = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
TERM = timedelta(seconds=30)
METRIC = "dev_error"


@dataclass
class World:
    """A connection within a transaction, and short words for what is done on it."""

    connection: Connection
    policy: Policy = field(default_factory=SimplePolicy)

    def add_sweep(
        self,
        sweep: str = "swp_1",
        trials: int = 1,
        *,
        replicates: int = 1,
        asked: int = 2,
        cohorts: Sequence[str] = ("c0",),
        keep_models: int = 2,
        pool: int = 0,
        diverged: Diverged = "exclude",
        trainer: str = OWN_TRAINER,
        rules: int = 1,
    ) -> int:
        """Store a running sweep with queued trials, whose cohorts take turns; return its key."""
        row = _sweep_row(sweep, self.artifact(sweep), trials, replicates)
        row = {**row, "keep_models": keep_models, "pool": pool, "diverged": diverged}
        row |= {"trainer": trainer, "rules": rules}
        (key,) = self.connection.execute(insert(sweeps).values(row)).inserted_primary_key or (0,)
        self.connection.execute(insert(sweep_counts).values(sweep_key=key))
        self.add_trials(key, range(trials), replicates=replicates, asked=asked, cohorts=cohorts)
        return int(key)

    def add_trials(
        self,
        sweep: int,
        numbers: Sequence[int],
        *,
        replicates: int = 1,
        asked: int = 2,
        cohorts: Sequence[str] = ("c0",),
    ) -> None:
        """Store queued trials."""
        if not numbers:
            return
        self.connection.execute(insert(trials), [_trial_row(sweep, number, replicates) for number in numbers])
        changes.of(self.connection).trials(sweep, numbers, None, TrialState.QUEUED.value)
        names = numbers_for(self.connection, sweep, cohorts)
        self.connection.execute(
            insert(runs),
            [
                _run_row(sweep, number, replicate, asked, names[cohorts[number % len(cohorts)]])
                for number in numbers
                for replicate in range(replicates)
            ],
        )

    def artifact(self, content: str) -> int:
        """Store the row of an artifact and return its key."""
        row = {"sha256": hash_of(content), "size": 4, "state": "here", "brought_at": NOW}
        (key,) = self.connection.execute(insert(artifacts).values(row)).inserted_primary_key or (0,)
        return int(key)

    def claim(
        self, worker: str = "w1", slots: int = 1, *, cohorts: Sequence[str] = (), live: int = 1, now: datetime = NOW
    ) -> list[Claimed]:
        """Claim as a worker."""
        return self.grant(worker, slots, cohorts=cohorts, live=live, now=now).claimed

    def grant(
        self,
        worker: str = "w1",
        slots: int = 1,
        *,
        cohorts: Sequence[str] = (),
        live: int = 1,
        now: datetime = NOW,
        trainer: str = OWN_TRAINER,
        rules: int = 1,
    ) -> Grant:
        """Claim as a worker, and return the whole answer."""
        ask = Ask(worker, trainer, rules, slots, cohorts, Part(workers=live))
        return claims.claim(self.connection, self.policy, ask, now, now + TERM)

    def report(
        self, lease: Lease, *numbers: int, worker: str = "w1", checkpoint: CheckpointRef | None = None
    ) -> Decision:
        """Report epochs of one run."""
        (decision,) = self.report_items([Progress(lease, points(*numbers), checkpoint)], worker)
        return decision

    def report_items(self, items: Sequence[Progress], worker: str = "w1", now: datetime = NOW) -> list[Decision]:
        """Report the progress of several runs."""
        (decisions,) = progress.report(self.connection, self.policy, [Report(worker, items, now)])
        return decisions

    def finish(self, *items: Result, worker: str = "w1", now: datetime = NOW) -> Recorded:
        """Hand in results."""
        return results.finish(self.connection, self.policy, worker, items, [], now)

    def lose(self, worker: str = "w1") -> None:
        """Take back all that a worker holds, who fell silent."""
        lost_leases.lose_worker(self.connection, self.policy, worker, "lost", "the worker fell silent", NOW)

    def checkpoint(self, key: int = 1) -> tuple[int | None, str | None]:
        """Return the epoch and the hash of the last checkpoint of a run."""
        row = self.run(key)
        return row.checkpoint_epoch, row.checkpoint_sha256

    def run(self, key: int) -> AnyRow:
        """Return the row of a run."""
        return self.connection.execute(select(runs).where(runs.c.key == key)).one()

    def trial(self, number: int, sweep: int = 1) -> AnyRow:
        """Return the row of a trial."""
        return self.connection.execute(
            select(trials).where(trials.c.sweep_key == sweep, trials.c.number == number)
        ).one()

    def metrics(self, number: int, sweep: int = 1) -> Metrics:
        """Return the metrics of a trial."""
        return metrics.slots(self.connection, "trials").metrics(self.trial(number, sweep))

    def curve(self, key: int) -> list[Metrics]:
        """Return the metrics of the stored epochs of a run."""
        slots = metrics.slots(self.connection, "epochs")
        rows = self.connection.execute(select(epochs).where(epochs.c.run_key == key).order_by(epochs.c.epoch))
        return [slots.metrics(row) for row in rows]

    def sweep(self, key: int = 1) -> AnyRow:
        """Return the row of a sweep."""
        return self.connection.execute(select(sweeps).where(sweeps.c.key == key)).one()

    def attempts(self, key: int) -> list[tuple[int, str, str, str | None]]:
        """Return number, worker, ending and reason of the ended attempts of a run, as anyone sees them."""
        query = "SELECT fence, worker, ending, reason FROM attempts WHERE run_key = ? ORDER BY fence"
        rows = self.connection.exec_driver_sql(query, (key,))
        return [(row.fence, row.worker, row.ending, row.reason) for row in rows]

    def epochs(self, key: int) -> list[int]:
        """Return the numbers of the stored epochs of a run."""
        rows = select(epochs.c.epoch).where(epochs.c.run_key == key).order_by(epochs.c.epoch)
        return list(self.connection.execute(rows).scalars())

    def models(self, sweep: int = 1) -> dict[int, tuple[float | None, int]]:
        """Return cost and settledness of the models of a sweep, by their trials."""
        rows = self.connection.execute(select(models).where(models.c.sweep_key == sweep).order_by(models.c.trial))
        return {row.trial: (row.cost, row.settled) for row in rows}

    def commit(self) -> None:
        """Keep up what the writer keeps up with each commit, and recount it."""
        counts.keep(self.connection, changes.of(self.connection))
        changes.begin(self.connection)
        audit_transaction(self.connection)

    def count(self, state: TrialState) -> int:
        """Return how many trials of all sweeps are in a state."""
        statement = select(func.count()).select_from(trials).where(trials.c.state == state.value)
        return self.connection.execute(statement).scalar_one()


@contextmanager
def queue_world() -> Iterator[World]:
    """Yield an empty world."""
    module = driver()
    engine = create_engine(
        "sqlite+pysqlite://",
        module=module,
        poolclass=StaticPool,
        creator=lambda: module.connect(":memory:", isolation_level=None),
    )

    @event.listens_for(engine, "connect")
    def keep_references(connection: Any, _: object) -> None:
        connection.execute("PRAGMA foreign_keys = ON")

    with engine.connect() as connection, connection.begin():
        metadata.create_all(connection)
        views.renew(connection)
        world = World(connection)
        yield world
        world.commit()
    engine.dispose()


def point(epoch: int, dev_error: float | None = 0.5) -> Epoch:
    """Return one point of a curve."""
    measured = {"train_loss": 1.0 / epoch, "dev_loss": 0.75, "dev_error": dev_error}
    return Epoch(epoch, measured, 0.25, [0.125, None])


def points(*numbers: int) -> list[Epoch]:
    """Return points of a curve."""
    return [point(number) for number in numbers]


def completed(lease: Lease, value: float | None = 0.5, *, epochs: int = 2, model: ModelRef | None = None) -> Result:
    """Return the result of a run that was trained to its end, with its whole curve."""
    curve = points(*range(1, epochs + 1))
    return Result(lease, "completed", {METRIC: value}, 1, epochs, 0.5, "trained to its end", curve, model)


def paused(
    lease: Lease, value: float | None = 0.5, *, epochs: int = 1, best_epoch: int = 1, model: ModelRef | None = None
) -> Result:
    """Return the result of a run that was paused, with its whole curve."""
    curve = points(*range(1, epochs + 1))
    return Result(lease, "paused", {METRIC: value}, best_epoch, epochs, 0.5, "paused", curve, model)


def hash_of(content: str) -> str:
    """Return the hash that stands for a content."""
    return sha256(content.encode()).hexdigest()


def _sweep_row(sweep: str, artifact_key: int, trials: int, replicates: int) -> Mapping[str, Any]:
    texts = {"id": sweep, "name": "rain", "notes": "", "state": SweepState.RUNNING.value, "dataset": "rain"}
    numbers = {"seed": 0, "budget_trials": trials, "drawn": trials, "replicates": replicates, "plan_version": 0}
    jsons: dict[str, Any] = {"tags": [], "dataset_summary": {}, "metrics": {}, "plan": {}, "spec": {}, "posted": {}}
    rest = {
        "charged_epochs": 0,
        "used_seconds": 0.0,
        "deleted": 0,
        "unit": "epoch",
        "metric": METRIC,
        "direction": "minimize",
        "dataset_sha256": "ab" * 32,
    }
    return {
        **texts,
        **numbers,
        **jsons,
        **rest,
        "artifact_key": artifact_key,
        "dataset_sha256": "ab" * 32,
        "created_at": NOW,
    }


def _trial_row(sweep: int, number: int, replicates: int) -> dict[str, Any]:
    row = {"sweep_key": sweep, "number": number, "state": TrialState.QUEUED.value, "params": {"l2": number / 64}}
    return {**row, "epochs": 0, "seconds": 0.0, "replicates": replicates, "created_at": NOW}


def _run_row(sweep: int, trial: int, replicate: int, asked: int, cohort: int) -> dict[str, Any]:
    place = {"sweep_key": sweep, "trial": trial, "replicate": replicate, "cohort": cohort}
    zeros = dict.fromkeys(("round", "epochs", "fence", "losses", "alone_losses", "seconds"), 0)
    return {**place, **zeros, "state": TrialState.QUEUED.value, "asked": asked, "charged": asked}


@contextmanager
def statements(world: World) -> Iterator[list[str]]:
    """Gather the statements that are run, with their values."""
    seen: list[str] = []

    driver: Any = world.connection.connection.driver_connection
    driver.set_trace_callback(seen.append)
    yield seen
    driver.set_trace_callback(None)
