"""Access keys in the storage: each with the hash of its secret, never the secret itself."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from app.domain.access import AccessKey, Scope, StoredKey
from app.domain.errors import NotFound
from app.storage.tables import access_keys


def add(connection: Connection, new: Sequence[StoredKey]) -> None:
    """Store new keys together."""
    connection.execute(insert(access_keys), [_row(one.key, one.secret_sha256) for one in new])


def every(connection: Connection) -> list[StoredKey]:
    """Return all keys, those included that open nothing any more, in the order in which they were made."""
    rows = connection.execute(select(access_keys).order_by(access_keys.c.id)).mappings()
    return [_stored(dict(row)) for row in rows]


def revoke(connection: Connection, key: str, now: datetime) -> datetime:
    """Revoke a key, and return since when it is revoked. Raises NotFound."""
    mine = access_keys.c.id == key
    connection.execute(update(access_keys).where(mine, access_keys.c.revoked_at.is_(None)).values(revoked_at=now))
    since: datetime | None = connection.scalar(select(access_keys.c.revoked_at).where(mine))
    if since is None:
        raise NotFound(f'There is no key "{key}". GET /v1/keys shows all of them.')
    return since


def note_uses(connection: Connection, uses: Mapping[str, datetime]) -> None:
    """Write down when keys were used last."""
    for key, at in uses.items():
        connection.execute(update(access_keys).where(access_keys.c.id == key).values(last_used_at=at))


def _row(key: AccessKey, secret_sha256: str) -> dict[str, object]:
    return {
        "id": key.id,
        "name": key.name,
        "scopes": [str(scope) for scope in key.scopes],
        "secret_sha256": secret_sha256,
        "created_at": key.created_at,
        "expires_at": key.expires_at,
    }


def _stored(row: dict[str, object]) -> StoredKey:
    secret, scopes = str(row.pop("secret_sha256")), row.pop("scopes")
    assert isinstance(scopes, list)
    return StoredKey(AccessKey(**row, scopes=[Scope(one) for one in scopes]), secret)  # type: ignore[arg-type] # the row's own columns
