"""A process that opens a data folder, which migrates what is older, and closes it."""

import sys
from pathlib import Path

from app.storage import SqliteStorage
from tests.app.storage.simple_policy import SimplePolicy

if __name__ == "__main__":
    SqliteStorage(Path(sys.argv[1]), SimplePolicy()).close()
