"""From the id of a sweep, which everyone outside knows it by, to the key that its rows have in common."""

from sqlalchemy import Connection, select

from app.domain.errors import NotFound
from app.storage.records import AnyRow
from app.storage.tables import sweeps

PRESENT = sweeps.c.deleted == 0
"""Of a sweep that nobody deleted; rows of one that was go away in pieces."""


def sweep_row(connection: Connection, sweep: str) -> AnyRow:
    """Return the row of a sweep. Raises NotFound."""
    row = connection.execute(select(sweeps).where(sweeps.c.id == sweep, PRESENT)).first()
    if row is None:
        raise _missing(sweep)
    return row


def sweep_key(connection: Connection, sweep: str) -> int:
    """Return the key of a sweep. Raises NotFound."""
    key: int | None = connection.execute(select(sweeps.c.key).where(sweeps.c.id == sweep, PRESENT)).scalar()
    if key is None:
        raise _missing(sweep)
    return key


def _missing(sweep: str) -> NotFound:
    return NotFound(f'There is no sweep "{sweep}". GET /v1/sweeps lists them.')
