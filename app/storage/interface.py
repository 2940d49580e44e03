"""The storage as the use cases see it: verbs, records, and no SQL; one conformance suite for all that keep it.

A verb that writes returns once its transaction is on disk; a verb that reads sees one snapshot. What must be decided
within a transaction is asked of a `Policy`.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol

from app.domain.access import StoredKey
from app.domain.datasets import DatasetSummary
from app.domain.ensembles import ChosenEnsemble, PoolEntry
from app.domain.events import Listener
from app.domain.filters import Field, Position, TrialQuery
from app.domain.plan import NO_RUNGS, Need, Plan, Rungs, Snapshot, StoredDecision
from app.domain.queue import Ask, Grant, Recorded
from app.domain.quotas import NOBODY, Asked, Quotas, Usage
from app.domain.repeats import Made, Once
from app.domain.runs import Attempt, Ending, RunPlace
from app.domain.standing import Room, Standing
from app.domain.sweeps import NewSweep, Sweep, SweepChanges, SweepFilter, SweepSpec
from app.domain.trials import Ancestor, KeptModel, LossCurve, MetricCurve, Trial
from app.domain.values import Value
from app.domain.why import OpenRuns
from app.domain.work import Decision, Epoch, GivenBack, Lease, Progress, Result
from app.trial_columns.pages import FieldKeys


class Datasets(Protocol):
    """Data sets and their prepared contents."""

    def add_dataset(self, summary: DatasetSummary, content: bytes | Path, upload_sha256: str, owner: str = "") -> bool:
        """Store an upload of an access key, its content in memory or in a file; False if the same is there.

        Raises Conflict for another content, OverQuota.
        """

    def upload_hash(self, name: str) -> str | None:
        """Return the hash of the upload that a data set came from; None if it is not known."""

    def upload_without_hash(self, name: str) -> tuple[str, bytes] | None:
        """Return the hash and the content of an upload from before uploads had hashes; None if this is none."""

    def recognise_upload(self, name: str, sha256: str, upload_sha256: str) -> None:
        """Write down the upload that a data set with this content came from, unless that is known."""

    def replace_builtin(self, summary: DatasetSummary, content: bytes | Path) -> None:
        """Store a built-in data set; the content of its former version stays while a sweep names it."""

    def builtin_hashes(self) -> dict[str, str]:
        """Return the content hash of each built-in data set that is stored."""

    def dataset(self, name: str) -> DatasetSummary:
        """Return a data set. Raises NotFound."""

    def dataset_content(self, name: str) -> tuple[str, bytes]:
        """Return the hash and the prepared content of a data set. Raises NotFound."""

    def content_of(self, sha256: str) -> bytes:
        """Return a prepared content that a data set or a sweep names, also after its data set was deleted or replaced.

        Raises NotFound.
        """

    def content_size(self, sha256: str) -> int:
        """Return how many bytes a prepared content has. Raises NotFound."""

    def datasets(self, after: str, limit: int) -> Sequence[DatasetSummary]:
        """Return data sets in the order of their names, from the first one after `after`."""

    def remove_dataset(self, name: str) -> None:
        """Delete an upload. Raises NotFound; Conflict if it is built in or in use."""


class Sweeps(Protocol):
    """Sweeps and the control of live ones. What changes a plan's premises raises the sweep's plan version."""

    def create_sweep(
        self, sweep: str, new: NewSweep, now: datetime, once: Once | None = None, asked: Asked = NOBODY
    ) -> str:
        """Store a running sweep without trials, and return its id: that of an earlier one which the same request made.

        It counts against the quotas of the key that asked. Raises Conflict if its data set has gone, InvalidRequest if
        another request had the key, OverQuota.
        """

    def made(self, once: Once) -> Made | None:
        """Return what the same request made before. Raises InvalidRequest if another request had the key."""

    def note_made(self, once: Once, sweep: str, now: datetime) -> None:
        """Note that a request is answered with a sweep that was there. Raises InvalidRequest as above."""

    def forget_repeats(self, now: datetime) -> None:
        """Forget the keys of requests from more than a day ago."""

    def sweep(self, sweep: str) -> Sweep:
        """Return a sweep. Raises NotFound."""

    def sweep_spec(self, sweep: str) -> tuple[SweepSpec, DatasetSummary | None]:
        """Return what a sweep's trials follow from; one of a foreign trainer has no data set. Raises NotFound."""

    def foreign_specs(self, keys: Collection[int]) -> dict[int, SweepSpec | None]:
        """Return the specs of the sweeps of those runs that exist, by the runs' keys; None of our own trainer's."""

    def sweeps(self, which: SweepFilter, before: str | None, limit: int) -> Sequence[Sweep]:
        """Return sweeps, newest first, from the first one older than `before`."""

    def running_sweeps(self) -> list[str]:
        """Return the ids of all sweeps that run."""

    def change_sweep(self, sweep: str, changes: SweepChanges, *, reopen: bool, asked: Asked = NOBODY) -> None:
        """Store what a PATCH changes, and with `reopen` let a completed sweep run again.

        What its end cancelled outside rounds waits in the queue again, as if it had never ended. A changed budget is
        written among the decisions. Raises NotFound; Conflict if the sweep's state forbids it, or if the new budget
        lies below what is used; OverQuota beyond the quotas of the key that made the sweep; Forbidden if another key
        asks for more that has quotas itself.
        """

    def enqueue_points(
        self,
        sweep: str,
        points: Sequence[Mapping[str, Value]],
        now: datetime,
        once: Once | None = None,
        asked: Asked = NOBODY,
    ) -> int:
        """Let hand-picked points wait to be drawn next; the budget of trials grows by them, as a decision tells.

        Return how many were enqueued before them, drawn or not. Raises NotFound; Conflict unless the sweep runs or is
        paused, and where too many wait; InvalidRequest if another request had the key; Forbidden and OverQuota as for
        a change.
        """

    def pause_sweep(self, sweep: str) -> None:
        """Hand out no more work of a sweep. Raises NotFound; Conflict unless it runs or is paused."""

    def resume_sweep(self, sweep: str) -> None:
        """Let a paused sweep run: runs that were paused on the way to their epoch are queued again.

        Raises NotFound; Conflict unless it is paused or runs.
        """

    def cancel_sweep(self, sweep: str, *, keep: bool, now: datetime) -> None:
        """Cancel a sweep and all that is open in it; with `keep`, as a plan's End does, completing what has a result.

        Raises NotFound; Conflict if it ended otherwise.
        """

    def delete_sweep(self, sweep: str) -> None:
        """Delete an ended sweep with all that belongs to it, in pieces. Raises NotFound; Conflict while it is open."""

    def pass_time(self, seconds: float) -> list[str]:
        """Add to the time in which work could be done, of the running sweeps with a budget of it that have started.

        Return those that are not ending yet and whose time is up: all of it, or just now that of their search.
        """


class Plans(Protocol):
    """What the planner reads and what it decides."""

    def snapshot(self, sweep: str, need: Need, horizon: int, *, all_runs: bool = False) -> Snapshot:
        """Return what a plan follows from; flat for Need.NOTHING, however many trials there are. Raises NotFound.

        With `all_runs` it shows all runs at any time, those in training and outside of rounds too.
        """

    def apply(self, sweep: str, version: int, plan: Plan, now: datetime) -> bool:
        """Make the moves of a plan together and raise the version; False, and nothing changed, if the sweep has another
        version by now, does not run, or a run is not in the state that the plan was shown.
        """

    def decisions(self, sweep: str, after: int, limit: int) -> list[StoredDecision]:
        """Return the decisions of a sweep's plans from the first one after `after`."""


class Trials(Protocol):
    """Trials, their curves, their attempts and their models."""

    def trial(self, sweep: str, number: int) -> Trial:
        """Return a trial. Raises NotFound."""

    def trials(
        self, sweep: str, query: TrialQuery, shared: Mapping[str, Value], after: Position | None, limit: int
    ) -> list[tuple[Trial, Position]]:
        """Return the trials of a page, each with its position; `shared` hyperparameters are the same in all trials."""

    def trial_keys(
        self, sweep: str, query: TrialQuery, shared: Mapping[str, Value], fields: Collection[Field]
    ) -> FieldKeys:
        """Return the trials that fit, with the keys of these fields, from columns in memory."""

    def trial_values(self, sweep: str, fields: Sequence[Field], numbers: Sequence[int]) -> dict[Field, list[Value]]:
        """Return the values of these fields in the trials with these rising numbers, as they are stored."""

    def finished_trials(self, sweep: str, last: int | None = None) -> list[Trial]:
        """Return the finished trials of a sweep, or the `last` ones, in the order of their numbers."""

    def enqueued_trials(self, sweep: str, first: int, count: int) -> list[int]:
        """Return the numbers of the trials that have hand-picked points: `count` of them, from the `first` on.

        They are drawn in the order in which they were enqueued.
        """

    def confirmed_trials(self, sweep: str) -> list[Trial]:
        """Return the trials that were confirmed by more seeds, by number."""

    def trainings(self, sweep: str, numbers: Collection[int]) -> dict[int, dict[int, float]]:
        """Return the values of these trials' runs that have ended with one, by trial and replicate; some have none."""

    def best_epochs(self, sweep: str, number: int) -> dict[int, int]:
        """Return the best epochs of a trial's runs that have ended with a value, by replicate."""

    def curve(self, sweep: str, number: int, replicate: int, after: int, limit: int) -> list[Epoch]:
        """Return epochs of a run, from the first one after epoch `after`."""

    def curve_ends(self, sweep: str, numbers: Collection[int], last: int) -> dict[int, LossCurve]:
        """Return the first epoch and the `last` ones of these trials' replicate 0, by their numbers; some have none."""

    def metric_curves(self, sweep: str, numbers: Collection[int], metric: str) -> dict[int, MetricCurve]:
        """Return one metric of these trials, epoch by epoch, as far as reported, of replicate 0."""

    def run_places(self, sweep: str, after: tuple[int, int], limit: int) -> list[RunPlace]:
        """Return up to `limit` runs by trial and replicate, from the first one after `after`."""

    def epochs_of_runs(self, keys: Collection[int]) -> dict[int, list[Epoch]]:
        """Return all epochs of these runs."""

    def lineage(self, sweep: str, numbers: Collection[int]) -> dict[int, list[Ancestor]]:
        """Return the ancestors of those trials that have some, the first ones first, by number. Raises NotFound."""

    def attempts(self, sweep: str, number: int) -> list[Attempt]:
        """Return the attempts of a trial's runs, by replicate and number, those that last included."""

    def model(self, sweep: str, number: int) -> KeptModel | None:
        """Return the kept model of a trial, or None."""


class Ensembles(Protocol):
    """What an ensemble is chosen from, and what was chosen."""

    def pool(self, sweep: str) -> list[PoolEntry]:
        """Return the kept models of final trials, best first. Raises NotFound."""

    def ensemble(self, sweep: str, name: str, chosen_from: str) -> ChosenEnsemble | None:
        """Return what was chosen under this name; None if it was not, or from other models. Raises NotFound."""

    def store_ensemble(self, sweep: str, name: str, chosen_from: str, chosen: ChosenEnsemble) -> None:
        """Store what was chosen, in place of what was before. Raises NotFound."""


class Queue(Protocol):
    """The queue of runs. Whoever writes names worker and fence; what is stale changes nothing."""

    def claim(self, ask: Ask, now: datetime, lease_until: datetime) -> Grant:
        """Lease queued runs to a worker."""

    def heartbeat(self, worker: str, leases: Sequence[Lease], lease_until: datetime) -> list[Decision]:
        """Put off the end of those leases that still hold; decide for each."""

    def report(
        self, worker: str, items: Sequence[Progress], now: datetime, rungs: Rungs = NO_RUNGS
    ) -> Future[list[Decision]]:
        """Store the epochs and checkpoints of those runs whose lease still holds; decide for each. Waits for nothing.

        Of runs that pass `rungs` without a pause, what they had come to there is stored too.
        """

    def finish(
        self,
        worker: str,
        items: Sequence[Result],
        progress: Sequence[Progress],
        now: datetime,
        rungs: Rungs = NO_RUNGS,
    ) -> Recorded:
        """Record each result whose lease still holds, once, and report the progress of others."""

    def held_trials(self, workers: Collection[str]) -> dict[str, dict[str, list[int]]]:
        """Return which trials of which sweeps each of these workers holds, by their names; some hold none."""

    def release(self, worker: str, items: Sequence[GivenBack], now: datetime) -> list[Decision]:
        """Requeue what a worker gives back; a refusal counts as a loss. All decisions are `stop`."""

    def lose_expired(self, now: datetime) -> Mapping[str, int]:
        """Requeue what leases that ran out were held for; return how many runs of which workers."""

    def lose_worker(self, worker: str, ending: Ending, reason: str, now: datetime) -> int:
        """Requeue all that a dead worker held; return how many."""

    def recover(self, local_prefix: str, now: datetime, lease_until: datetime) -> None:
        """After a start: requeue without blame what the former server's children held; fresh terms for other leases."""


class Artifacts(Protocol):
    """Raw bytes by content hash, in pieces: weights and contents."""

    def add_artifact(self, sha256: str, source: bytes | Path | Iterable[bytes], now: datetime) -> int:
        """Store bytes unless they are here, and return their key; they may come in parts of any size.

        They stay while something names them, and for an hour. Raises InvalidRequest if their hash is another one.
        """

    def add_artifacts(self, contents: Sequence[bytes], now: datetime) -> list[str]:
        """Store several of 1 MiB at the most together; return their hashes."""

    def artifact_size(self, sha256: str) -> int | None:
        """Return how many bytes an artifact has; None if it is not here."""

    def artifact_stream(self, sha256: str) -> Iterator[bytes]:
        """Yield an artifact piece by piece, nothing if it is not here; nothing is held while a piece is passed on.

        Raises NotFound in the middle if it was deleted meanwhile.
        """

    def clear_artifacts(self, now: datetime, limit: int = 64) -> int:
        """Delete up to about `limit` pieces of what nothing names any more, a few at a time; return how many.

        Also go on with the deletion of a sweep that was interrupted.
        """


class AccessKeys(Protocol):
    """Access keys with the hashes of their secrets, and whose each worker is."""

    def add_access_keys(self, new: Sequence[StoredKey], once: Once | None = None) -> str:
        """Store new keys, all or none, and return the id of the first: that of one that the same request made before.

        Nothing is stored then. Raises InvalidRequest if another request had the key of that.
        """

    def access_keys(self) -> list[StoredKey]:
        """Return all keys, those included that open nothing any more, in the order in which they were made."""

    def revoke_access_key(self, key: str, now: datetime) -> datetime:
        """Revoke a key, and return since when it is revoked. Raises NotFound."""

    def limit_access_key(self, key: str, quotas: Quotas) -> None:
        """Give a key these quotas in place of those that it has. Raises NotFound."""

    def key_usages(self, owners: Collection[str]) -> dict[str, Usage]:
        """Return what counts against the quotas of these keys, by their ids."""

    def note_key_uses(self, uses: Mapping[str, datetime]) -> None:
        """Write down when keys were used last, by their ids."""

    def worker_owners(self) -> dict[str, str]:
        """Return the id of the key that each worker got its leases with, by their names; of some nobody's."""

    def forget_idle_owners(self) -> None:
        """Forget whose those workers are that hold nothing."""


class Storage(Datasets, Sweeps, Plans, Trials, Ensembles, Queue, Artifacts, AccessKeys, Protocol):
    """Everything that outlives the process."""

    def listen(self, listener: Listener) -> None:
        """Tell a listener what each commit from now on changed, in the order of the commits.

        It is told before the verbs return that were committed, on the thread that writes: it must be quick.
        """

    def close(self) -> None:
        """Finish what was submitted and close all connections. Calling it twice is harmless."""

    def engine_version(self) -> str:
        """Return the name and version of the database, after a look at it."""

    def standing(self) -> Standing:
        """Return where all sweeps stand together; it is cheap, however many trials there are."""

    def open_runs(self, sweep: str) -> OpenRuns:
        """Return what is open in a sweep, and with whom. Raises NotFound."""

    def room(self) -> Room:
        """Return the bytes that the storage takes, and those that are free for it."""

    def trouble(self, now: datetime) -> str | None:
        """Return why nothing can be stored now, after an attempt to: a full disk, a writer that stands; None if it can.

        It returns within some seconds, whatever holds up the others.
        """

    def backup(self) -> BinaryIO:
        """Return a checked copy of everything as it was between two commits, while others write, as an open file.

        It goes when it is closed. Raises Conflict while another one is made, and if the database is damaged; DiskFull.
        """
