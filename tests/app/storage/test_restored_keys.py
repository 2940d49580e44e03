"""Tests of what is told of access keys after a restore where the databases can be compared only in part."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.composition import open_access
from app.domain.access import KeyDraft, Scope
from app.storage import FILE
from app.storage.restored_keys import RestoredKeys, restored_keys

NOW = datetime.now(UTC) + timedelta(hours=2)


@pytest.fixture
def restored(tmp_path: Path) -> Path:
    """A database with a good key and one that has expired by NOW."""
    with open_access(tmp_path / "restored") as access:
        access.create(KeyDraft("Ada", [Scope.READ], None))
        access.create(KeyDraft("Bob", [Scope.READ], NOW - timedelta(hours=1)))
    return tmp_path / "restored" / FILE


def test_all_good_keys_are_told_where_the_database_before_is_damaged(restored: Path, tmp_path: Path) -> None:
    before = tmp_path / "before.db"
    before.write_bytes(b"no database" * 1000)
    found = restored_keys(restored, before, NOW)
    assert (list(found.names.values()), found.compared) == (["Ada"], False)


def test_a_copy_from_before_there_were_keys_has_none(restored: Path) -> None:
    with closing(sqlite3.connect(restored)) as connection, connection:
        connection.execute("DROP TABLE access_keys")
    assert restored_keys(restored, None, NOW) == RestoredKeys({}, compared=False, open=True)
