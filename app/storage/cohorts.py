"""Cohorts in the storage: runs have the number of theirs, whose name is there once in a sweep."""

from collections.abc import Collection

from sqlalchemy import Connection, func, select

from app.storage.outcomes import parts
from app.storage.tables import cohorts


def numbers_for(connection: Connection, sweep: int, names: Collection[str]) -> dict[str, int]:
    """Return the numbers of these cohorts in a sweep, where new ones get the next."""
    wanted = dict.fromkeys(names)
    known: dict[str, int] = {}
    for part in parts(wanted):
        rows = select(cohorts.c.name, cohorts.c.number).where(cohorts.c.sweep_key == sweep, cohorts.c.name.in_(part))
        known |= {row.name: row.number for row in connection.execute(rows)}
    last: int | None = connection.scalar(select(func.max(cohorts.c.number)).where(cohorts.c.sweep_key == sweep))
    missing = (name for name in wanted if name not in known)
    new = {name: number for number, name in enumerate(missing, 0 if last is None else last + 1)}
    if new:
        connection.execute(
            cohorts.insert(), [{"sweep_key": sweep, "number": number, "name": name} for name, number in new.items()]
        )
    return known | new
