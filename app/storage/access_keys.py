"""Access keys in the storage: each with the hash of its secret, never the secret itself."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from app.domain.access import AccessKey, Scope, StoredKey
from app.domain.errors import NotFound
from app.domain.quotas import QUOTAS, Quotas
from app.domain.repeats import Made, Once
from app.storage import repeats
from app.storage.access_tables import access_keys
from app.storage.quotas import MOST, quotas_of
from app.storage.records import AnyRow


def add(connection: Connection, new: Sequence[StoredKey], once: Once | None = None) -> str:
    """Store new keys together, and return the id of the first: that of one that the same request made before."""
    first = new[0].key

    def make() -> Made:
        connection.execute(insert(access_keys), [_row(one.key, one.secret_sha256) for one in new])
        return Made(first.id)

    return repeats.once_only(connection, once, first.created_at, make).id


def every(connection: Connection) -> list[StoredKey]:
    """Return all keys, those included that open nothing any more, in the order in which they were made."""
    return [_stored(row) for row in connection.execute(select(access_keys).order_by(access_keys.c.id))]


def revoke(connection: Connection, key: str, now: datetime) -> datetime:
    """Revoke a key, and return since when it is revoked. Raises NotFound."""
    mine = access_keys.c.id == key
    connection.execute(update(access_keys).where(mine, access_keys.c.revoked_at.is_(None)).values(revoked_at=now))
    since: datetime | None = connection.scalar(select(access_keys.c.revoked_at).where(mine))
    if since is None:
        raise _unknown(key)
    return since


def limit(connection: Connection, key: str, quotas: Quotas) -> None:
    """Give a key these quotas in place of those that it has. Raises NotFound."""
    changed = update(access_keys).where(access_keys.c.id == key).values(_most(quotas))
    if not connection.execute(changed).rowcount:
        raise _unknown(key)


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
        **_most(key.quotas),
    }


def _most(quotas: Quotas) -> dict[str, object]:
    return {column.name: getattr(quotas, kind) for column, kind in zip(MOST, QUOTAS, strict=True)}


def _stored(row: AnyRow) -> StoredKey:
    key = AccessKey(
        id=row.id,
        name=row.name,
        scopes=[Scope(one) for one in row.scopes],
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        last_used_at=row.last_used_at,
        quotas=quotas_of(row),
    )
    return StoredKey(key, row.secret_sha256)


def _unknown(key: str) -> NotFound:
    return NotFound(f'There is no key "{key}". GET /v1/keys shows all of them.')
