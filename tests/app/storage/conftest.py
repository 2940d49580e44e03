"""A storage on a temporary folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.storage import SqliteStorage
from tests.app.storage.auditor import audit_folder
from tests.app.storage.new_database import put_new_database
from tests.app.storage.queue_world import World, queue_world
from tests.app.storage.simple_policy import SimplePolicy


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[SqliteStorage]:
    """Return an open storage that is closed after the test."""
    opened = SqliteStorage(put_new_database(tmp_path), SimplePolicy())
    yield opened
    opened.close()
    audit_folder(tmp_path)


@pytest.fixture
def world() -> Iterator[World]:
    """Return a queue of made-up runs in memory."""
    with queue_world() as made:
        yield made
