"""Tests of reading NPZ files that lie, and of those that do not."""

import io
import pickle
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.data import Table, TableError, read_npz
from engine.data.npy import read_npy
from engine.data.table import CategoricalColumn, NumericColumn

LIMIT = 1 << 20
X = np.arange(12.0).reshape(6, 2)
Y = np.array([0, 1, 0, 1, 0, 1])


def npz(x: Any = X, y: Any = Y) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, x=x, y=y)
    return buffer.getvalue()


def npy(array: NDArray[Any]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def zipped(members: list[tuple[str, bytes]], compression: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return buffer.getvalue()


def header(text: str, content: bytes = b"", version: int = 1) -> bytes:
    """An NPY file of a header that says what the test wants, and whatever follows it."""
    length = len(text).to_bytes(2 if version == 1 else 4, "little")
    return b"\x93NUMPY" + bytes([version, 0]) + length + text.encode("latin1") + content


def described(descr: str, shape: str, content: bytes = b"") -> bytes:
    return header(f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n", content)


def faults_of(content: bytes) -> list[str]:
    with pytest.raises(TableError) as caught:
        read_npz(content, max_bytes=LIMIT)
    return [fault.detail for fault in caught.value.faults]


def fault_of_x(member: bytes) -> str:
    (fault,) = faults_of(zipped([("x.npy", member), ("y.npy", npy(Y))]))
    return fault


def matrix(table: Table) -> NDArray[np.float64]:
    columns = [column for column in table.columns if isinstance(column, NumericColumn) and column.name != "y"]
    return np.stack([column.values for column in columns], axis=1)


@pytest.mark.parametrize("kind", ["?", "u1", "<i4", ">i8", "<f2", ">f4", "f8"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_features_of_every_plain_type_and_order_are_read(kind: str, order: Any) -> None:
    x = np.asarray(X.astype(kind), order=order)
    table = read_npz(npz(x), max_bytes=LIMIT)
    np.testing.assert_array_equal(matrix(table), x.astype(np.float64))
    assert [column.name for column in table.columns] == ["x_0", "x_1", "y"]
    assert table.place(3) == "row 3"


def test_images_are_flattened_row_by_row_and_compressed_files_are_read() -> None:
    buffer = io.BytesIO()
    images = np.arange(24.0).reshape(6, 2, 2)
    np.savez_compressed(buffer, x=images, y=Y)
    np.testing.assert_array_equal(matrix(read_npz(buffer.getvalue(), max_bytes=LIMIT)), images.reshape(6, 4))


@pytest.mark.parametrize(
    ("shape", "image"),
    [((6, 4), None), ((6, 4, 3), (4, 3, 1)), ((6, 4, 3, 2), (4, 3, 2)), ((6, 2, 2, 2, 2), None)],
)
def test_rows_of_two_or_three_dimensions_are_images(shape: tuple[int, ...], image: tuple[int, int, int] | None) -> None:
    assert read_npz(npz(np.zeros(shape)), max_bytes=LIMIT).image == image


def test_a_signalling_nan_is_missing_as_well() -> None:
    x = np.zeros((6, 2), "<f4")
    x.view("<u4")[0, 0] = 0x7F800001
    assert read_npz(npz(x), max_bytes=LIMIT).columns[0].missing.tolist() == [True] + [False] * 5


def test_nan_is_a_missing_feature() -> None:
    x = X.copy()
    x[1, 1] = np.nan
    assert read_npz(npz(x), max_bytes=LIMIT).columns[1].missing.tolist() == [False, True, False, False, False, False]


@pytest.mark.parametrize(
    ("y", "expected"),
    [(np.array(["a", "b"] * 3), ["a", "b"] * 3), (np.array([True, False] * 3), ["true", "false"] * 3)],
)
def test_text_and_truth_values_are_categorical_targets(y: NDArray[Any], expected: list[str]) -> None:
    target = read_npz(npz(y=y), max_bytes=LIMIT).columns[-1]
    assert isinstance(target, CategoricalColumn)
    assert list(target.values) == expected


def test_big_endian_text_is_read() -> None:
    target = read_npz(npz(y=np.array(["ä", "ß"] * 3).astype(">U3")), max_bytes=LIMIT).columns[-1]
    assert list(target.values) == ["ä", "ß"] * 3


@pytest.mark.parametrize("version", [1, 2, 3])
def test_every_version_of_the_format_is_read(version: int) -> None:
    text = "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 1), }\n"
    np.testing.assert_array_equal(read_npy(header(text, bytes(16), version), "x"), np.zeros((2, 1)))


def test_a_pickle_is_refused_and_never_opened(tmp_path: Path) -> None:
    canary = tmp_path / "canary"

    class Opened:
        def __reduce__(self) -> tuple[Any, ...]:
            return Path.touch, (canary,)

    objects = np.array([[Opened()], [Opened()]], dtype=object)
    assert 'has the type "|O"' in fault_of_x(npy(objects))
    bare = pickle.dumps(Opened())
    assert "not in the NPY format" in fault_of_x(bare)
    assert "an array" in fault_of_x(header("x", bare))
    assert not canary.exists()
    pickle.loads(bare)  # noqa: S301  # our own, to show that opening it would have left its mark
    assert canary.exists()


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((2, 1), [("a", "f8"), ("b", "i4")]),
        np.zeros((2, 1), complex),
        np.zeros((2, 1), "M8[s]"),
        np.zeros((2, 1), "S3"),
        np.zeros((2, 1), "V4"),
    ],
)
def test_types_that_are_neither_numbers_nor_text_are_refused(array: NDArray[Any]) -> None:
    fault = fault_of_x(npy(array))
    assert fault.startswith("The array x has the type ")
    assert fault.endswith("text of fixed width are read, never pickled objects. Convert it with astype.")


@pytest.mark.parametrize("descr", ["'<f16'", "'f3'", "'(2,3)f4'", "'<U0'", "8", "None", "'U999999999'", "'i4,i4'"])
def test_described_types_that_are_not_plain_are_refused(descr: str) -> None:
    fault_of_x(described(descr, "(1, 1)", bytes(16)))


def test_a_small_header_that_declares_32_gibibytes_costs_no_memory() -> None:
    member = described("'<f8'", "(65536, 65536)")
    assert len(member) < 128
    tracemalloc.start()
    try:
        fault = fault_of_x(member)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()
    assert "declares 34,359,738,368 bytes for (65536, 65536), and 0 follow it" in fault


@pytest.mark.parametrize("shape", ["(3, 2)", "(2, 2, 2)", "(1, 1)"])
def test_a_shape_that_does_not_fit_the_bytes_is_refused(shape: str) -> None:
    assert "and 32 follow it" in fault_of_x(described("'<f8'", shape, bytes(32)))


@pytest.mark.parametrize("shape", ["(-1, 2)", "(0, 2)", "(2, 0)", "(0, 1000000000000000000000)"])
def test_lengths_below_one_are_refused(shape: str) -> None:
    assert "every length must be at least 1" in fault_of_x(described("'<f8'", shape))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "{}",
        "-" * 4000 + "1",
        "(" * 4000,
        "{'descr': '<f8', 'fortran_order': False, 'shape': (True, 2), }",
        "{'descr': '<f8', 'fortran_order': False, 'shape': [2, 2], }",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 2), 'more': 1}",
        "{['a']: 1}",
        "__import__('os').getcwd()",
        "'\\d'",
    ],
)
def test_a_header_that_describes_no_array_is_refused(text: str) -> None:
    assert fault_of_x(header(text)).endswith("is not a description of an array. Write the file with numpy.savez.")


def test_too_many_axes_and_endless_headers_and_unknown_versions_are_refused() -> None:
    assert "impossible shape" in fault_of_x(described("'<f8'", f"({'1, ' * 70})", bytes(8)))
    assert "longer than 4,096 bytes" in fault_of_x(header(" " * 5000))
    assert "cut off" in fault_of_x(npy(X)[:40])
    assert "not in the NPY format" in fault_of_x(b"\x93NUMPY\x09\x00" + npy(X)[8:])


def test_missing_unknown_and_double_members_are_reported_together() -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        content = zipped([("x.npy", npy(X)), ("x.npy", npy(X)), ("../evil.npy", b""), ("x_train.npy", npy(X))])
    assert faults_of(content) == [
        "The array y is missing: an NPZ file holds x and y.",
        'The array "../evil" is not expected: an NPZ file holds x and y alone. Leave it out.',
        'The array "x_train" is not expected: an NPZ file holds x and y alone. Leave it out.',
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


@pytest.mark.parametrize(
    ("x", "y", "rules"),
    [
        (X, Y[:5], ["x has 6 rows and y has 5"]),
        (X[:, 0], Y, ["The array x has the shape (6,), but it needs rows and features"]),
        (np.array(1.0), np.array(1.0), ["x has the shape ()", "y has the shape ()"]),
        (X, X, ["y has the shape (6, 2), but it needs one value for each row"]),
        (X.astype(str), X, ["features are numbers", "y has the shape"]),
        (np.zeros((6, 100_001), np.bool_), Y, ["100,001 features in a row", "numbers; at most 262,144"]),
    ],
)
def test_shapes_and_types_that_do_not_fit_are_all_named(x: Any, y: Any, rules: list[str]) -> None:
    found = faults_of(npz(x, y))
    assert len(found) == len(rules)
    assert all(rule in fault for rule, fault in zip(rules, found, strict=True))


def test_numbers_that_a_network_cannot_hold_and_missing_ones_are_all_named_with_their_places() -> None:
    x = X.copy()
    x[2, 1], x[4, 0] = np.inf, -1e39
    y = np.array([0.0, np.nan, 1.0, np.inf, 0.0, 1.0])
    found = faults_of(npz(x, y))
    rule = "which is not a number between -3.4e+38 and 3.4e+38; NaN stands for missing."
    assert found == [
        f"The array x holds inf in row 2, feature 1, {rule}",
        f"The array x holds -1e+39 in row 4, feature 0, {rule}",
        f"The array y holds inf in row 3, {rule}",
        'The target "y" is missing in row 1. Fill it in, leave such rows out with missing_target=drop, or say '
        "with missing what counts as missing, if it is a class.",
    ]


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (np.full((1000, 100), np.inf), np.zeros(1000)),
        (np.zeros((100_000, 1), np.uint8), np.full(100_000, np.inf)),
        (np.zeros((100_000, 1), np.uint8), np.full(100_000, np.nan)),
    ],
)
def test_a_small_file_with_many_faults_costs_little_memory(x: NDArray[Any], y: NDArray[Any]) -> None:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, x=x, y=y)
    content = buffer.getvalue()
    tracemalloc.start()
    try:
        found = faults_of(content)
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()
    assert found[20:] == [f"There are {100_000 - 20:,} more faults."]


@pytest.mark.parametrize("letter", [0xD800, 0x110000, 0xFFFFFFFF])
@pytest.mark.parametrize("end", ["<", ">"])
def test_text_that_is_not_unicode_is_named_with_its_row(letter: int, end: str) -> None:
    letters = np.array([97, 98, letter], f"{end}u4").tobytes()
    content = zipped([("x.npy", npy(X[:3])), ("y.npy", described(f"'{end}U1'", "(3,)", letters))])
    assert faults_of(content) == ["The array y holds text in row 2 that is not Unicode. Mend or recode it."]


def test_empty_text_is_a_missing_target() -> None:
    assert "missing in row 1" in faults_of(npz(y=np.array(["a", "", "b", "a", "b", "a"])))[0]
