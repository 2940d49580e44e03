"""Which access keys a restored copy makes good again: keys that were revoked after it was made, above all."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import or_, select
from sqlalchemy.exc import DatabaseError

from app.storage.access_tables import access_keys
from app.storage.connect import looking_engine


@dataclass(frozen=True, slots=True)
class RestoredKeys:
    """Names of keys by their ids: those that a copy made good, or all that are good if that could not be compared."""

    names: dict[str, str]
    compared: bool


def restored_keys(restored: Path, before: Path | None, now: datetime) -> RestoredKeys:
    """Return which keys are good in a database that was put in the place of another one, and were not good there."""
    good = _good(restored, now) or {}
    was = None if before is None else _good(before, now)
    return RestoredKeys({key: name for key, name in good.items() if key not in (was or {})}, compared=was is not None)


def _good(database: Path, now: datetime) -> dict[str, str] | None:
    """Return the names of the keys that open something, by their ids; None if a database is damaged or older."""
    keys = access_keys.c
    lasting = or_(keys.expires_at.is_(None), keys.expires_at > now)
    engine = looking_engine(database)
    try:
        with engine.connect() as connection:
            rows = connection.execute(select(keys.id, keys.name).where(keys.revoked_at.is_(None), lasting))
            return {row.id: row.name for row in rows}
    except (DatabaseError, UnicodeDecodeError):
        return None
    finally:
        engine.dispose()
