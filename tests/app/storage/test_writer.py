"""Tests of the one thread that writes."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from threading import Event as Signal
from typing import Any, final

import pytest
from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.exc import OperationalError

from app.domain.errors import DiskFull, Unavailable
from app.domain.events import DatasetChanged, Event
from app.storage import changes
from app.storage.connect import driver, limit_size, reading_engine, writing_engine
from app.storage.writer import GROUP, LARGEST, Joint, Writer
from app.thread_faults import thread_faults
from tests.system.processes import PATIENCE


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = writing_engine(tmp_path / "test.db")
    with made.connect() as connection, connection.begin():
        connection.execute(text("CREATE TABLE numbers (value INTEGER PRIMARY KEY) STRICT"))
    yield made
    made.dispose()


@pytest.fixture
def writer(engine: Engine) -> Iterator[Writer]:
    made = Writer(engine)
    yield made
    made.close()


def put(value: int) -> Callable[[Connection], int]:
    def run(connection: Connection) -> int:
        connection.execute(text("INSERT INTO numbers VALUES (:value)"), {"value": value})
        return value

    return run


def held_up(writer: Writer) -> tuple[Signal, Future[bool]]:
    """Return an event until which the writer stands still: what is submitted meanwhile forms groups."""
    started, go = Signal(), Signal()

    def stand_still(_: Connection) -> bool:
        started.set()
        return go.wait()

    future = writer.submit(stand_still)
    started.wait()
    return go, future


def commits(engine: Engine) -> list[str]:
    seen: list[str] = []

    @event.listens_for(engine, "commit")
    def count(_: Connection) -> None:
        seen.append("commit")

    return seen


def stored(tmp_path: Path) -> list[int]:
    engine = reading_engine(tmp_path / "test.db")
    with engine.connect() as connection:
        values = list(connection.scalars(text("SELECT value FROM numbers ORDER BY value")))
    engine.dispose()
    return values


def test_a_future_gives_the_answer_once_another_connection_can_see_the_work(writer: Writer, tmp_path: Path) -> None:
    assert writer.submit(put(7)).result() == 7
    assert stored(tmp_path) == [7]


def test_what_waits_is_committed_together_in_groups_of_limited_size(writer: Writer, engine: Engine) -> None:
    go, first = held_up(writer)
    futures = [writer.submit(put(number)) for number in range(GROUP + 10)]
    seen = commits(engine)
    go.set()
    assert [future.result() for future in futures] == list(range(GROUP + 10))
    assert first.result()
    assert len(seen) == 3  # the one that held up the others, a full group, the rest


def test_a_closure_that_fails_takes_nothing_of_its_group_with_it(writer: Writer, tmp_path: Path) -> None:
    def fail(connection: Connection) -> None:
        put(2)(connection)
        raise ValueError("no")

    go, _ = held_up(writer)
    before, failed, after = writer.submit(put(1)), writer.submit(fail), writer.submit(put(3))
    go.set()
    assert (before.result(), after.result()) == (1, 3)
    with pytest.raises(ValueError, match="no"):
        failed.result()
    assert stored(tmp_path) == [1, 3]


@final
class Puts:
    """A joint write of numbers that notes which of them it wrote in one go."""

    def __init__(self) -> None:
        self.gone = list[list[int]]()
        self.joint = Joint(self.put, touches=lambda value: {value % 10}, size=lambda value: value * (LARGEST // 120))

    def put(self, connection: Connection, values: Sequence[int]) -> list[str]:
        """Write numbers, of which those above a hundred are refused once they are written."""
        self.gone.append(list(values))
        for value in values:
            put(value)(connection)
            changes.of(connection).dataset(str(value))
        if max(values) > 100:
            raise ValueError("no")
        return [f"put {value}" for value in values]


def test_what_is_asked_of_a_joint_write_in_a_row_is_written_in_one_go_unless_it_touches_the_same(
    writer: Writer, tmp_path: Path
) -> None:
    puts, other = Puts(), Puts()
    told = list[Event]()
    writer.listen(told.extend)
    go, _ = held_up(writer)
    futures = [writer.submit_part(puts.joint, value) for value in (1, 2, 3, 12, 5)]
    between = writer.submit(put(6))
    futures += [writer.submit_part(one.joint, value) for one, value in ((puts, 7), (other, 8), (other, 9))]
    go.set()
    assert [future.result() for future in futures] == [f"put {value}" for value in (1, 2, 3, 12, 5, 7, 8, 9)]
    assert between.result() == 6
    assert (puts.gone, other.gone) == ([[1, 2, 3], [12, 5], [7]], [[8, 9]])
    assert stored(tmp_path) == [1, 2, 3, 5, 6, 7, 8, 9, 12]
    assert told == [DatasetChanged(str(value), deleted=False) for value in (1, 2, 3, 12, 5, 7, 8, 9)]


def test_a_joint_write_holds_no_more_in_memory_than_so_much_at_a_time(writer: Writer) -> None:
    puts = Puts()
    go, _ = held_up(writer)
    futures = [writer.submit_part(puts.joint, value) for value in (50, 61, 3, 42, 34)]
    go.set()
    assert [future.result() for future in futures] == [f"put {value}" for value in (50, 61, 3, 42, 34)]
    assert puts.gone == [[50, 61, 3], [42, 34]]


def test_a_joint_write_that_fails_is_written_one_by_one_and_only_what_fails_alone_is_refused(
    writer: Writer, tmp_path: Path
) -> None:
    puts = Puts()
    told = list[Event]()
    writer.listen(told.extend)
    go, _ = held_up(writer)
    first, refused, last = (writer.submit_part(puts.joint, value) for value in (1, 102, 3))
    go.set()
    assert (first.result(), last.result()) == ("put 1", "put 3")
    with pytest.raises(ValueError, match="no"):
        refused.result()
    assert puts.gone == [[1, 102, 3], [1], [102], [3]]
    assert stored(tmp_path) == [1, 3]
    assert told == [DatasetChanged("1", deleted=False), DatasetChanged("3", deleted=False)]


def test_a_failed_commit_fails_every_future_of_the_group_and_nothing_is_stored(
    writer: Writer, engine: Engine, tmp_path: Path
) -> None:
    go, first = held_up(writer)
    futures = [writer.submit(put(number)) for number in range(3)]

    @event.listens_for(engine, "commit")
    def refuse(_: Connection) -> None:
        raise OSError("disk full")

    go.set()
    every: list[Future[Any]] = [first, *futures]
    for future in every:
        with pytest.raises(OSError, match="disk full"):
            future.result()
    event.remove(engine, "commit", refuse)
    assert stored(tmp_path) == []
    assert writer.submit(put(9)).result() == 9
    assert stored(tmp_path) == [9]


def test_a_transaction_that_sqlite_itself_rolled_back_fails_the_whole_group(writer: Writer, tmp_path: Path) -> None:
    def roll_back(connection: Connection) -> None:
        connection.exec_driver_sql("ROLLBACK")
        raise ValueError("lost")

    go, _ = held_up(writer)
    before, broken, after = writer.submit(put(1)), writer.submit(roll_back), writer.submit(put(3))
    go.set()
    for future in (before, broken, after):
        with pytest.raises((OperationalError, ValueError)):
            future.result()
    assert stored(tmp_path) == []
    assert writer.submit(put(4)).result() == 4


@pytest.mark.parametrize("failing", [{"RELEASE job": 1}, {"RELEASE job": 1, "ROLLBACK TO job": 1}])
def test_what_fails_at_its_very_end_is_not_committed(
    writer: Writer, engine: Engine, tmp_path: Path, failing: dict[str, int]
) -> None:
    left = dict(failing)

    @event.listens_for(engine, "before_cursor_execute")
    def fail(_: Connection, __: object, statement: str, *___: object) -> None:
        if left.get(statement):
            left[statement] -= 1
            raise OperationalError(statement, None, RuntimeError("disk I/O error"))

    with pytest.raises(OperationalError):
        writer.submit(put(1)).result()
    assert not any(left.values())
    assert writer.submit(put(2)).result() == 2
    assert stored(tmp_path) == [2]


def fail_after(run: Callable[[Connection], Any]) -> Callable[[Connection], None]:
    """Return what writes, and then fails in a way that leaves the transaction open."""

    def failing(connection: Connection) -> None:
        run(connection)
        connection.exec_driver_sql("RELEASE job")
        raise ValueError("no")

    return failing


@pytest.fixture
def unwilling(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """An engine whose first connection cannot roll back, as one to a disk that is gone."""
    module = driver()

    class Unwilling(module.Connection):  # type: ignore[name-defined, misc]  # whichever driver is installed
        def rollback(self) -> None:
            if self.in_transaction:
                raise module.OperationalError("disk I/O error")

    engine.dispose()
    made = writing_engine(tmp_path / "test.db")
    with monkeypatch.context() as patch:
        patch.setattr(module, "connect", partial(module.connect, factory=Unwilling))
        made.connect().invalidate()
    yield made
    made.dispose()


def test_a_writer_that_cannot_roll_back_goes_on_with_another_connection_as_limited_as_that(
    unwilling: Engine, tmp_path: Path
) -> None:
    writer = Writer(unwilling)
    writer.submit_between(partial(limit_size, most=1 << 16)).result()
    with pytest.raises(ValueError, match="no"):
        writer.submit(fail_after(put(1))).result()
    assert writer.submit(put(2)).result() == 2
    with pytest.raises(DiskFull):
        writer.submit(lambda connection: connection.execute(text("CREATE TABLE t AS SELECT zeroblob(100000)"))).result()
    writer.close()
    assert stored(tmp_path) == [2]


def test_nobody_waits_for_a_writer_that_a_fault_has_ended_and_it_is_told(writer: Writer) -> None:
    def leave(_: object) -> None:
        raise SystemExit

    def change(connection: Connection) -> None:
        changes.of(connection).dataset("iris")

    go, _ = held_up(writer)
    writer.listen(leave)
    waiting: list[Future[Any]] = [writer.submit(change), writer.submit_between(lambda _: None), writer.submit(put(1))]
    assert writer.submit(put(3)).cancel()
    with thread_faults() as faults:
        go.set()
        for future in waiting:
            with pytest.raises(Unavailable, match="was ended by a fault"):
                future.result(PATIENCE)
        with pytest.raises(Unavailable, match="once it is started anew"):
            writer.submit(put(2))
        writer.close()
    assert faults.first == "the thread storage-writer ended by SystemExit"


def test_close_finishes_what_was_submitted_and_refuses_the_rest(writer: Writer, tmp_path: Path) -> None:
    futures = [writer.submit(put(number)) for number in range(50)]
    writer.close()
    writer.close()
    assert [future.result(timeout=0) for future in futures] == list(range(50))
    assert stored(tmp_path) == list(range(50))
    with pytest.raises(Unavailable, match="stopping"):
        writer.submit(put(99))


def test_a_cancelled_future_is_not_run(writer: Writer, tmp_path: Path) -> None:
    go, _ = held_up(writer)
    cancelled, other = writer.submit(put(1)), writer.submit(put(2))
    assert cancelled.cancel()
    go.set()
    assert other.result() == 2
    assert stored(tmp_path) == [2]
