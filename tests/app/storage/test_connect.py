"""Tests of the connections to SQLite."""

from pathlib import Path

import pytest
from sqlalchemy import text

from app.domain.errors import Unavailable
from app.storage.connect import driver, reading_engine, writing_engine


def test_the_writer_is_durable_and_guards_its_references(tmp_path: Path) -> None:
    engine = writing_engine(tmp_path / "test.db")
    with engine.connect() as connection:
        pragmas = {
            name: connection.scalar(text(f"PRAGMA {name}"))
            for name in ("journal_mode", "synchronous", "foreign_keys", "trusted_schema")
        }
    engine.dispose()
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "trusted_schema": 0}


def test_a_reader_cannot_write(tmp_path: Path) -> None:
    writing, reading = writing_engine(tmp_path / "a ?#%.db"), reading_engine(tmp_path / "a ?#%.db")
    with writing.connect() as connection, connection.begin():
        connection.execute(text("CREATE TABLE numbers (value INTEGER) STRICT"))
    with reading.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM numbers")) == 0
        with pytest.raises(Unavailable, match="readonly"):
            connection.execute(text("INSERT INTO numbers VALUES (1)"))
    reading.dispose()
    writing.dispose()


def test_a_read_sees_one_snapshot(tmp_path: Path) -> None:
    writing, reading = writing_engine(tmp_path / "test.db"), reading_engine(tmp_path / "test.db")
    with writing.connect() as connection, connection.begin():
        connection.execute(text("CREATE TABLE numbers (value INTEGER) STRICT"))
    with reading.connect() as reader, reader.begin():
        before = reader.scalar(text("SELECT count(*) FROM numbers"))
        with writing.connect() as connection, connection.begin():
            connection.execute(text("INSERT INTO numbers VALUES (1)"))
        assert reader.scalar(text("SELECT count(*) FROM numbers")) == before == 0
    with reading.connect() as reader:
        assert reader.scalar(text("SELECT count(*) FROM numbers")) == 1
    reading.dispose()
    writing.dispose()


def test_a_sqlite_without_the_wal_reset_race_is_used_where_it_is_installed() -> None:
    module = driver()
    assert module.__name__ == "sqlite3" or module.sqlite_version_info >= (3, 51, 3)
