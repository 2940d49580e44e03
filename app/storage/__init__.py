"""The storage: SQLite behind verbs and records, with one writer thread and a queue of leased segments."""

from app.storage.storage import FILE, Storage

__all__ = ["FILE", "Storage"]
