"""The storage as the use cases see it: verbs, records, and no SQL.

A verb that writes returns once its transaction is on disk; a verb that reads sees one snapshot.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar, final

from sqlalchemy import Connection, Engine

from app.domain.datasets import DatasetSummary
from app.domain.errors import Unavailable
from app.domain.filters import Position, TrialQuery
from app.domain.queue import Ask, Drawn, Grant
from app.domain.space import Value
from app.domain.sweeps import Sweep, SweepSpec
from app.domain.trials import KeptModel, Trial
from app.domain.work import Epoch, Lease, Progress, Result
from app.storage import blobs, claims, completion, dataset_rows, dialect, losses, results, sweep_rows, trial_rows
from app.storage.connect import reading_engine, writing_engine
from app.storage.lock import FolderLock
from app.storage.migrate import migrate
from app.storage.results import Recorded
from app.storage.writer import Writer

P = ParamSpec("P")
T = TypeVar("T")

FILE = "logsweep.db"


@final
class Storage:
    """Everything that outlives the process. Opened on a data folder, which it locks until closed."""

    def __init__(self, folder: Path) -> None:
        """Lock the folder, make or migrate the database. Raises Unavailable if either is not possible."""
        _make(folder)
        self._lock = FolderLock(folder)
        try:
            self._writing = writing_engine(folder / FILE)
            _migrate(self._writing)
        except BaseException:
            self._lock.release()
            raise
        self._writer = Writer(self._writing)
        self._reading = reading_engine(folder / FILE)

    def close(self) -> None:
        """Finish what was submitted, close all connections, free the folder. Calling it twice is harmless."""
        self._writer.close()
        self._reading.dispose()
        self._writing.dispose()
        self._lock.release()

    def _write(self, run: Callable[Concatenate[Connection, P], T], *args: P.args, **named: P.kwargs) -> T:
        return self._writer.submit(lambda connection: run(connection, *args, **named)).result()

    def _read(self, run: Callable[Concatenate[Connection, P], T], *args: P.args, **named: P.kwargs) -> T:
        with self._reading.connect() as connection, connection.begin():
            return run(connection, *args, **named)

    def engine_version(self) -> str:
        """Return the version of the database engine, after a look at the database."""
        return self._read(dialect.engine_version)

    # Data sets

    def add_dataset(self, summary: DatasetSummary, content: bytes | Path, upload_sha256: str) -> bool:
        """Store an upload, its content in memory or in a file; False if the same is there.

        Raises Conflict for another content.
        """
        return self._write(dataset_rows.add, summary, content, upload_sha256)

    def upload_hash(self, name: str) -> str | None:
        """Return the hash of the upload that a data set came from; None if it is not known."""
        return self._read(dataset_rows.upload_hash, name)

    def upload_without_hash(self, name: str) -> tuple[str, bytes] | None:
        """Return the hash and the content of an upload from before uploads had hashes; None if this is none."""
        return self._read(dataset_rows.upload_without_hash, name)

    def recognise_upload(self, name: str, sha256: str, upload_sha256: str) -> None:
        """Write down the upload that a data set with this content came from, unless that is known."""
        self._write(dataset_rows.recognise, name, sha256, upload_sha256)

    def replace_builtin(self, summary: DatasetSummary, content: bytes | Path) -> None:
        """Store a built-in data set; the content of its former version stays while a sweep names it."""
        self._write(dataset_rows.replace_builtin, summary, content)

    def builtin_hashes(self) -> dict[str, str]:
        """Return the content hash of each built-in data set that is stored."""
        return self._read(dataset_rows.builtin_hashes)

    def dataset(self, name: str) -> DatasetSummary:
        """Return a data set. Raises NotFound."""
        return self._read(dataset_rows.find, name)

    def dataset_content(self, name: str) -> tuple[str, bytes]:
        """Return the hash and the prepared content of a data set. Raises NotFound."""
        return self._read(dataset_rows.content, name)

    def content_of(self, sha256: str) -> bytes:
        """Return a prepared content that a data set or a sweep names, also after its data set was deleted or replaced.

        Raises NotFound.
        """
        return self._read(dataset_rows.content_of, sha256)

    def content_size(self, sha256: str) -> int:
        """Return how many bytes a prepared content has. Raises NotFound."""
        return self._read(dataset_rows.content_size, sha256)

    def content_pieces(self, sha256: str) -> Iterator[bytes]:
        """Yield a prepared content piece by piece, in a transaction that ends with the last one."""
        with self._reading.connect() as connection, connection.begin():
            yield from blobs.content_pieces(connection, sha256)

    def datasets(self, after: str, limit: int) -> Sequence[DatasetSummary]:
        """Return data sets in the order of their names, from the first one after `after`."""
        return self._read(dataset_rows.page, after, limit)

    def remove_dataset(self, name: str) -> None:
        """Delete an upload. Raises NotFound; Conflict if it is built in or in use."""
        self._write(dataset_rows.remove, name)

    # Sweeps

    def create_sweep(
        self,
        sweep: str,
        spec: SweepSpec,
        posted: Mapping[str, Value],
        dataset: DatasetSummary,
        drawn: Sequence[Drawn],
        now: datetime,
    ) -> None:
        """Store a running sweep with its first trials. Raises Conflict if its data set has gone."""
        self._write(sweep_rows.create, sweep, spec, posted, dataset, drawn, now)

    def add_trials(self, sweep: str, first: int, drawn: Sequence[Drawn], now: datetime) -> bool:
        """Queue trials from number `first` on; False if others did so before, or the sweep ended."""
        return self._write(sweep_rows.add_trials, sweep, first, drawn, now)

    def cancel_sweep(self, sweep: str, now: datetime) -> None:
        """Cancel a sweep and all that is open in it. Raises NotFound; Conflict if it ended otherwise."""
        self._write(sweep_rows.cancel, sweep, now)

    def end_overdue(self, now: datetime) -> list[str]:
        """Complete the sweeps whose budget of seconds is used up; return their ids."""
        return self._write(completion.end_overdue, now)

    def sweep(self, sweep: str) -> Sweep:
        """Return a sweep. Raises NotFound."""
        return self._read(sweep_rows.find, sweep)

    def sweep_spec(self, sweep: str) -> tuple[SweepSpec, DatasetSummary]:
        """Return what a sweep's trials follow from. Raises NotFound."""
        return self._read(sweep_rows.spec, sweep)

    def sweeps(self, before: str | None, limit: int) -> Sequence[Sweep]:
        """Return sweeps, newest first, from the first one older than `before`."""
        return self._read(sweep_rows.page, before, limit)

    # Trials

    def trial(self, sweep: str, number: int) -> Trial:
        """Return a trial. Raises NotFound."""
        return self._read(trial_rows.find, sweep, number)

    def trials(
        self, sweep: str, query: TrialQuery, shared: Mapping[str, Value], after: Position | None, limit: int
    ) -> list[tuple[Trial, Position]]:
        """Return the trials of a page, each with its position; `shared` hyperparameters are the same in all trials."""
        return self._read(trial_rows.page, sweep, query, shared, after, limit)

    def finished_trials(self, sweep: str, last: int | None = None) -> list[Trial]:
        """Return the finished trials of a sweep, or the `last` ones, in the order of their numbers."""
        return self._read(trial_rows.finished, sweep, last)

    def curve(self, sweep: str, number: int, after: int, limit: int) -> list[Epoch]:
        """Return epochs of a trial, from the first one after epoch `after`."""
        return self._read(trial_rows.curve, sweep, number, after, limit)

    def curve_ends(self, sweep: str, numbers: Collection[int], last: int) -> dict[int, list[Epoch]]:
        """Return the first epoch and the `last` ones of these trials, by their numbers; some may have none."""
        return self._read(trial_rows.curve_ends, sweep, numbers, last)

    def model(self, sweep: str, number: int) -> KeptModel | None:
        """Return the kept model of a trial, or None."""
        return self._read(trial_rows.model, sweep, number)

    # The queue

    def claim(self, ask: Ask, now: datetime, lease_until: datetime, horizon: int) -> Grant:
        """Lease queued segments to a worker, and tell which sweeps run short of them."""
        return self._write(claims.claim, ask, now, lease_until, horizon)

    def extend_leases(self, leases: Sequence[Lease], lease_until: datetime) -> set[Lease]:
        """Put off the end of those leases that still hold, and return them."""
        return self._write(claims.extend, leases, lease_until)

    def report(self, items: Sequence[Progress]) -> set[Lease]:
        """Store the epochs of those trials whose lease still holds, and return these leases."""
        return self._write(results.report, items)

    def finish(
        self, items: Sequence[Result], weights: Mapping[Lease, bytes], progress: Sequence[Progress], now: datetime
    ) -> Recorded:
        """Record each result whose lease still holds, and report the progress of others."""
        return self._write(results.finish, items, weights, progress, now)

    def work_waits(self) -> bool:
        """Return whether the queue has a segment that no worker holds."""
        return self._read(claims.work_waits)

    def release(self, leases: Sequence[Lease]) -> set[Lease]:
        """Requeue what a worker gives back; return the leases that still held."""
        return self._write(losses.release, leases)

    def lose_expired(self, now: datetime) -> int:
        """Requeue what leases that ran out were held for; return how many."""
        return self._write(losses.lose_expired, now)

    def lose_worker(self, worker: str, now: datetime) -> int:
        """Requeue all that a dead worker held; return how many."""
        return self._write(losses.lose_worker, worker, now)

    def recover(self, local_prefix: str, lease_until: datetime) -> None:
        """After a start: requeue what the former server's children held; fresh terms for all other leases."""
        self._write(losses.recover, local_prefix, lease_until)

    def stop_reasons(self, leases: Sequence[Lease]) -> dict[str, str]:
        """Return for each sweep of these lost leases why their trials shall stop."""
        return self._read(results.stop_reasons, leases)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Unavailable(f"The data folder {folder} cannot be made: {error.strerror}.") from None


def _migrate(engine: Engine) -> None:
    with engine.connect() as connection, connection.begin():
        migrate(connection)
