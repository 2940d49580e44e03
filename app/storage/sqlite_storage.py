"""The storage in a SQLite file: each verb of the protocol runs one function of a room, in a transaction of its own.

What a verb does stands at the protocol in `interface.py`, and how, at the function that it runs.
"""

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar, final

from sqlalchemy import Connection, Engine

from app.domain.datasets import DatasetSummary
from app.domain.errors import Unavailable
from app.domain.filters import Position, TrialQuery
from app.domain.plan import Need, Plan, Snapshot, StoredDecision
from app.domain.policy import Policy
from app.domain.queue import Ask, Grant, Recorded
from app.domain.runs import Attempt, Ending
from app.domain.space import Value
from app.domain.sweeps import NewSweep, Sweep, SweepChanges, SweepFilter, SweepSpec
from app.domain.trials import KeptModel, Trial
from app.domain.work import Decision, Epoch, GivenBack, Lease, Progress, Result
from app.storage import (
    artifacts,
    attempts,
    claims,
    control,
    dataset_rows,
    decisions,
    deletion,
    dialect,
    epoch_rows,
    lost_leases,
    plans,
    results,
    snapshots,
    sweep_rows,
    trial_rows,
)
from app.storage import (
    leases as lease_rows,
)
from app.storage.arrivals import Clearing, Source, bring
from app.storage.connect import reading_engine, unchecked_references, writing_engine
from app.storage.lock import FolderLock
from app.storage.migrate import migrate
from app.storage.writer import Writer

P = ParamSpec("P")
T = TypeVar("T")

FILE = "logsweep.db"


@final
class SqliteStorage:
    """Everything that outlives the process. Opened on a data folder, which it locks until closed."""

    def __init__(self, folder: Path, policy: Policy) -> None:
        """Lock the folder, make or migrate the database. Raises Unavailable if either is not possible."""
        _make(folder)
        self._policy = policy
        self._lock = FolderLock(folder)
        try:
            self._writing = writing_engine(folder / FILE)
            _migrate(self._writing)
        except BaseException:
            self._lock.release()
            raise
        self._writer = Writer(self._writing)
        self._reading = reading_engine(folder / FILE)
        self._clearing = Clearing(self._writer)
        self._write(artifacts.give_up_arrivals)  # who sent them died with the server before

    def close(self) -> None:
        self._writer.close()
        self._reading.dispose()
        self._writing.dispose()
        self._lock.release()

    def _write(self, run: Callable[Concatenate[Connection, P], T], *args: P.args, **named: P.kwargs) -> T:
        return self._writer.submit(lambda connection: run(connection, *args, **named)).result()

    def _decide(self, run: Callable[Concatenate[Connection, Policy, P], T], *args: P.args, **named: P.kwargs) -> T:
        """Write what must be decided within the transaction."""
        return self._writer.submit(lambda connection: run(connection, self._policy, *args, **named)).result()

    def _read(self, run: Callable[Concatenate[Connection, P], T], *args: P.args, **named: P.kwargs) -> T:
        with self._reading.connect() as connection, connection.begin():
            return run(connection, *args, **named)

    def engine_version(self) -> str:
        return self._read(dialect.engine_version)

    # Data sets

    def add_dataset(self, summary: DatasetSummary, content: Source, upload_sha256: str) -> bool:
        if self._write(dataset_rows.knows, summary, upload_sha256):
            return False
        name = partial(dataset_rows.add, summary=summary, upload_sha256=upload_sha256)
        return bring(self._writer, summary.sha256, content, summary.created_at, name)

    def upload_hash(self, name: str) -> str | None:
        return self._read(dataset_rows.upload_hash, name)

    def upload_without_hash(self, name: str) -> tuple[str, bytes] | None:
        return self._read(dataset_rows.upload_without_hash, name)

    def recognise_upload(self, name: str, sha256: str, upload_sha256: str) -> None:
        self._write(dataset_rows.recognise, name, sha256, upload_sha256)

    def replace_builtin(self, summary: DatasetSummary, content: Source) -> None:
        name = partial(dataset_rows.replace_builtin, summary=summary)
        bring(self._writer, summary.sha256, content, summary.created_at, name)

    def builtin_hashes(self) -> dict[str, str]:
        return self._read(dataset_rows.builtin_hashes)

    def dataset(self, name: str) -> DatasetSummary:
        return self._read(dataset_rows.find, name)

    def dataset_content(self, name: str) -> tuple[str, bytes]:
        return self._read(dataset_rows.content, name)

    def content_of(self, sha256: str) -> bytes:
        return self._read(dataset_rows.content_of, sha256)

    def content_size(self, sha256: str) -> int:
        return self._read(dataset_rows.content_size, sha256)

    def datasets(self, after: str, limit: int) -> Sequence[DatasetSummary]:
        return self._read(dataset_rows.page, after, limit)

    def remove_dataset(self, name: str) -> None:
        self._write(dataset_rows.remove, name)

    # Artifacts

    def add_artifact(self, sha256: str, source: Source, now: datetime) -> int:
        return bring(self._writer, sha256, source, now, lambda _, key: key)

    def add_artifacts(self, contents: Sequence[bytes], now: datetime) -> list[str]:
        hashes = [hashlib.sha256(content).hexdigest() for content in contents]
        self._write(artifacts.add_all, dict(zip(hashes, contents, strict=True)), now)
        return hashes

    def artifact_size(self, sha256: str) -> int | None:
        return self._read(artifacts.size, sha256)

    def artifact_stream(self, sha256: str) -> Iterator[bytes]:
        key, number = self._read(artifacts.key_here, sha256), 0
        while key is not None and (piece := self._read(artifacts.piece, key, number)) is not None:
            yield piece
            number += 1

    def clear_artifacts(self, now: datetime, limit: int = 64) -> int:
        self._write(deletion.go_on)
        return self._clearing.clear(now, limit)

    # Sweeps

    def create_sweep(self, sweep: str, new: NewSweep, now: datetime) -> None:
        self._write(sweep_rows.create, sweep, new, now)

    def sweep(self, sweep: str) -> Sweep:
        return self._read(sweep_rows.find, sweep)

    def sweep_spec(self, sweep: str) -> tuple[SweepSpec, DatasetSummary]:
        return self._read(sweep_rows.spec, sweep)

    def sweeps(self, which: SweepFilter, before: str | None, limit: int) -> Sequence[Sweep]:
        return self._read(sweep_rows.page, which, before, limit)

    def running_sweeps(self) -> list[str]:
        return self._read(sweep_rows.running)

    def change_sweep(self, sweep: str, changes: SweepChanges, *, reopen: bool, now: datetime) -> None:  # noqa: ARG002 - no table tells when
        self._write(control.change, sweep, changes, reopen=reopen)

    def pause_sweep(self, sweep: str) -> None:
        self._write(control.pause, sweep)

    def resume_sweep(self, sweep: str) -> None:
        self._decide(control.resume, sweep)

    def cancel_sweep(self, sweep: str, *, keep: bool, now: datetime) -> None:
        self._decide(control.cancel, sweep, keep=keep, now=now)

    def delete_sweep(self, sweep: str) -> None:
        self._write(deletion.begin, sweep)
        self._finish_deletions()

    def _finish_deletions(self) -> None:
        while self._write(deletion.go_on):
            pass

    def pass_time(self, seconds: float) -> list[str]:
        return self._write(control.pass_time, seconds)

    # Plans

    def snapshot(self, sweep: str, need: Need, horizon: int) -> Snapshot:
        return self._read(snapshots.take, sweep, need, horizon)

    def apply(self, sweep: str, version: int, plan: Plan, now: datetime) -> bool:
        try:
            self._decide(plans.apply, sweep, version, plan, now)
        except plans.Outdated:
            return False
        return True

    def decisions(self, sweep: str, after: int, limit: int) -> list[StoredDecision]:
        return self._read(decisions.page, sweep, after, limit)

    # Trials

    def trial(self, sweep: str, number: int) -> Trial:
        return self._read(trial_rows.find, sweep, number)

    def trials(
        self, sweep: str, query: TrialQuery, shared: Mapping[str, Value], after: Position | None, limit: int
    ) -> list[tuple[Trial, Position]]:
        return self._read(trial_rows.page, sweep, query, shared, after, limit)

    def finished_trials(self, sweep: str, last: int | None = None) -> list[Trial]:
        return self._read(trial_rows.finished, sweep, last)

    def curve(self, sweep: str, number: int, replicate: int, after: int, limit: int) -> list[Epoch]:
        return self._read(epoch_rows.page, sweep, number, replicate, after, limit)

    def curve_ends(self, sweep: str, numbers: Collection[int], last: int) -> dict[int, list[Epoch]]:
        return self._read(epoch_rows.ends, sweep, numbers, last)

    def attempts(self, sweep: str, number: int) -> list[Attempt]:
        return self._read(attempts.of_trial, sweep, number)

    def model(self, sweep: str, number: int) -> KeptModel | None:
        return self._read(trial_rows.model, sweep, number)

    # The queue

    def claim(self, ask: Ask, now: datetime, lease_until: datetime) -> Grant:
        return self._decide(claims.claim, ask, now, lease_until)

    def heartbeat(self, worker: str, leases: Sequence[Lease], lease_until: datetime) -> list[Decision]:
        return self._write(lease_rows.heartbeat, worker, leases, lease_until)

    def report(self, worker: str, items: Sequence[Progress], now: datetime) -> list[Decision]:
        return self._decide(results.report, worker, items, now)

    def finish(self, worker: str, items: Sequence[Result], progress: Sequence[Progress], now: datetime) -> Recorded:
        return self._decide(results.finish, worker, items, progress, now)

    def release(self, worker: str, items: Sequence[GivenBack], now: datetime) -> list[Decision]:
        return self._decide(lost_leases.release, worker, items, now)

    def work_waits(self) -> bool:
        return self._read(claims.work_waits)

    def lose_expired(self, now: datetime) -> int:
        return self._decide(lost_leases.lose_expired, now)

    def lose_worker(self, worker: str, ending: Ending, reason: str, now: datetime) -> int:
        return self._decide(lost_leases.lose_worker, worker, ending, reason, now)

    def recover(self, local_prefix: str, now: datetime, lease_until: datetime) -> None:
        self._decide(lost_leases.recover, local_prefix, now, lease_until)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Unavailable(f"The data folder {folder} cannot be made: {error.strerror}.") from None


def _migrate(engine: Engine) -> None:
    with engine.connect() as connection, unchecked_references(connection), connection.begin():
        migrate(connection)
