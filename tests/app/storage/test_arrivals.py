"""Tests of bytes that are brought: in pieces, with others between, and with no memory of their size."""

import sqlite3
import tracemalloc
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.datasets import DatasetSummary
from app.domain.errors import Conflict, InvalidRequest, NotFound, Unavailable
from app.domain.sweeps import Labels, NewSweep
from app.storage import FILE, SqliteStorage
from app.storage.arrivals import cut
from app.storage.artifacts import PIECE
from tests.app.storage.new_database import put_new_database
from tests.app.storage.simple_policy import SimplePolicy
from tests.app.storage.world import DATASET, START, SWEEP, UPLOAD, add_sweep, claim_one, drawn, end, finish, spec
from tests.tries import tries

SIZES = (0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE + 17)
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
WEIGHTS = b"weights of a network"
HASH = sha256(WEIGHTS).hexdigest()


def content_of(size: int) -> bytes:
    return bytes(range(251)) * (size // 251) + bytes(size % 251)


def source_of(content: bytes, held: str, folder: Path) -> bytes | Path | Iterator[bytes]:
    if held == "in memory":
        return content
    if held == "as it comes":
        return (content[start : start + 700_001] for start in range(0, len(content), 700_001))
    path = folder / "content"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("held", ["in memory", "in a file", "as it comes"])
@pytest.mark.parametrize("size", SIZES)
def test_bytes_of_any_size_come_back_whole_and_in_pieces(
    storage: SqliteStorage, tmp_path: Path, size: int, held: str
) -> None:
    content = content_of(size)
    name = sha256(content).hexdigest()
    key = storage.add_artifact(name, source_of(content, held, tmp_path), START)
    assert storage.artifact_size(name) == size
    pieces = list(storage.artifact_stream(name))
    assert b"".join(pieces) == content
    assert all(len(piece) == PIECE for piece in pieces[:-1])
    assert storage.add_artifact(name, source_of(content, held, tmp_path), START) == key


def test_a_source_of_any_parts_is_cut_into_pieces() -> None:
    content = content_of(3 * PIECE + 17)
    for length in (1000, PIECE, 2 * PIECE + 1, len(content)):
        parts = (content[start : start + length] for start in range(0, len(content), length))
        assert [len(piece) for piece in cut(parts)] == [PIECE, PIECE, PIECE, 17]


def broken(pieces: int) -> Iterator[bytes]:
    """Yield some pieces of a source that fails then."""
    yield from [content_of(PIECE)] * pieces
    raise ConnectionError("the worker is gone")


def test_a_large_source_is_read_no_further_where_its_bytes_are_here(storage: SqliteStorage) -> None:
    content = content_of(PIECE) * 3
    name = sha256(content).hexdigest()
    key = storage.add_artifact(name, content, START)
    assert storage.add_artifact(name, broken(2), START) == key


@pytest.mark.parametrize(("content", "stored"), [(b"", 0), (WEIGHTS, 0), (content_of(PIECE + 1), 2)])
def test_bytes_of_another_hash_are_refused_and_nothing_of_them_stays(
    storage: SqliteStorage, content: bytes, stored: int
) -> None:
    with pytest.raises(InvalidRequest, match="announced with the SHA-256 abab"):
        storage.add_artifact("ab" * 32, content, START)
    assert storage.artifact_size("ab" * 32) is None
    assert storage.clear_artifacts(START, 9) == stored
    assert storage.clear_artifacts(START, 9) == 0


@pytest.mark.parametrize(("pieces", "stored"), [(0, 0), (1, 0), (2, 2)])
def test_a_source_that_fails_leaves_nothing(storage: SqliteStorage, pieces: int, stored: int) -> None:
    with pytest.raises(ConnectionError):
        storage.add_artifact(HASH, broken(pieces), START)
    assert storage.artifact_size(HASH) is None
    assert storage.clear_artifacts(START, 9) == stored
    assert storage.clear_artifacts(START, 9) == 0


def test_other_writers_get_between_the_pieces_of_an_upload(storage: SqliteStorage) -> None:
    content = content_of(3 * PIECE)
    seen = []

    def parts() -> Iterator[bytes]:
        for start in range(0, len(content), PIECE):
            storage.add_dataset(replace(DATASET, name=f"between{start}"), b"content", UPLOAD)
            seen.append(len(storage.datasets("", 9)))
            yield content[start : start + PIECE]

    storage.add_artifact(sha256(content).hexdigest(), parts(), START)
    assert seen == [1, 2, 3]


def test_a_data_set_is_not_there_before_the_last_piece_of_its_content(storage: SqliteStorage) -> None:
    def watched() -> Iterator[bytes]:
        yield content[:PIECE]
        assert storage.datasets("", 9) == []
        yield content[PIECE:]

    content = content_of(PIECE + 1)
    summary = replace(DATASET, sha256=sha256(content).hexdigest())
    assert storage.add_dataset(summary, watched(), UPLOAD)
    assert storage.dataset_content("rain") == (summary.sha256, content)


def test_an_arrival_that_takes_longer_than_an_hour_is_given_up(storage: SqliteStorage) -> None:
    def slow() -> Iterator[bytes]:
        yield from (bytes(PIECE), bytes(PIECE))
        assert storage.clear_artifacts(START + HOUR - SECOND, 9) == 0
        assert storage.clear_artifacts(START + HOUR, 9) == 2
        yield WEIGHTS

    with pytest.raises(Conflict, match="given up"):
        storage.add_artifact(HASH, slow(), START)


def test_arrivals_from_before_the_start_are_given_up(tmp_path: Path) -> None:
    with closing(SqliteStorage(tmp_path, SimplePolicy())) as storage:

        def interrupted() -> Iterator[bytes]:
            yield from (bytes(PIECE), bytes(PIECE))
            storage.close()
            yield WEIGHTS

        with pytest.raises(Unavailable, match="is stopping"):
            storage.add_artifact(HASH, interrupted(), START)
    with closing(SqliteStorage(tmp_path, SimplePolicy())) as storage:
        assert storage.clear_artifacts(START, 9) == 2


def test_what_nobody_names_within_an_hour_leaves_and_what_has_a_name_stays(storage: SqliteStorage) -> None:
    storage.add_artifact(HASH, WEIGHTS, START)
    storage.add_dataset(DATASET, b"content", UPLOAD)
    assert storage.clear_artifacts(START + HOUR - SECOND, 9) == 0
    assert storage.clear_artifacts(START + HOUR, 9) == 1
    assert storage.artifact_size(HASH) is None
    assert storage.artifact_size(DATASET.sha256) == len(b"content")


def test_what_is_brought_again_has_another_hour(storage: SqliteStorage) -> None:
    key = storage.add_artifact(HASH, WEIGHTS, START)
    assert storage.add_artifact(HASH, WEIGHTS, START + HOUR) == key
    assert storage.clear_artifacts(START + HOUR, 9) == 0
    assert storage.artifact_size(HASH) == len(WEIGHTS)
    assert storage.clear_artifacts(START + 2 * HOUR, 9) == 1


def test_a_content_leaves_with_its_last_name(storage: SqliteStorage) -> None:
    add_sweep(storage, drawn(0, 1))
    storage.add_dataset(replace(DATASET, name="again"), b"content", UPLOAD)
    finish(storage, claim_one(storage).lease)
    end(storage)
    for name in ("rain", "again"):
        storage.remove_dataset(name)
        assert storage.clear_artifacts(START, 9) == 0
    assert storage.content_of(DATASET.sha256) == b"content"  # the sweep names it


def test_a_content_that_nothing_names_leaves_at_once(storage: SqliteStorage) -> None:
    storage.add_dataset(DATASET, b"content", UPLOAD)
    storage.remove_dataset("rain")
    with pytest.raises(NotFound):
        storage.content_size(DATASET.sha256)
    assert storage.clear_artifacts(START, 9) == 1


def test_who_reads_an_artifact_that_leaves_is_told(storage: SqliteStorage) -> None:
    content = content_of(3 * PIECE)
    name = sha256(content).hexdigest()
    storage.add_artifact(name, content, START)
    reading = storage.artifact_stream(name)
    assert next(reading) == content[:PIECE]
    assert storage.clear_artifacts(START + HOUR, 9) == 3
    assert list(storage.artifact_stream(name)) == []
    with pytest.raises(NotFound, match="deleted"):
        next(reading)


def test_an_upload_goes_on_whose_content_is_forgotten_by_another_meanwhile(storage: SqliteStorage) -> None:
    content = content_of(2 * PIECE + 1)
    summary = replace(DATASET, sha256=sha256(content).hexdigest())

    def overtaken() -> Iterator[bytes]:
        yield content[: 2 * PIECE]
        storage.add_dataset(replace(summary, name="snow"), content, UPLOAD)
        storage.remove_dataset("snow")
        yield content[2 * PIECE :]

    assert storage.add_dataset(summary, overtaken(), UPLOAD)
    storage.clear_artifacts(START, 9)
    assert storage.dataset_content("rain") == (summary.sha256, content)


def test_a_sweep_on_a_data_set_that_is_deleted_meanwhile_is_a_conflict_or_keeps_the_content(
    storage: SqliteStorage,
) -> None:
    storage.add_dataset(DATASET, b"content", UPLOAD)
    go = Event()
    failed = []

    def delete() -> None:
        go.wait()
        try:
            storage.remove_dataset("rain")
        except Conflict as error:
            failed.append(error)

    thread = Thread(target=delete)
    thread.start()
    go.set()
    try:
        storage.create_sweep(SWEEP, NewSweep(spec(1), Labels("rain"), {}, DATASET, {}), START)
    except Conflict as error:
        failed.append(error)
    thread.join()
    (fault,) = failed
    storage.clear_artifacts(START, 9)
    here = storage.artifact_size(DATASET.sha256) is not None
    assert here is (SWEEP in str(fault))


def test_many_that_bring_and_take_away_the_same_content_leave_it_whole_or_gone(storage: SqliteStorage) -> None:
    content = content_of(2 * PIECE + 1)
    summary = replace(DATASET, sha256=sha256(content).hexdigest())

    def churn(name: str) -> None:
        for _ in range(8):
            storage.add_dataset(replace(summary, name=name), content, UPLOAD)
            assert storage.dataset_content(name) == (summary.sha256, content)
            storage.remove_dataset(name)
            storage.clear_artifacts(START, 2)

    faults: list[BaseException] = []

    def caught(name: str) -> None:
        try:
            churn(name)
        except BaseException as fault:  # noqa: BLE001 - shown by the assertion
            faults.append(fault)

    threads = [Thread(target=caught, args=(name,)) for name in ("a", "b", "c")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    while storage.clear_artifacts(START, 1000):
        pass
    assert storage.artifact_size(summary.sha256) is None


@pytest.mark.parametrize("held", ["in memory", "in a file", "as it comes"])
def test_bringing_and_reading_in_pieces_take_no_memory_of_the_size_of_the_content(
    storage: SqliteStorage, tmp_path: Path, held: str
) -> None:
    content = content_of(16 * PIECE)
    summary = replace(DATASET, sha256=sha256(content).hexdigest())
    source = source_of(content, held, tmp_path)
    tracemalloc.start()
    try:
        storage.add_dataset(summary, source, UPLOAD)
        assert sum(len(piece) for piece in storage.artifact_stream(summary.sha256)) == len(content)
        storage.remove_dataset("rain")
        assert storage.clear_artifacts(START, 16) == 16
        assert tracemalloc.get_traced_memory()[1] < 8 * PIECE
    finally:
        tracemalloc.stop()


NAMES, CONTENTS = ("a", "b", "c"), (b"", b"rain", content_of(PIECE + 1))
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("upload"), st.sampled_from(NAMES), st.sampled_from(CONTENTS)),
        st.tuples(st.just("remove"), st.sampled_from(NAMES), st.none()),
        st.tuples(st.just("sweep"), st.sampled_from(NAMES), st.none()),
        st.tuples(st.just("bring"), st.none(), st.sampled_from(CONTENTS)),
        st.tuples(st.just("clear"), st.integers(0, 90), st.none()),
        st.tuples(st.just("open again"), st.none(), st.none()),
    ),
    max_size=25,
)


@settings(max_examples=tries(12), deadline=None)
@given(steps=STEPS)
def test_whatever_happens_what_has_a_name_is_here_and_the_rest_leaves(steps: list[tuple[str, Any, Any]]) -> None:
    with TemporaryDirectory() as folder:
        history = History(Path(folder))
        try:
            for step in steps:
                history.do(*step)
            history.check()
        finally:
            history.storage.close()


class History:
    """A storage, and beside it what should be named: contents by data set, and those of sweeps, which never end."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.storage = SqliteStorage(put_new_database(folder), SimplePolicy())
        self._now = START
        self._datasets: dict[str, bytes] = {}
        self._running: dict[str, bytes] = {}

    def do(self, what: str, name: Any, content: Any) -> None:
        """Do one step, in the storage and in the model of it."""
        match what:
            case "upload":
                self._upload(name, content)
            case "remove":
                self._remove(name)
            case "sweep":
                self._sweep(name)
            case "bring":
                self.storage.add_artifact(sha256(content).hexdigest(), content, self._now)
            case "clear":
                self._now += timedelta(minutes=name)
                self.storage.clear_artifacts(self._now, 4)
            case "open again":
                self.storage.close()
                self.storage = SqliteStorage(self._folder, SimplePolicy())

    def _upload(self, name: str, content: bytes) -> None:
        with self._conflict_if(self._datasets.get(name, content) != content):
            created = self.storage.add_dataset(self._summary(name, content), content, UPLOAD)
            assert created is (name not in self._datasets)
            self._datasets[name] = content

    def _remove(self, name: str) -> None:
        if name in self._datasets:
            with self._conflict_if(name in self._running):
                self.storage.remove_dataset(name)
                del self._datasets[name]

    def _sweep(self, name: str) -> None:
        if name in self._datasets and name not in self._running:
            content = self._running[name] = self._datasets[name]
            summary = self._summary(name, content)
            self.storage.create_sweep(f"swp_{name}", NewSweep(spec(1), Labels("rain"), {}, summary, {}), self._now)

    def _summary(self, name: str, content: bytes) -> DatasetSummary:
        return replace(DATASET, name=name, sha256=sha256(content).hexdigest(), created_at=self._now)

    def check(self) -> None:
        """Compare: named contents are whole, and once an hour has passed nothing else is left."""
        named = {*self._datasets.values(), *self._running.values()}
        self.storage.clear_artifacts(self._now + HOUR, 1000)
        for content in CONTENTS:
            hashed = sha256(content).hexdigest()
            assert self.storage.artifact_size(hashed) == (len(content) if content in named else None)
            assert b"".join(self.storage.artifact_stream(hashed)) == (content if content in named else b"")
        with closing(sqlite3.connect(self._folder / FILE)) as connection:
            (pieces,) = connection.execute("SELECT count(*) FROM artifact_pieces").fetchone()
        assert pieces == sum(-(-len(content) // PIECE) for content in named)

    @contextmanager
    def _conflict_if(self, expected: bool) -> Iterator[None]:
        with pytest.raises(Conflict) if expected else nullcontext():
            yield
