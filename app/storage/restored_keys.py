"""Which access keys a restored copy makes good again: keys that were revoked after it was made, above all."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import and_, or_, select
from sqlalchemy.exc import DatabaseError

from app.storage.access_tables import access_keys
from app.storage.connect import looking_engine


@dataclass(frozen=True, slots=True)
class RestoredKeys:
    """Names of keys by their ids: those that a copy made good, or all that are good if that could not be compared.

    Without any, revoked ones included, a server is `open`.
    """

    names: dict[str, str]
    compared: bool
    open: bool


def restored_keys(restored: Path, before: Path | None, now: datetime) -> RestoredKeys:
    """Return which keys are good in a database that was put in the place of another one, and were not good there."""
    here = _keys(restored, now) or {}
    was = None if before is None else _keys(before, now)
    open_before = {key for key, (_, good) in (was or {}).items() if good}
    names = {key: name for key, (name, good) in here.items() if good and key not in open_before}
    return RestoredKeys(names, compared=was is not None, open=not here)


def _keys(database: Path, now: datetime) -> dict[str, tuple[str, bool]] | None:
    """Return names of keys, and whether they open something, by their ids; None if a database is damaged or older."""
    keys = access_keys.c
    good = and_(keys.revoked_at.is_(None), or_(keys.expires_at.is_(None), keys.expires_at > now))
    engine = looking_engine(database)
    try:
        with engine.connect() as connection:
            rows = connection.execute(select(keys.id, keys.name, good.label("good")))
            return {row.id: (row.name, bool(row.good)) for row in rows}
    except (DatabaseError, UnicodeDecodeError):
        return None
    finally:
        engine.dispose()
