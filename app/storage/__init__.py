"""The storage: the protocol that the use cases see, and SQLite behind it, with one writer thread."""

from app.storage.interface import Storage
from app.storage.sqlite_storage import FILE, SqliteStorage

__all__ = ["FILE", "SqliteStorage", "Storage"]
