"""Tests of the route of backups."""

import sqlite3
from contextlib import closing
from pathlib import Path

from tests.app.api.serving import problem, serving, start


def test_a_backup_is_a_sqlite_file_with_all_that_was_answered_for(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as (client, _):
        sweep = start(client)["id"]
        answer = client.post("/v1/backup")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"] == 'attachment; filename="logsweep.db"'
    (tmp_path / "copy.db").write_bytes(answer.content)
    with closing(sqlite3.connect(tmp_path / "copy.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("SELECT id FROM sweeps").fetchall() == [(sweep,)]
    assert not list(tmp_path.glob("**/*.partial*"))


def test_a_second_backup_at_the_same_time_is_a_conflict(tmp_path: Path) -> None:
    with serving(tmp_path) as (client, services):
        services.storage._backing_up.acquire()  # type: ignore[attr-defined]  # as one that takes long does
        assert "Another backup" in problem(client.post("/v1/backup"), 409)["detail"]
        services.storage._backing_up.release()  # type: ignore[attr-defined]
        assert client.post("/v1/backup").status_code == 200
