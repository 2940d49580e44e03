"""Tests of the cache of checkpoints, and of files that arrive in it."""

import os
import shutil
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from app.domain.errors import InvalidRequest, Malformed, NotFound
from app.services.arrivals import PARTIAL, Arrival
from app.services.checkpoints import TRUSTED_SECONDS, Checkpoints
from tests.disk.limits import files_of_at_most

BLOCK = 4096


def content(number: int, size: int = 100) -> bytes:
    return bytes([number]) * size


def add(checkpoints: Checkpoints, whole: bytes) -> str:
    """Keep a checkpoint that comes in two pieces; return its name."""
    name = sha256(whole).hexdigest()
    assert checkpoints.add(name, iter([whole[:7], whole[7:]]))
    return name


def read(checkpoints: Checkpoints, name: str) -> bytes:
    size, file = checkpoints.read(name)
    with file:
        whole = file.read()
    assert len(whole) == size == checkpoints.size(name)
    return whole


def is_here(checkpoints: Checkpoints, name: str) -> bool:
    try:
        checkpoints.size(name)
    except NotFound:
        return False
    return True


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the cache is, two levels deep, and not made yet."""
    return tmp_path / "cache" / "checkpoints"


def test_what_was_kept_is_read_again_also_after_a_restart(folder: Path) -> None:
    name = add(Checkpoints(folder, 1 << 20), content(1))
    assert read(Checkpoints(folder, 1 << 20), name) == content(1)
    assert [path.name for path in folder.iterdir()] == [name]


def test_the_least_recently_used_goes_first(folder: Path) -> None:
    checkpoints = Checkpoints(folder, 3 * BLOCK)
    first, second, third = (add(checkpoints, content(number)) for number in range(3))
    read(checkpoints, first)
    fourth = add(checkpoints, content(3))
    assert [is_here(checkpoints, name) for name in (first, second, third, fourth)] == [True, False, True, True]


def test_what_was_used_last_is_known_after_a_restart_and_a_smaller_limit_holds_at_once(folder: Path) -> None:
    checkpoints = Checkpoints(folder, 3 * BLOCK)
    names = [add(checkpoints, content(number)) for number in range(3)]
    for age, name in enumerate(names):
        os.utime(folder / name, (1e9 - age, 1e9 - age))
    smaller = Checkpoints(folder, BLOCK)
    assert [is_here(smaller, name) for name in names] == [True, False, False]


def test_the_same_checkpoint_twice_counts_once(folder: Path) -> None:
    checkpoints = Checkpoints(folder, 2 * BLOCK)
    other = add(checkpoints, content(2))
    for _ in range(3):
        add(checkpoints, content(1))
    assert is_here(checkpoints, other)


def test_one_larger_than_the_limit_is_not_kept_and_costs_the_others_nothing(folder: Path) -> None:
    checkpoints = Checkpoints(folder, 2 * BLOCK)
    name, large = add(checkpoints, content(1)), content(2, 3 * BLOCK)
    assert not checkpoints.add(sha256(large).hexdigest(), iter([large[:BLOCK], large[BLOCK:]]))
    assert [path.name for path in folder.iterdir()] == [name]


def test_a_limit_of_0_keeps_none(folder: Path) -> None:
    checkpoints = Checkpoints(folder, 0)
    name = sha256(content(1)).hexdigest()
    assert not checkpoints.add(name, iter([content(1)]))
    with pytest.raises(NotFound, match="not here"):
        checkpoints.read(name)


def test_the_folder_may_be_deleted_at_any_time(folder: Path) -> None:
    checkpoints = Checkpoints(folder, 2 * BLOCK)
    name = add(checkpoints, content(1))
    shutil.rmtree(folder.parent)
    with pytest.raises(NotFound):
        checkpoints.read(name)
    assert read(checkpoints, add(checkpoints, content(1))) == content(1)


def test_the_folder_may_be_deleted_while_a_checkpoint_arrives(folder: Path) -> None:
    checkpoints = Checkpoints(folder, 1 << 20)
    add(checkpoints, content(1))

    def pieces() -> Iterator[bytes]:
        yield content(2)
        shutil.rmtree(folder)

    assert not checkpoints.add(sha256(content(2)).hexdigest(), pieces())
    assert read(checkpoints, add(checkpoints, content(3))) == content(3)


def test_a_damaged_file_is_missing_and_deleted(folder: Path) -> None:
    checkpoints = Checkpoints(folder, 1 << 20)
    name = add(checkpoints, content(1))
    (folder / name).write_bytes(content(2))
    with pytest.raises(NotFound):
        checkpoints.read(name)
    assert not (folder / name).exists()


def test_a_file_that_was_whole_is_hashed_again_once_it_was_written_to_or_after_a_while(folder: Path) -> None:
    now = 0.0
    checkpoints = Checkpoints(folder, 1 << 20, lambda: now)
    name = add(checkpoints, content(1))
    assert read(checkpoints, name) == content(1)
    path, status = folder / name, (folder / name).stat()
    path.write_bytes(content(2))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))  # as if it had not been written to
    now = TRUSTED_SECONDS - 1
    assert read(checkpoints, name) == content(2)
    now = TRUSTED_SECONDS
    with pytest.raises(NotFound):
        checkpoints.read(name)
    assert read(checkpoints, add(checkpoints, content(1))) == content(1)
    path.write_bytes(content(3))
    os.utime(path, ns=(0, path.stat().st_mtime_ns + 1))  # later than the last look, however coarse the clock is
    with pytest.raises(NotFound):
        checkpoints.read(name)
    assert not path.exists()


def test_bytes_with_another_hash_are_refused_and_leave_nothing(folder: Path) -> None:
    checkpoints = Checkpoints(folder, 1 << 20)
    with pytest.raises(Malformed, match="Send it once more"):
        checkpoints.add(sha256(content(1)).hexdigest(), iter([content(2)]))
    assert list(folder.iterdir()) == []


def test_a_sender_that_breaks_off_leaves_nothing(folder: Path) -> None:
    def pieces() -> Iterator[bytes]:
        yield content(1)
        raise Malformed("it ended early")

    with pytest.raises(Malformed):
        Checkpoints(folder, 1 << 20).add(sha256(content(1)).hexdigest(), pieces())
    assert list(folder.iterdir()) == []


def test_a_start_clears_what_never_became_whole_and_nothing_else(folder: Path) -> None:
    name = add(Checkpoints(folder, 1 << 20), content(1))
    (folder / f"{PARTIAL}x").write_bytes(b"half")
    (folder / "notes.txt").write_text("mine")
    Checkpoints(folder, 1 << 20)
    assert {path.name for path in folder.iterdir()} == {name, "notes.txt"}


@pytest.mark.parametrize("name", ["", "..", "../../logsweep.db", "0" * 63, "A" * 64, "0" * 64 + "\n"])
def test_a_name_that_is_no_hash_reaches_no_file(folder: Path, name: str) -> None:
    checkpoints = Checkpoints(folder, 1 << 20)
    for use in (checkpoints.read, checkpoints.size, lambda name: checkpoints.add(name, iter([]))):
        with pytest.raises(InvalidRequest):
            use(name)


def test_a_disk_that_refuses_is_a_cache_that_does_not_keep(folder: Path) -> None:
    folder.parent.mkdir()
    folder.write_text("a file where the folder should be")
    assert not Checkpoints(folder, 1 << 20).add(sha256(content(1)).hexdigest(), iter([content(1)]))


def test_what_arrives_is_counted_and_hashed_also_when_it_was_given_up(tmp_path: Path) -> None:
    with Arrival(tmp_path, most=10) as arrival:
        arrival.write(b"x" * 8)
        arrival.write(b"x" * 8)
        assert (arrival.size, arrival.sha256) == (16, sha256(b"x" * 16).hexdigest())
        assert not arrival.move_to(tmp_path / "there")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("size", [0, 1, 50_000, 99_999])
def test_a_disk_that_is_full_midway_keeps_nothing_of_it_and_takes_the_next_once_there_is_room(
    folder: Path, size: int
) -> None:
    checkpoints, whole = Checkpoints(folder, 1 << 20), content(1, 100_000)
    pieces = [whole[place : place + 30_000] for place in range(0, len(whole), 30_000)]
    with files_of_at_most(size):
        assert not checkpoints.add(sha256(whole).hexdigest(), iter(pieces))
    assert list(folder.iterdir()) == []
    assert read(checkpoints, add(checkpoints, whole)) == whole
