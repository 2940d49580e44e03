"""Tests of the write-ahead log: small while the storage is in use, and empty once it is closed."""

import shutil
import sqlite3
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import Connection, text

from app.domain.errors import Unavailable
from app.storage import FILE, SqliteStorage, reads, wal
from tests.app.storage.simple_policy import SimplePolicy
from tests.app.storage.world import SWEEP, add_sweep, claim_one, drawn, finish
from tests.system.processes import until

ENDLESS = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"


def alone(folder: Path) -> sqlite3.Connection:
    """Open a copy of the database's file without what lies beside it."""
    copy = folder.parent / "alone.db"
    shutil.copyfile(folder / FILE, copy)
    return sqlite3.connect(copy)


def completed(connection: sqlite3.Connection) -> int:
    (count,) = connection.execute("SELECT count(*) FROM trials WHERE state = 'completed'").fetchone()
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    return int(count)


def with_a_result(folder: Path) -> SqliteStorage:
    storage = SqliteStorage(folder, SimplePolicy())
    add_sweep(storage, drawn(0, 2))
    finish(storage, claim_one(storage).lease, 0.25)
    return storage


_ANOTHER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], uri=True, isolation_level=None)
for statement in sys.stdin:
    print(connection.execute(statement).fetchall(), flush=True)
"""


@contextmanager
def another_process(folder: Path) -> Iterator[Callable[[str], str]]:
    """Give what another process answers, which has the file open for reading, to a statement."""
    command = [sys.executable, "-c", _ANOTHER, f"file:{folder / FILE}?mode=ro"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        sent, received = process.stdin, process.stdout

        def ask(statement: str) -> str:
            sent.write(f"{statement}\n")
            sent.flush()
            return received.readline().strip()

        yield ask


def test_the_file_alone_has_everything_once_the_storage_is_closed(tmp_path: Path) -> None:
    with_a_result(tmp_path / "data").close()
    assert not wal.log_of(tmp_path / "data" / FILE).exists()
    with closing(alone(tmp_path / "data")) as copy:
        assert completed(copy) == 1


def test_the_file_alone_has_everything_although_another_process_has_it_open(tmp_path: Path) -> None:
    storage = with_a_result(tmp_path / "data")
    with another_process(tmp_path / "data") as ask, closing(alone(tmp_path / "data")) as before:
        assert before.execute("SELECT count(*) FROM stored_trials").fetchone() == (0,)  # all of them are in the log
        assert ask("SELECT count(*) FROM trials") == "[(2,)]"
        storage.close()
        with closing(alone(tmp_path / "data")) as copy:
            assert completed(copy) == 1


def test_a_read_that_does_not_end_is_interrupted_when_the_storage_closes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reads, "PATIENCE_SECONDS", 0.1)
    storage = with_a_result(tmp_path / "data")
    begun = Event()

    def endless(connection: Connection) -> None:
        begun.set()
        connection.execute(text(ENDLESS)).scalar()

    with ThreadPoolExecutor() as pool:
        read: Future[None] = pool.submit(storage.read, endless)
        begun.wait()
        storage.close()
        with pytest.raises(Unavailable, match="stopping"):
            read.result()
    with pytest.raises(Unavailable, match="stopping"):
        storage.sweep(SWEEP)
    with closing(alone(tmp_path / "data")) as copy:
        assert completed(copy) == 1


def test_a_snapshot_that_another_process_keeps_is_told_of_at_the_end_and_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(wal, "CLOSING_SECONDS", 0.1)
    storage = with_a_result(tmp_path / "data")
    with another_process(tmp_path / "data") as ask:
        ask("BEGIN")
        assert ask("SELECT count(*) FROM trials WHERE state = 'completed'") == "[(1,)]"
        finish(storage, claim_one(storage).lease, 0.25)
        storage.close()
    assert "keep both together" in caplog.text
    SqliteStorage(tmp_path / "data", SimplePolicy()).close()
    with closing(alone(tmp_path / "data")) as copy:
        assert completed(copy) == 2


SIZE = 1_000_000


def fill(connection: Connection) -> None:
    connection.execute(text("CREATE TABLE IF NOT EXISTS filler (content BLOB)"))
    connection.execute(text("DELETE FROM filler"))
    connection.execute(text("INSERT INTO filler VALUES (randomblob(:size))"), {"size": SIZE})


def look(connection: Connection) -> int:
    return sum(len(row.content) for row in connection.execute(text("SELECT content FROM filler")))


@dataclass
class Relay:
    """Reads of two threads, of which each goes on until the next has begun, but not for ever: there is always one."""

    storage: SqliteStorage
    done: Event = field(default_factory=Event)
    begun: defaultdict[int, Event] = field(default_factory=lambda: defaultdict(Event))

    def read_on(self, first: int) -> int:
        """Read in every second turn until all is done; return the number of the last turn."""
        turn = first
        while not self.done.is_set():
            self.begun[turn - 1].wait(0.05)
            self.storage.read(partial(self._read, turn))
            turn += 2
        return turn

    def _read(self, turn: int, connection: Connection) -> None:
        assert look(connection) == SIZE
        self.begun[turn].set()
        self.begun[turn + 1].wait(0.05)


def test_the_log_stays_small_under_readers_that_take_turns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limit = 4 * SIZE
    monkeypatch.setattr(wal, "WAL_LIMIT", limit)
    storage, log = SqliteStorage(tmp_path, SimplePolicy()), wal.log_of(tmp_path / FILE)
    storage.write(fill)
    relay = Relay(storage)
    with ThreadPoolExecutor() as pool:
        readers = [pool.submit(relay.read_on, first) for first in (1, 2)]
        try:
            for _ in range(3):
                while wal.size_of(log) <= limit:
                    storage.write(fill)
                until(lambda: wal.size_of(log) <= limit, "the log is small again", patience=30.0)
        finally:
            relay.done.set()
        assert min(one.result() for one in readers) > 3
    storage.close()


def test_new_reads_wait_until_those_that_have_begun_have_ended(tmp_path: Path) -> None:
    storage = with_a_result(tmp_path / "data")
    all_reads = storage._reads  # nobody else can hold reads back
    with ThreadPoolExecutor() as pool:
        with all_reads.held_back(0.0) as quiet:
            assert quiet
            waiting = pool.submit(storage.sweep, SWEEP)
            assert not waiting.done()
        assert waiting.result().id == SWEEP
        with all_reads.snapshot(), all_reads.held_back(0.0) as quiet:
            assert not quiet
    storage.close()
