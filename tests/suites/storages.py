"""The storages that must pass the suites, each opened on an empty folder."""

from collections.abc import Callable, Mapping
from pathlib import Path

from app.storage import SqliteStorage, Storage
from tests.app.storage.simple_policy import SimplePolicy


def sqlite(folder: Path) -> Storage:
    """Open the storage in a SQLite file."""
    return SqliteStorage(folder, SimplePolicy())


STORAGES: Mapping[str, Callable[[Path], Storage]] = {"sqlite": sqlite}
