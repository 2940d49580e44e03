"""Data sets in the storage: added once, read often, removed when nothing runs on them."""

from collections.abc import Sequence
from dataclasses import fields

from sqlalchemy import Connection, delete, insert, select, update

from app.domain.datasets import DatasetSummary
from app.domain.errors import Conflict, NotFound
from app.domain.quotas import OF_UPLOADS
from app.storage import artifacts, changes, quotas, records
from app.storage.dialect import insert_or_replace
from app.storage.sweep_rows import OPEN_SWEEPS
from app.storage.tables import datasets, sweeps

_SUMMARY = [datasets.c[field.name] for field in fields(DatasetSummary)]


def find(connection: Connection, name: str) -> DatasetSummary:
    """Return the data set. Raises NotFound."""
    row = connection.execute(select(*_SUMMARY).where(datasets.c.name == name)).first()
    if row is None:
        raise NotFound(f'There is no data set "{name}". GET /v1/datasets lists them.')
    return records.dataset(row)


def content(connection: Connection, name: str) -> tuple[str, bytes]:
    """Return the hash and the prepared content of a data set. Raises NotFound."""
    sha256 = find(connection, name).sha256
    return sha256, content_of(connection, sha256)


def content_of(connection: Connection, sha256: str) -> bytes:
    """Return a content that a data set or a sweep names. Raises NotFound."""
    content_size(connection, sha256)
    return artifacts.read(connection, sha256)


def content_size(connection: Connection, sha256: str) -> int:
    """Return how many bytes a content has. Raises NotFound, also for an artifact that is something else."""
    key, size = artifacts.key_here(connection, sha256), artifacts.size(connection, sha256)
    names = (
        select(column).where(column == key).limit(1) for column in (datasets.c.artifact_key, sweeps.c.artifact_key)
    )
    if size is None or all(connection.execute(name).first() is None for name in names):
        raise NotFound(f'No data set and no sweep has the content "{sha256[:64]}".')
    return size


def upload_hash(connection: Connection, name: str) -> str | None:
    """Return the hash of the upload that a data set came from; None if there is none, or nobody wrote it down."""
    found: str | None = connection.execute(select(datasets.c.upload_sha256).where(datasets.c.name == name)).scalar()
    return found


def upload_without_hash(connection: Connection, name: str) -> tuple[str, bytes] | None:
    """Return the hash and the content of an upload from before uploads had hashes; None if this is none."""
    unknown = datasets.c.builtin == 0, datasets.c.upload_sha256.is_(None)
    sha256 = connection.execute(select(datasets.c.sha256).where(datasets.c.name == name, *unknown)).scalar()
    return None if sha256 is None else (sha256, content_of(connection, sha256))


def page(connection: Connection, after: str, limit: int) -> Sequence[DatasetSummary]:
    """Return up to `limit` data sets in the order of their names, from the first one after `after`."""
    rows = connection.execute(select(*_SUMMARY).where(datasets.c.name > after).order_by(datasets.c.name).limit(limit))
    return [records.dataset(row) for row in rows]


def builtin_hashes(connection: Connection) -> dict[str, str]:
    """Return the content hashes of the built-in data sets that are stored, by name."""
    rows = connection.execute(select(datasets.c.name, datasets.c.sha256).where(datasets.c.builtin == 1))
    return {row.name: row.sha256 for row in rows}


def knows(connection: Connection, summary: DatasetSummary, upload_sha256: str) -> bool:
    """Return whether the same content is stored under this name. Raises Conflict if the name has another content."""
    stored = connection.execute(
        select(datasets.c.sha256, datasets.c.builtin).where(datasets.c.name == summary.name)
    ).first()
    if stored is None:
        return False
    if stored.builtin or stored.sha256 != summary.sha256:
        raise Conflict(
            f'There is already a data set "{summary.name}" with another content. '
            "Choose another name, or delete the old one first."
        )
    recognise(connection, summary.name, summary.sha256, upload_sha256)
    return True


def add(connection: Connection, artifact: int, summary: DatasetSummary, upload_sha256: str, owner: str = "") -> bool:
    """Store an upload whose content is here; return False if the same is stored under this name already.

    `owner` is the access key that uploaded it. Raises Conflict if the name has another content, OverQuota.
    """
    if knows(connection, summary, upload_sha256):
        return False
    row = {**_row(summary, artifact), "upload_sha256": upload_sha256, "owner": owner or None}
    with quotas.within(connection, owner, ways=OF_UPLOADS):
        connection.execute(insert(datasets).values(row))
    changes.of(connection).dataset(summary.name)
    return True


def recognise(connection: Connection, name: str, sha256: str, upload_sha256: str) -> None:
    """Write down the upload that a data set with this content came from, unless that is known."""
    known = datasets.c.name == name, datasets.c.sha256 == sha256, datasets.c.builtin == 0
    connection.execute(
        update(datasets).where(*known, datasets.c.upload_sha256.is_(None)).values(upload_sha256=upload_sha256)
    )


def replace_builtin(connection: Connection, artifact: int, summary: DatasetSummary) -> None:
    """Store a built-in data set whose content is here; that of its former version stays for sweeps that name it."""
    former = _artifact(connection, summary.name)
    connection.execute(insert_or_replace(datasets, _row(summary, artifact), key=["name"]))
    changes.of(connection).dataset(summary.name)
    if former is not None:
        artifacts.forget_unnamed(connection, [former])


def remove(connection: Connection, name: str) -> None:
    """Delete an upload. Raises NotFound; Conflict for a built-in data set and while a sweep runs on it."""
    dataset, artifact = find(connection, name), _artifact(connection, name)
    if dataset.builtin:
        raise Conflict(f'"{name}" is a built-in data set, which cannot be deleted.')
    user = connection.execute(
        select(sweeps.c.id).where(sweeps.c.dataset == name, sweeps.c.state.in_(OPEN_SWEEPS)).limit(1)
    ).scalar()
    if user is not None:
        raise Conflict(f'The sweep {user} runs on the data set "{name}". Cancel it or let it end first.')
    connection.execute(delete(datasets).where(datasets.c.name == name))
    changes.of(connection).dataset(name, deleted=True)
    if artifact is not None:
        quotas.keep_content(connection, artifact)
        artifacts.forget_unnamed(connection, [artifact])


def _artifact(connection: Connection, name: str) -> int | None:
    """Return the key of the content of a data set; None if there is no such data set."""
    key: int | None = connection.execute(select(datasets.c.artifact_key).where(datasets.c.name == name)).scalar()
    return key


def _row(summary: DatasetSummary, artifact: int) -> dict[str, object]:
    values = {field.name: getattr(summary, field.name) for field in fields(DatasetSummary)}
    return {**values, "builtin": int(summary.builtin), "artifact_key": artifact}
