"""Each storage in turn, for the suites that all of them must pass."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from app.storage import SqliteStorage, Storage
from tests.app.storage.auditor import audit_folder
from tests.app.storage.new_database import put_new_database
from tests.app.storage.simple_policy import SimplePolicy


def sqlite(folder: Path) -> Storage:
    """Open the storage in a SQLite file."""
    return SqliteStorage(put_new_database(folder), SimplePolicy())


STORAGES: Mapping[str, Callable[[Path], Storage]] = {"sqlite": sqlite}
"""What opens a storage on an empty folder, by its name."""


@pytest.fixture(params=sorted(STORAGES))
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Storage]:
    """Return each storage in turn, on an empty folder."""
    opened = STORAGES[request.param](tmp_path)
    yield opened
    opened.close()
    audit_folder(tmp_path)
