"""Tests of opening and closing the storage."""

import sqlite3
from pathlib import Path

import pytest

from app.domain.errors import Unavailable
from app.storage import FILE, SqliteStorage
from tests.app.storage.simple_policy import SimplePolicy
from tests.app.storage.world import DATASET, START, SWEEP, UPLOAD, add_sweep, claim, claim_one, drawn, finish


def test_a_second_server_on_the_same_folder_is_refused_with_a_way_out(tmp_path: Path) -> None:
    first = SqliteStorage(tmp_path, SimplePolicy())
    with pytest.raises(Unavailable, match=r"Another logsweep server .* --data"):
        SqliteStorage(tmp_path, SimplePolicy())
    first.close()
    SqliteStorage(tmp_path, SimplePolicy()).close()


def test_a_folder_that_cannot_be_made_is_refused_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(Unavailable, match="cannot be made: Not a directory"):
        SqliteStorage(tmp_path / "file" / "data", SimplePolicy())


def test_everything_is_there_again_after_closing_and_opening(tmp_path: Path) -> None:
    storage = SqliteStorage(tmp_path, SimplePolicy())
    add_sweep(storage, drawn(0, 3))
    finish(storage, claim_one(storage).lease, 0.25, b"1234")
    before = storage.sweep(SWEEP), storage.trial(SWEEP, 0), storage.model(SWEEP, 0)
    storage.close()
    storage.close()
    again = SqliteStorage(tmp_path, SimplePolicy())
    assert (again.sweep(SWEEP), again.trial(SWEEP, 0), again.model(SWEEP, 0)) == before
    assert [item.trial for item in claim(again, slots=5).claimed] == [1, 2]
    again.close()


def test_closed_storage_refuses_to_write(tmp_path: Path) -> None:
    storage = SqliteStorage(tmp_path, SimplePolicy())
    storage.close()
    with pytest.raises(Unavailable):
        storage.add_dataset(DATASET, b"content", UPLOAD)


def test_anyone_can_read_trials_with_sqlite3(tmp_path: Path) -> None:
    storage = SqliteStorage(tmp_path, SimplePolicy())
    add_sweep(storage, drawn(0, 2))
    finish(storage, claim_one(storage).lease, 0.25)
    storage.close()
    connection = sqlite3.connect(tmp_path / FILE)
    rows = connection.execute(
        "SELECT s.name, d.task, t.dev_error, json_extract(t.params, '$.l2'), t.started_at "
        "FROM trials t JOIN sweeps s ON s.key = t.sweep_key JOIN datasets d ON d.name = s.dataset "
        "WHERE t.state = 'completed'"
    ).fetchall()
    connection.close()
    assert rows == [("how it rains", "binary", 0.25, 0.0, START.isoformat().replace("+00:00", "Z"))]


def test_the_version_of_the_engine_is_known(storage: SqliteStorage) -> None:
    assert storage.engine_version().startswith("3.")
