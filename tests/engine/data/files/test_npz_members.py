"""Tests of NPZ files as zip archives: members that are missing, damaged, encrypted, or bombs."""

import tracemalloc
import zipfile

import numpy as np
import pytest

from tests.engine.data.files.npz_files import RULE, X, Y, faults_of, npy, npz, read, zipped


def test_missing_unknown_and_double_members_are_reported_together() -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        content = zipped([("x.npy", npy(X)), ("x.npy", npy(X)), ("../evil.npy", b""), ("x_train.npy", npy(X))])
    assert faults_of(content) == [
        f"The array y is missing: {RULE}.",
        f'The array "../evil" is not expected: {RULE}. Leave it out.',
        f'The array "x_train" is not expected: {RULE}. Leave it out.',
        'The array "x" is there 2 times. Write it with numpy.savez.',
    ]


def test_a_zip_bomb_is_refused_before_it_unfolds() -> None:
    bomb = zipped([("x.npy", bytes(64 << 20)), ("y.npy", npy(Y))], zipfile.ZIP_DEFLATED)
    tracemalloc.start()
    try:
        (fault,) = faults_of(bomb)
        assert tracemalloc.get_traced_memory()[1] < 4 << 20
    finally:
        tracemalloc.stop()
    assert "at most 1,048,576 are allowed" in fault


@pytest.mark.parametrize("claimed", [100, 900_000])
def test_a_bomb_that_lies_about_its_size_is_unpacked_no_further_than_it_says(claimed: int) -> None:
    size = 64 << 20
    bomb = zipped([("x.npy", bytes(size)), ("y.npy", npy(Y))], zipfile.ZIP_DEFLATED)
    lying = bomb.replace(size.to_bytes(4, "little"), claimed.to_bytes(4, "little"))
    tracemalloc.start()
    try:
        (fault,) = faults_of(lying)
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()
    assert fault.startswith("The file is not a whole NPZ file: ")


def test_a_member_shorter_than_the_directory_says_is_refused() -> None:
    content = npz()
    size = len(npy(X)).to_bytes(4, "little")
    assert faults_of(content.replace(size, (500_000).to_bytes(4, "little")))[0].startswith("The file is not a whole")


def test_an_array_that_is_not_compressed_is_a_view_on_the_file() -> None:
    content = npz(np.full((6, 5), 7, np.uint8))
    block = read(content).block
    assert block is not None
    assert np.shares_memory(block, np.frombuffer(content, np.uint8))


def test_a_member_with_another_checksum_is_refused() -> None:
    content = npz(np.full((6, 5), 7, np.uint8))
    (fault,) = faults_of(content.replace(bytes([7] * 30), bytes([7] * 29 + [8])))
    assert fault.startswith('The file is not a whole NPZ file: "x.npy" has another checksum than the directory says')


def test_a_member_that_begins_elsewhere_than_the_directory_says_is_refused() -> None:
    content = bytearray(npz())
    content[0] = 0
    assert '"x.npy" does not begin where the directory says' in faults_of(bytes(content))[0]


def test_an_encrypted_member_is_refused() -> None:
    content = bytearray(npz())
    content[content.index(b"PK\x03\x04") + 6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    assert faults_of(bytes(content))[0].startswith('The member "x.npy" is encrypted')


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_compressions_that_numpy_does_not_write_are_refused(compression: int) -> None:
    content = zipped([("x.npy", npy(X)), ("y.npy", npy(Y))], compression)
    assert all("compressed in a rare way" in fault for fault in faults_of(content))


@pytest.mark.parametrize("cut", [1, 10, 50, 200, 400])
def test_a_truncated_zip_file_is_refused(cut: int) -> None:
    assert faults_of(npz()[:-cut])[0].startswith("The file is not a whole NPZ file: ")


def test_no_zip_file_at_all_is_refused() -> None:
    assert faults_of(b"x,y\n1,2\n") == [
        "The file is not a whole NPZ file: File is not a zip file. Write it with numpy.savez."
    ]
