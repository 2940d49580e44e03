"""Bytes that their hash names, in pieces of 1 MiB: contents of data sets and weights of models, kept while named."""

import hashlib
import io
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, bindparam, delete, exists, func, insert, or_, select, update

from app.domain.errors import Conflict, Fault, InvalidRequest, NotFound
from app.storage.bulk import Bulk
from app.storage.records import AnyRow
from app.storage.tables import artifact_pieces, artifacts, datasets, models, sweeps

PIECE = 1 << 20
"""Bytes of a piece; the last one of an artifact may have fewer."""

NAMING = (datasets.c.artifact_key, sweeps.c.artifact_key, models.c.artifact_key)
"""The columns that name artifacts: one that stands in none of them is forgotten."""

_HERE = artifacts.c.state == "here"
_ARRIVING = artifacts.c.state == "arriving"
_LEAVING = artifacts.c.state == "leaving"
_UNNAMED = and_(*(~exists().where(column == artifacts.c.key) for column in NAMING))

# Statements that are made once: small models come with every few results.
_KEYS = select(artifacts.c.sha256, artifacts.c.key).where(
    artifacts.c.sha256.in_(bindparam("hashes", expanding=True)), _HERE
)
_TOUCH = Bulk(
    update(artifacts)
    .where(artifacts.c.key == bindparam("the_key"))
    .values(brought_at=bindparam("now", type_=artifacts.c.brought_at.type))
)
_INSERT = Bulk(insert(artifacts))
_INSERT_PIECE = Bulk(insert(artifact_pieces))


def begin(connection: Connection, sha256: str, now: datetime) -> int:
    """Begin the arrival of the bytes with this hash; return its key."""
    row = {"sha256": sha256, "size": 0, "state": "arriving", "brought_at": now}
    key: int = connection.execute(insert(artifacts).values(row).returning(artifacts.c.key)).scalar_one()
    return key


def add_piece(connection: Connection, key: int, number: int, content: bytes) -> None:
    """Store piece `number`, 0, 1, ..., of an arrival. Raises Conflict if that was given up."""
    grown = update(artifacts).where(artifacts.c.key == key, _ARRIVING).values(size=artifacts.c.size + len(content))
    if not connection.execute(grown).rowcount:
        raise _given_up()
    connection.execute(insert(artifact_pieces).values(artifact_key=key, number=number, content=content))


def add_small(connection: Connection, sha256: str, content: bytes, now: datetime) -> int:
    """Store bytes of one piece at the most under their hash, unless they are here; return their key."""
    return add_all(connection, {sha256: content}, now)[sha256]


def add_all(connection: Connection, contents: Mapping[str, bytes], now: datetime) -> dict[str, int]:
    """Store several artifacts of one piece at the most, by their hashes, unless they are here; return their keys."""
    here = _keys(connection, contents)
    _TOUCH.run(connection, [{"the_key": key, "now": now} for key in here.values()])
    new = [sha256 for sha256 in contents if sha256 not in here]
    rows = [{"sha256": sha256, "size": len(contents[sha256]), "state": "here", "brought_at": now} for sha256 in new]
    _INSERT.run(connection, rows)
    keys = here | _keys(connection, new)
    pieces = [{"artifact_key": keys[one], "number": 0, "content": contents[one]} for one in new if contents[one]]
    _INSERT_PIECE.run(connection, pieces)
    return keys


def _keys(connection: Connection, hashes: Collection[str]) -> dict[str, int]:
    """Return the keys of those artifacts that are here, by their hashes."""
    if not hashes:
        return {}
    return {row.sha256: row.key for row in connection.execute(_KEYS, {"hashes": list(hashes)})}


def settle(connection: Connection, key: int, size: int, sha256: str, now: datetime) -> int:
    """End an arrival whose sender counted `size` bytes with the hash `sha256`; return the key of the artifact to name.

    That is another one's where the same bytes are here already. Settling again gives the same answer. Raises
    InvalidRequest if the bytes are not those that were announced; Conflict if the arrival was given up.
    """
    mine = connection.execute(select(artifacts).where(artifacts.c.key == key)).first()
    if mine is not None:
        _check(mine, size, sha256)
    here = touch(connection, sha256, now)
    if here is None and (mine is None or mine.state != "arriving"):
        raise _given_up()
    if here == key:
        return key
    state = "here" if here is None else "leaving"
    connection.execute(update(artifacts).where(artifacts.c.key == key).values(state=state, brought_at=now))
    return key if here is None else here


def abandon(connection: Connection, key: int) -> None:
    """Give an arrival up; one that has settled stays."""
    connection.execute(update(artifacts).where(artifacts.c.key == key, _ARRIVING).values(state="leaving"))


def key_here(connection: Connection, sha256: str) -> int | None:
    """Return the key of the artifact with this hash; None if it is not here.

    It stays here if something names it before the transaction ends.
    """
    key: int | None = connection.execute(select(artifacts.c.key).where(artifacts.c.sha256 == sha256, _HERE)).scalar()
    return key


def touch(connection: Connection, sha256: str, now: datetime) -> int | None:
    """Note that an artifact was brought again; return its key, or None if it is not here."""
    key = key_here(connection, sha256)
    if key is not None:
        connection.execute(update(artifacts).where(artifacts.c.key == key).values(brought_at=now))
    return key


def size(connection: Connection, sha256: str) -> int | None:
    """Return how many bytes an artifact has; None if it is not here."""
    found: int | None = connection.execute(select(artifacts.c.size).where(artifacts.c.sha256 == sha256, _HERE)).scalar()
    return found


def stream(connection: Connection, sha256: str) -> Iterator[bytes]:
    """Yield the pieces of an artifact in turn, none if it is not here; one at a time is in memory."""
    key, number = key_here(connection, sha256), 0
    while key is not None and (content := piece(connection, key, number)) is not None:
        yield content
        number += 1


def piece(connection: Connection, key: int, number: int) -> bytes | None:
    """Return piece `number`, 0, 1, ..., of an artifact; None after the last. Raises NotFound if it is gone."""
    if connection.execute(select(artifacts.c.key).where(artifacts.c.key == key, _HERE)).first() is None:
        raise NotFound("These bytes were deleted while they were read: nothing names them any more.")
    content: bytes | None = connection.execute(
        select(artifact_pieces.c.content).where(
            artifact_pieces.c.artifact_key == key, artifact_pieces.c.number == number
        )
    ).scalar()
    return content


def read(connection: Connection, sha256: str) -> bytes:
    """Return an artifact that is here as a whole."""
    # Joining the pieces would hold them twice.
    whole = io.BytesIO()
    for piece in stream(connection, sha256):
        whole.write(piece)
    return whole.getvalue()


def forget_unnamed(connection: Connection, keys: Collection[int]) -> None:
    """Let those of the artifacts leave that nothing names any more: call it wherever a name was taken away."""
    _leave(connection, and_(artifacts.c.key.in_(list(keys)), _HERE, _UNNAMED))


def forget_never_named(connection: Connection, after: datetime | None, until: datetime) -> None:
    """Let those leave that were brought between two times, `until` included, and that nobody named since."""
    later = [artifacts.c.brought_at > after] if after is not None else []
    _leave(connection, and_(_HERE, *later, artifacts.c.brought_at <= until, _UNNAMED))


def give_up_all_arrivals(connection: Connection) -> None:
    """Give up every arrival: who sent them is not there any more."""
    _leave(connection, _ARRIVING)


def give_up_arrivals(connection: Connection, until: datetime, under_way: Collection[int]) -> None:
    """Give up the arrivals that began at `until` or before, and those that are not among the ones under way."""
    late = or_(artifacts.c.brought_at <= until, artifacts.c.key.not_in(list(under_way)))
    _leave(connection, and_(_ARRIVING, late))


def damaged(connection: Connection) -> list[str]:
    """Return the hashes of the artifacts that are here and whose bytes have another one; all bytes are read."""
    here = connection.execute(select(artifacts.c.sha256).where(_HERE)).scalars().all()
    return [sha256 for sha256 in here if _hash_of(stream(connection, sha256)) != sha256]


def _hash_of(pieces: Iterator[bytes]) -> str:
    digest = hashlib.sha256()
    for one in pieces:
        digest.update(one)
    return digest.hexdigest()


def forgotten(connection: Connection) -> int:
    """Return how many artifacts nothing names: those that arrive, leave, or have lost their names."""
    found = select(func.count()).select_from(artifacts).where(or_(artifacts.c.state != "here", _UNNAMED))
    return connection.execute(found).scalar_one()


def forget_all_unnamed(connection: Connection) -> None:
    """Let every artifact leave that nothing names: for a database that nobody uses."""
    _leave(connection, or_(_ARRIVING, and_(_HERE, _UNNAMED)))


def clear(connection: Connection, limit: int) -> int:
    """Delete up to `limit` pieces of artifacts that leave, and those that have none left; return how many pieces."""
    leaving = select(artifacts.c.key).where(_LEAVING).order_by(artifacts.c.key).limit(limit)
    keys = list(connection.execute(leaving).scalars())
    place = artifact_pieces.c.artifact_key, artifact_pieces.c.number
    rows = connection.execute(select(*place).where(place[0].in_(keys)).order_by(*place).limit(limit)).all()
    if rows:
        piece = delete(artifact_pieces).where(place[0] == bindparam("the_key"), place[1] == bindparam("the_number"))
        connection.execute(piece, [{"the_key": row.artifact_key, "the_number": row.number} for row in rows])
    connection.execute(delete(artifacts).where(artifacts.c.key.in_(keys), ~exists().where(place[0] == artifacts.c.key)))
    return len(rows)


def _leave(connection: Connection, which: ColumnElement[bool]) -> None:
    connection.execute(update(artifacts).where(which).values(state="leaving"))


def _check(mine: AnyRow, size: int, sha256: str) -> None:
    require_hash(mine.sha256, sha256)
    if mine.size != size:
        raise InvalidRequest([Fault("", f"{size:,} bytes were sent, but {mine.size:,} were stored. Send them again.")])


def require_hash(announced: str, found: str) -> None:
    """Raise InvalidRequest unless the bytes that came have the hash that was announced."""
    if announced != found:
        told = f"The bytes were announced with the SHA-256 {announced}, but those that came have {found}."
        raise InvalidRequest([Fault("", told)])


def _given_up() -> Conflict:
    return Conflict("The arrival of these bytes was given up: it took too long, or was abandoned. Send them again.")
