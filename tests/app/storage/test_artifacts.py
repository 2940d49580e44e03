"""Tests of bytes that their hash names: they arrive in pieces, are here once, and leave when nothing names them."""

from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import Connection, select, text, update
from sqlalchemy.exc import IntegrityError

from app.domain.errors import Conflict, InvalidRequest
from app.storage import FILE, artifacts
from app.storage.artifacts import NAMING, PIECE
from app.storage.connect import writing_engine
from app.storage.migrate import migrate
from app.storage.tables import artifacts as table
from app.storage.tables import metadata
from tests.app.storage.world import START

CONTENT = bytes(range(251)) * 9000
SHA256 = sha256(CONTENT).hexdigest()
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    """Return a connection in a transaction on an empty database."""
    engine = writing_engine(tmp_path / FILE)
    with engine.connect() as opened, opened.begin():
        migrate(opened)
        yield opened
    engine.dispose()


def arrive(connection: Connection, content: bytes = CONTENT) -> int:
    """Return the key of an arrival whose pieces have all come."""
    key = artifacts.begin(connection, sha256(content).hexdigest(), START)
    for number, start in enumerate(range(0, len(content), PIECE)):
        artifacts.add_piece(connection, key, number, content[start : start + PIECE])
    return key


def settle(connection: Connection, key: int, content: bytes = CONTENT) -> int:
    return artifacts.settle(connection, key, len(content), sha256(content).hexdigest(), START)


def states(connection: Connection) -> dict[int, str]:
    return {row.key: row.state for row in connection.execute(select(table.c.key, table.c.state))}


def test_an_artifact_is_here_once_it_has_settled_and_comes_back_in_its_pieces(connection: Connection) -> None:
    key = arrive(connection)
    assert artifacts.size(connection, SHA256) is None
    assert list(artifacts.stream(connection, SHA256)) == []
    assert settle(connection, key) == key
    assert artifacts.key_here(connection, SHA256) == key
    assert artifacts.size(connection, SHA256) == len(CONTENT)
    pieces = list(artifacts.stream(connection, SHA256))
    assert [len(piece) for piece in pieces] == [PIECE, PIECE, len(CONTENT) - 2 * PIECE]
    assert b"".join(pieces) == artifacts.read(connection, SHA256) == CONTENT


def test_an_artifact_of_no_bytes_is_here_too(connection: Connection) -> None:
    key = arrive(connection, b"")
    assert settle(connection, key, b"") == key
    assert artifacts.size(connection, sha256(b"").hexdigest()) == 0


def test_settling_again_gives_the_same_answer(connection: Connection) -> None:
    first, second = arrive(connection), arrive(connection)
    assert [settle(connection, key) for key in (first, first, second, second)] == [first] * 4
    assert states(connection) == {first: "here", second: "leaving"}
    while artifacts.clear(connection, 2):
        pass
    assert states(connection) == {first: "here"}
    assert settle(connection, second) == first


def test_other_bytes_than_announced_are_refused(connection: Connection) -> None:
    key = arrive(connection)
    with pytest.raises(InvalidRequest, match=f"announced with the SHA-256 {SHA256}, but those that came have cdcd"):
        artifacts.settle(connection, key, len(CONTENT), "cd" * 32, START)
    with pytest.raises(InvalidRequest, match=r"1 bytes were sent, but 2,259,000 were stored\."):
        artifacts.settle(connection, key, 1, SHA256, START)
    assert states(connection) == {key: "arriving"}


def test_an_arrival_that_was_given_up_takes_nothing_more_and_its_key_is_not_given_again(connection: Connection) -> None:
    key = arrive(connection)
    artifacts.abandon(connection, key)
    for _ in range(2):  # leaving, and gone
        with pytest.raises(Conflict, match="given up"):
            artifacts.add_piece(connection, key, 3, b"more")
        with pytest.raises(Conflict, match="given up"):
            settle(connection, key)
        artifacts.clear(connection, 9)
    assert states(connection) == {}
    assert artifacts.begin(connection, SHA256, START) > key


def test_what_has_settled_cannot_be_abandoned(connection: Connection) -> None:
    key = arrive(connection)
    settle(connection, key)
    artifacts.abandon(connection, key)
    assert states(connection) == {key: "here"}


def test_the_same_bytes_arrive_while_others_of_them_leave(connection: Connection) -> None:
    leaving, arriving = arrive(connection), arrive(connection)
    settle(connection, leaving)
    artifacts.forget_unnamed(connection, [leaving])
    assert settle(connection, arriving) == arriving
    artifacts.clear(connection, 9)
    assert states(connection) == {arriving: "here"}
    assert artifacts.read(connection, SHA256) == CONTENT


def test_the_database_itself_refuses_two_of_the_same_bytes(connection: Connection) -> None:
    settle(connection, arrive(connection))
    second = arrive(connection)
    with pytest.raises(IntegrityError):
        connection.execute(update(table).where(table.c.key == second).values(state="here"))


def test_pieces_leave_a_few_at_a_time_and_nothing_else_does(connection: Connection) -> None:
    keys = [arrive(connection), arrive(connection, b"small"), arrive(connection, b"stays")]
    for key, content in zip(keys, (CONTENT, b"small", b"stays"), strict=True):
        settle(connection, key, content)
    artifacts.forget_unnamed(connection, keys[:2])
    assert [artifacts.clear(connection, 2) for _ in range(3)] == [2, 2, 0]
    assert states(connection) == {keys[2]: "here"}
    assert connection.scalar(text("SELECT count(*) FROM artifact_pieces")) == 1


def test_every_column_that_refers_to_artifacts_counts_as_a_name() -> None:
    referring = {
        column
        for one in metadata.tables.values()
        if one.name != "artifact_pieces"
        for column in one.columns
        for key in column.foreign_keys
        if key.column is table.c.key
    }
    assert referring == set(NAMING)
    assert all(any(index.columns.values()[0] is column for index in column.table.indexes) for column in referring)
