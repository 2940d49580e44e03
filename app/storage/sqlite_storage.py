"""The storage in a SQLite file: each verb of the protocol runs one function of a room, in a transaction of its own.

What a verb does stands at the protocol in `interface.py`, and how, at the function that it runs.
"""

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager, ExitStack, nullcontext
from datetime import datetime
from functools import partial
from operator import attrgetter
from pathlib import Path
from shutil import disk_usage
from threading import Lock
from typing import BinaryIO, Concatenate, ParamSpec, TypeVar, final

from sqlalchemy import Connection, Engine

from app.domain.datasets import DatasetSummary
from app.domain.errors import Conflict
from app.domain.events import Listener
from app.domain.filters import Field, Position, TrialQuery
from app.domain.plan import NO_RUNGS, Need, Plan, Rungs, Snapshot
from app.domain.policy import Policy
from app.domain.standing import Room
from app.domain.trials import Trial
from app.domain.values import Value
from app.domain.work import Decision, Progress
from app.instruments.instruments import Instruments
from app.instruments.tracing import span, span_until
from app.storage import (
    access_keys,
    artifacts,
    attempts,
    backup,
    claims,
    column_scan,
    control,
    dataset_rows,
    decisions,
    deletion,
    dialect,
    ensembles,
    epoch_rows,
    exported,
    leases,
    lineage,
    lost_leases,
    open_runs,
    plans,
    progress,
    quotas,
    repeats,
    results,
    snapshots,
    standing,
    sweep_rows,
    trial_rows,
    trouble,
    wal,
    worker_owners,
)
from app.storage.arrivals import Arrivals, Source, known_size
from app.storage.connect import (
    IN_USE,
    limit_size,
    mark,
    reading_engine,
    unchecked_references,
    write_back,
    writing_engine,
)
from app.storage.faults import faults_told
from app.storage.lock import OF_SERVERS, FolderLock, new_folder
from app.storage.migrate import migrate, older_schema
from app.storage.opening import require_sound
from app.storage.reads import Reads
from app.storage.taken_points import TakenPoints
from app.storage.trial_pages import TrialPages
from app.storage.wal import Wal
from app.storage.writer import Joint, Writer
from app.trial_columns.pages import FieldKeys

P = ParamSpec("P")
T = TypeVar("T")

FILE = "logsweep.db"


def _reads(run: Callable[Concatenate[Connection, P], T]) -> Callable[Concatenate["SqliteStorage", P], T]:
    """Return the verb that runs a function of a room on one snapshot."""

    def verb(storage: "SqliteStorage", /, *args: P.args, **named: P.kwargs) -> T:
        return storage.read(run, *args, **named)

    return verb


def _writes(run: Callable[Concatenate[Connection, P], T]) -> Callable[Concatenate["SqliteStorage", P], T]:
    """Return the verb that runs a function of a room in a transaction of the writer."""

    def verb(storage: "SqliteStorage", /, *args: P.args, **named: P.kwargs) -> T:
        return storage.write(run, *args, **named)

    return verb


def _decides(run: Callable[Concatenate[Connection, Policy, P], T]) -> Callable[Concatenate["SqliteStorage", P], T]:
    """Return the verb that writes what must be decided within the transaction."""

    def verb(storage: "SqliteStorage", /, *args: P.args, **named: P.kwargs) -> T:
        return storage.decide(run, *args, **named)

    return verb


@final
class SqliteStorage:
    """Everything that outlives the process. Opened on a data folder, which it locks until closed."""

    def __init__(
        self,
        folder: Path,
        policy: Policy,
        most_bytes: int | None = None,
        instruments: Instruments | None = None,
        way_out: str = OF_SERVERS,
    ) -> None:
        """Lock the folder, look at its database, make or migrate it; it may have `most_bytes` at most.

        `way_out` is told where another server uses the folder.

        Raises Conflict for what is no sound database of ours, Unavailable or DiskFull if it cannot be used.
        """
        instruments = instruments or Instruments()
        self._policy = policy
        self._tracer = instruments.tracer
        self._file = folder / FILE
        with new_folder(folder), ExitStack() as opened:
            self._lock = FolderLock(folder, way_out)
            opened.callback(self._lock.give_up)
            with faults_told(f"the data folder {folder}"):
                self._writing = _opened(self._file)
            opened.callback(self._writing.dispose)
            self._writer = Writer(self._writing, instruments.meters, partial(wal.end, database=self._file))
            opened.callback(self._writer.close)
            self.limit_size(most_bytes)
            self.write(artifacts.give_up_all_arrivals)  # who sent them died with the server before
            self._reads = Reads(reading_engine(self._file))
            self._pages = TrialPages(self._reads.snapshot)
            self._writer.listen(self._pages.take)
            self._wal = Wal(self._file, self._writer, self._reads)
            opened.pop_all()
        self._arrivals = Arrivals(self._writer)
        self._backing_up = Lock()
        self._points = TakenPoints()
        self._reports = Joint(
            run=lambda connection, asks: progress.report(connection, policy, asks),
            touches=attrgetter("runs"),
            size=attrgetter("size"),
        )

    def listen(self, listener: Listener) -> None:
        self._writer.listen(listener)

    def close(self) -> None:
        self._wal.close()
        self._reads.close()
        self._writer.close()
        self._writing.dispose()
        self._lock.release()

    def read(self, run: Callable[Concatenate[Connection, P], T], *args: P.args, **named: P.kwargs) -> T:
        """Return what a function answers on one snapshot."""
        with self._span("storage.read", run), self._reads.snapshot() as connection:
            return run(connection, *args, **named)

    def write(self, run: Callable[Concatenate[Connection, P], T], *args: P.args, **named: P.kwargs) -> T:
        """Return what a function answers in a transaction of the writer, once that is on disk."""
        with self._span("storage.write", run):
            return self._writer.submit(lambda connection: run(connection, *args, **named)).result()

    def decide(self, run: Callable[Concatenate[Connection, Policy, P], T], *args: P.args, **named: P.kwargs) -> T:
        """Return what a function answers in a transaction of the writer in which it asks the policy."""
        with self._span("storage.write", run):
            return self._writer.submit(lambda connection: run(connection, self._policy, *args, **named)).result()

    def _span(self, name: str, run: Callable[..., object]) -> AbstractContextManager[object]:
        return span(self._tracer, name, run)

    def backup(self) -> BinaryIO:
        if not self._backing_up.acquire(blocking=False):
            raise Conflict("Another backup is being written. Ask again once that is done.")
        try:
            return backup.take(self._writer, self._file)
        finally:
            self._backing_up.release()

    def room(self) -> Room:
        return Room(wal.size_of(self._file), wal.size_of(wal.log_of(self._file)), disk_usage(self._file.parent).free)

    def trouble(self, now: datetime) -> str | None:
        return trouble.find(self._writer, self._file.parent, now)

    def limit_size(self, most_bytes: int | None) -> None:
        """Let the database become no larger from now on: what would make it so is refused as on a full disk."""
        self._writer.submit_between(partial(limit_size, most=most_bytes)).result()

    engine_version = _reads(dialect.engine_version)
    standing = _reads(standing.of_all)
    open_runs = _reads(open_runs.of_sweep)

    # Data sets

    def add_dataset(self, summary: DatasetSummary, content: Source, upload_sha256: str, owner: str = "") -> bool:
        if self.write(dataset_rows.knows, summary, upload_sha256):
            return False
        self.read(quotas.require_room, owner, summary.sha256, known_size(content))
        name = partial(dataset_rows.add, summary=summary, upload_sha256=upload_sha256, owner=owner)
        return self._arrivals.bring(summary.sha256, content, summary.created_at, name)

    def replace_builtin(self, summary: DatasetSummary, content: Source) -> None:
        name = partial(dataset_rows.replace_builtin, summary=summary)
        self._arrivals.bring(summary.sha256, content, summary.created_at, name)

    upload_hash = _reads(dataset_rows.upload_hash)
    upload_without_hash = _reads(dataset_rows.upload_without_hash)
    recognise_upload = _writes(dataset_rows.recognise)
    builtin_hashes = _reads(dataset_rows.builtin_hashes)
    dataset = _reads(dataset_rows.find)
    dataset_content = _reads(dataset_rows.content)
    content_of = _reads(dataset_rows.content_of)
    content_size = _reads(dataset_rows.content_size)
    datasets = _reads(dataset_rows.page)
    remove_dataset = _writes(dataset_rows.remove)

    # Artifacts

    def add_artifact(self, sha256: str, source: Source, now: datetime) -> int:
        return self._arrivals.bring(sha256, source, now, lambda _, key: key)

    def add_artifacts(self, contents: Sequence[bytes], now: datetime) -> list[str]:
        hashes = [hashlib.sha256(content).hexdigest() for content in contents]
        self.write(artifacts.add_all, dict(zip(hashes, contents, strict=True)), now)
        return hashes

    def artifact_stream(self, sha256: str) -> Iterator[bytes]:
        key, number = self.read(artifacts.key_here, sha256), 0
        while key is not None and (piece := self.read(artifacts.piece, key, number)) is not None:
            yield piece
            number += 1

    def clear_artifacts(self, now: datetime, limit: int = 64) -> int:
        self.write(deletion.go_on)
        return self._arrivals.clear(now, limit)

    artifact_size = _reads(artifacts.size)

    # Sweeps and plans

    create_sweep = _writes(sweep_rows.create)
    made = _reads(repeats.made)
    note_made = _writes(repeats.note)
    forget_repeats = _writes(repeats.forget)
    sweep = _reads(sweep_rows.find)
    sweep_spec = _reads(sweep_rows.spec)
    foreign_specs = _reads(sweep_rows.foreign_specs)
    sweeps = _reads(sweep_rows.page)
    running_sweeps = _reads(sweep_rows.running)
    change_sweep = _writes(control.change)
    enqueue_points = _writes(control.enqueue)
    pause_sweep = _writes(control.pause)
    resume_sweep = _decides(control.resume)
    cancel_sweep = _decides(control.cancel)
    pass_time = _writes(control.pass_time)

    def snapshot(self, sweep: str, need: Need, horizon: int, *, all_runs: bool = False) -> Snapshot:
        return self.read(snapshots.take, sweep, need, horizon, self._points, all_runs=all_runs)

    decisions = _reads(decisions.page)

    def delete_sweep(self, sweep: str) -> None:
        self.write(deletion.begin, sweep)
        while self.write(deletion.go_on):
            pass

    def apply(self, sweep: str, version: int, plan: Plan, now: datetime) -> bool:
        try:
            self.decide(plans.apply, sweep, version, plan, now)
        except plans.Outdated:
            return False
        return True

    # Trials

    trial = _reads(trial_rows.find)

    def trials(
        self, sweep: str, query: TrialQuery, shared: Mapping[str, Value], after: Position | None, limit: int
    ) -> list[tuple[Trial, Position]]:
        return self._pages.page(sweep, query, shared, after, limit)

    def trial_keys(
        self, sweep: str, query: TrialQuery, shared: Mapping[str, Value], fields: Collection[Field]
    ) -> FieldKeys:
        return self._pages.keys(sweep, query, shared, fields)

    trial_values = _reads(column_scan.values)
    finished_trials = _reads(trial_rows.finished)
    enqueued_trials = _reads(trial_rows.enqueued)
    confirmed_trials = _reads(trial_rows.confirmed)
    trainings = _reads(trial_rows.trainings)
    best_epochs = _reads(trial_rows.best_epochs)
    curve = _reads(epoch_rows.page)
    curve_ends = _reads(epoch_rows.ends)
    metric_curves = _reads(epoch_rows.of_metric)
    run_places = _reads(exported.run_places)
    epochs_of_runs = _reads(exported.epochs_of_runs)
    lineage = _reads(lineage.of_sweep)
    attempts = _reads(attempts.of_trial)
    model = _reads(trial_rows.model)

    # Ensembles

    pool = _reads(ensembles.pool)
    ensemble = _reads(ensembles.find)
    store_ensemble = _writes(ensembles.store)

    # Access keys

    add_access_keys = _writes(access_keys.add)
    revoke_access_key = _writes(access_keys.revoke)
    limit_access_key = _writes(access_keys.limit)
    key_usages = _reads(quotas.usages)
    note_key_uses = _writes(access_keys.note_uses)
    access_keys = _reads(access_keys.every)
    forget_idle_owners = _writes(worker_owners.forget_idle)
    worker_owners = _reads(worker_owners.every)

    # The queue

    claim = _decides(claims.claim)
    heartbeat = _decides(leases.heartbeat)
    held_trials = _reads(leases.held_trials)

    def report(
        self, worker: str, items: Sequence[Progress], now: datetime, rungs: Rungs = NO_RUNGS
    ) -> Future[list[Decision]]:
        stored = self._writer.submit_part(self._reports, progress.Report(worker, items, now, rungs))
        span_until(stored, self._tracer, "storage.write", progress.report)
        return stored

    finish = _decides(results.finish)
    release = _decides(lost_leases.release)
    lose_expired = _decides(lost_leases.lose_expired)
    lose_worker = _decides(lost_leases.lose_worker)
    recover = _decides(lost_leases.recover)


def _opened(database: Path) -> Engine:
    """Return the writing engine of a database that is sound, of this version, and marked as in use."""
    backup.remove_unfinished(database)
    if not require_sound(database):
        _make(database)
    engine = writing_engine(database)
    try:
        with engine.connect() as connection, connection.begin():
            older = older_schema(connection)
        with nullcontext() if older is None else backup.kept_before_migration(database, older):
            _migrate(engine)
        with engine.connect() as connection:
            mark(connection, IN_USE)
            write_back(connection)  # before anything is answered for: the mark tells where a log is missing
    except BaseException:
        engine.dispose()
        raise
    return engine


def _make(database: Path) -> None:
    """Make a database under another name, so that what has the right one is whole, whenever the power fails."""
    partial = backup.partial_of(database)
    engine = writing_engine(partial)
    try:
        _migrate(engine)
    except BaseException:
        engine.dispose()
        backup.remove_unfinished(database)
        raise
    engine.dispose()
    backup.move(partial, database)


def _migrate(engine: Engine) -> None:
    with engine.connect() as connection, unchecked_references(connection), connection.begin():
        migrate(connection)
