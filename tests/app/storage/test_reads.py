"""Tests of reads that answer a client: they end with its patience."""

from collections.abc import Iterator
from pathlib import Path
from threading import Timer

import pytest
from sqlalchemy import Connection

from app.domain import patience
from app.domain.errors import Unavailable
from app.domain.patience import Patience
from app.storage import SqliteStorage
from tests.app.storage.simple_policy import SimplePolicy

ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"


def endless(connection: Connection) -> None:
    connection.exec_driver_sql(ENDLESS).all()


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[SqliteStorage]:
    """A storage on a folder of its own."""
    opened = SqliteStorage(tmp_path, SimplePolicy())
    yield opened
    opened.close()


def test_a_read_ends_with_the_patience_of_its_client_and_leaves_the_connection_sound(storage: SqliteStorage) -> None:
    for _ in range(3):
        with pytest.raises(Unavailable, match=r"longer than the 0[.]05 seconds"), patience.within(Patience(0.05)):
            storage.read(endless)
    assert storage.running_sweeps() == []


def test_a_read_ends_when_its_client_leaves(storage: SqliteStorage) -> None:
    waits = Patience(3600.0)
    leaving = Timer(0.05, waits.leave)
    leaving.start()
    with pytest.raises(Unavailable), patience.within(waits):
        storage.read(endless)
    leaving.join()
