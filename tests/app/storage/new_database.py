"""A new database, made once by all migrations and then copied: making one takes longer than most tests."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from app.storage import FILE, SqliteStorage
from tests.app.storage.simple_policy import SimplePolicy


def put_new_database(folder: Path) -> Path:
    """Put a database without sweeps and data sets into a folder, unless it has one; return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / FILE).exists():
        (folder / FILE).write_bytes(_new_database())
    return folder


@cache
def _new_database() -> bytes:
    with TemporaryDirectory() as folder:
        SqliteStorage(Path(folder), SimplePolicy()).close()
        return (Path(folder) / FILE).read_bytes()
