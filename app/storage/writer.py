"""The one thread that writes: it takes closures from a queue and commits them in groups.

One commit for many closures makes `synchronous = FULL` cheap. Each closure runs inside a savepoint, so that
one that fails takes nothing of the others with it, and a future completes only after the commit. Before that, the
listeners are told what the commit changed: who has an answer finds its effects wherever they show. What comes most
often is written in one go for all who ask for it one after the other.
"""

import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence, Set
from concurrent.futures import Future, InvalidStateError
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from time import perf_counter
from typing import Any, Generic, TypeVar, final

from sqlalchemy import Connection, Engine

from app.domain.errors import DiskFull
from app.domain.events import Event, Listener
from app.instruments.meters import Meters
from app.storage import changes, counts
from app.storage.changes import ChangeLog
from app.storage.connect import in_transaction, optimize
from app.storage.faults import Closed

A = TypeVar("A")
T = TypeVar("T")

GROUP = 256
"""How many closures share a commit at most."""

LARGEST = 4096
"""How much a joint write takes in one go at most, in the sizes of its asks: it holds the rows of all in memory."""

_LOG = logging.getLogger(__name__)

_ENDED = "The thread that writes was ended by a fault, and the server ends with it. Try again once it is started anew."


@dataclass(frozen=True, slots=True)
class Joint(Generic[A, T]):
    """A write that answers many asks in one go, of which no two may `touch` the same; each has a `size`."""

    run: Callable[[Connection, Sequence[A]], Sequence[T]]
    touches: Callable[[A], Collection[int]]
    size: Callable[[A], int]


@dataclass(frozen=True, slots=True)
class _Part:
    """What one asks of a joint write."""

    joint: Joint[Any, Any]
    ask: Any
    touched: Collection[int]
    size: int

    def __call__(self, connection: Connection) -> Any:
        """Write it alone."""
        (answer,) = self.joint.run(connection, [self.ask])
        return answer


@dataclass(frozen=True, slots=True)
class _Job:
    run: Callable[[Connection], Any]
    future: Future[Any]
    put_at: float
    between: bool = False


@dataclass(frozen=True, slots=True)
class _Outcome:
    value: Any = None
    error: Exception | None = None
    changes: ChangeLog | None = None


@final
class Writer:
    """Runs closures on the writing connection, in the order they came."""

    def __init__(
        self, engine: Engine, meters: Meters | None = None, at_end: Callable[[Connection], None] = optimize
    ) -> None:
        """Start the thread; `at_end` runs after everything else, outside a transaction."""
        self._engine = engine
        self._meters = meters or Meters()
        self._at_end = at_end
        self._queue: SimpleQueue[_Job | None] = SimpleQueue()
        self._listeners: list[Listener] = []
        self._closed: Closed | None = None
        self.full: DiskFull | None = None
        """What the last write said that found no room, until somebody finds that there is some."""
        self._lock = Lock()
        self._thread = Thread(target=self._run, name="storage-writer", daemon=True)
        self._thread.start()

    def submit(self, run: Callable[[Connection], T]) -> Future[T]:
        """Queue `run`; the future has its answer, or its error, once the answer is on disk."""
        return self._put(run, between=False)

    def submit_part(self, joint: Joint[A, T], ask: A) -> Future[T]:
        """Queue an ask for a joint write; if that fails, it is written alone."""
        return self._put(_Part(joint, ask, joint.touches(ask), joint.size(ask)), between=False)

    def submit_between(self, run: Callable[[Connection], T]) -> Future[T]:
        """Queue what cannot run within a transaction, for a moment between two groups."""
        return self._put(run, between=True)

    def write_waiting(self, connection: Connection) -> None:
        """Commit what waits: for something long between groups, on the thread of the writer.

        Raises Closed once the writer should stop.
        """
        try:
            group, between, open_ = self._next_group(self._queue.get_nowait())
        except Empty:
            return
        self._do(connection, group, between)
        if not open_:
            self._queue.put(None)  # for the loop that this is within
            raise Closed

    def listen(self, listener: Listener) -> None:
        """Let a listener be told what each commit from now on changed, in this thread: it must be quick."""
        with self._lock:
            self._listeners = [*self._listeners, listener]

    def close(self) -> None:
        """Finish everything that was queued, then stop. Calling it twice is harmless."""
        with self._lock:
            if self._closed is None:
                self._closed = Closed()
                self._queue.put(None)
        self._thread.join()

    def _put(self, run: Callable[[Connection], T], *, between: bool) -> Future[T]:
        future: Future[T] = Future()
        with self._lock:
            if self._closed is not None:
                raise Closed(self._closed.detail)
            self._queue.put(_Job(run, future, perf_counter(), between))
        return future

    def _run(self) -> None:
        try:
            with self._engine.connect() as connection:
                open_ = True
                while open_:
                    group, between, open_ = self._next_group(self._queue.get())
                    self._do(connection, group, between)
                self._at_end(connection)
        except BaseException:  # whatever ended it, nobody must wait for a thread that has ended
            self._refuse(self._waiting())
            raise  # to whoever watches over the threads of this process

    def _refuse(self, jobs: Iterable[_Job]) -> None:
        """Take nothing more, and tell those who wait for these jobs why."""
        with self._lock:
            self._closed = self._closed or Closed(_ENDED)
        for job in jobs:
            with suppress(InvalidStateError):  # it has an answer, or is cancelled just now by who waited for it
                job.future.set_exception(Closed(_ENDED))

    def _waiting(self) -> Iterator[_Job]:
        while not self._queue.empty():
            if (job := self._queue.get()) is not None:
                yield job

    def _next_group(self, job: _Job | None) -> tuple[list[_Job], _Job | None, bool]:
        """Return a job and those that wait after it, up to one for between.

        The flag is False once the writer should stop.
        """
        group: list[_Job] = []
        while job is not None:
            if job.between:
                return group, job, True
            group.append(job)
            if len(group) == GROUP:
                return group, None, True
            try:
                job = self._queue.get_nowait()
            except Empty:
                return group, None, True
        return group, None, False

    def _do(self, connection: Connection, group: list[_Job], between: _Job | None) -> None:
        try:
            if group:
                self._commit(connection, group)
            if between:
                _run_between(connection, between)
        except BaseException:  # it is the end of this thread, and of those who wait for it
            self._refuse([*group, between] if between else group)
            raise

    def _commit(self, connection: Connection, group: list[_Job]) -> None:
        began_at = perf_counter()
        jobs = [job for job in group if job.future.set_running_or_notify_cancel()]
        try:
            with connection.begin():
                outcomes = [one for some in _in_one_go(jobs) for one in _attempt_all(connection, some)]
                events = _conclude(connection, outcomes)
        except Exception as error:  # noqa: BLE001 - whatever broke the commit is told to all who waited for it
            _take_back(connection)
            outcomes, events = [_Outcome(error=error)] * len(jobs), []
        self._measure(group, began_at)
        self._tell(events)
        for job, outcome in zip(jobs, outcomes, strict=True):
            if isinstance(outcome.error, DiskFull):
                self.full = outcome.error
            if outcome.error is not None:
                job.future.set_exception(outcome.error)
            else:
                job.future.set_result(outcome.value)

    def _measure(self, group: Sequence[_Job], began_at: float) -> None:
        ended_at = perf_counter()
        self._meters.commit_jobs.observe(len(group))
        self._meters.commit_seconds.observe(ended_at - began_at)
        self._meters.write_seconds.observe(ended_at - group[0].put_at)

    def _tell(self, events: Sequence[Event]) -> None:
        if not events:
            return
        for listener in self._listeners:
            try:
                listener(events)
            except Exception:  # noqa: BLE001 - what was committed stays so, and those who wait must hear of it
                _LOG.exception("A listener failed to take the events of a commit.")


def _run_between(connection: Connection, job: _Job) -> None:
    if not job.future.set_running_or_notify_cancel():
        return
    try:
        job.future.set_result(job.run(connection))
    except Exception as error:  # noqa: BLE001 - whatever it was is told to who waits for it
        job.future.set_exception(error)


def _in_one_go(jobs: Sequence[_Job]) -> Iterator[Sequence[_Job]]:
    """Yield the jobs in their order, those together that can be."""
    some, touched, size = list[_Job](), set[int](), 0
    for job in jobs:
        part = job.run if isinstance(job.run, _Part) else None
        if some and (part is None or size + part.size > LARGEST or not _joins(part, some[-1], touched)):
            yield some
            some, touched, size = [], set(), 0
        some.append(job)
        touched |= set(part.touched) if part else set()
        size += part.size if part else 0
    if some:
        yield some


def _joins(part: _Part, last: _Job, touched: Set[int]) -> bool:
    return isinstance(last.run, _Part) and last.run.joint is part.joint and touched.isdisjoint(part.touched)


def _attempt_all(connection: Connection, jobs: Sequence[_Job]) -> Sequence[_Outcome]:
    """Run one job, or several in one go; if that fails, each alone, so that it takes nothing of the others with it."""
    parts = [job.run for job in jobs if isinstance(job.run, _Part)]
    if len(parts) > 1:
        joint, asks = parts[0].joint, [part.ask for part in parts]
        whole = _attempt(connection, lambda connection: joint.run(connection, asks))
        if whole.error is None:
            first, *others = whole.value
            return [_Outcome(first, changes=whole.changes), *map(_Outcome, others)]
    return [_attempt(connection, job.run) for job in jobs]


def _attempt(connection: Connection, run: Callable[[Connection], Any]) -> _Outcome:
    log = changes.begin(connection)
    try:
        with _savepoint(connection):
            value = run(connection)
        return _Outcome(value, changes=log)
    except Exception as error:
        if not in_transaction(connection):
            raise  # the database rolled the whole transaction back, as on a full disk: the group is lost
        return _Outcome(error=error)


@contextmanager
def _savepoint(connection: Connection) -> Iterator[None]:
    """Take back what is done within if it fails; SQLAlchemy's own savepoint takes as long as five statements."""
    connection.exec_driver_sql("SAVEPOINT job")
    try:
        yield
        connection.exec_driver_sql("RELEASE job")
    except Exception:  # whatever failed, what it wrote is taken back, and the error goes on
        _take_back_job(connection)
        raise


def _take_back_job(connection: Connection) -> None:
    """Take back what a job wrote; if even that fails, with all of its group: a half of it must not be committed."""
    try:
        if in_transaction(connection):
            connection.exec_driver_sql("ROLLBACK TO job")
            connection.exec_driver_sql("RELEASE job")
    except Exception:  # noqa: BLE001 - the error that came first is the one that is told
        _LOG.exception("What a failed write left could not be taken back alone; its whole group is.")
        _take_back(connection)


def _conclude(connection: Connection, outcomes: Sequence[_Outcome]) -> list[Event]:
    """Keep the counts up with what those jobs changed whose savepoints held, and return what is told of it."""
    whole = ChangeLog()
    for outcome in outcomes:
        if outcome.changes is not None:
            whole.join(outcome.changes)
    counts.keep(connection, whole)
    return whole.events(connection)


def _take_back(connection: Connection) -> None:
    """Roll back what a failed commit left open, so that the next group starts afresh.

    Where even that fails, the database does it: it takes back what a connection had not committed when that is closed.
    """
    try:
        if in_transaction(connection):
            connection.connection.rollback()
    except Exception:  # noqa: BLE001 - the error that came first is the one that is told
        _LOG.exception("What a failed commit left could not be rolled back: the connection is closed for another one.")
        connection.invalidate()
