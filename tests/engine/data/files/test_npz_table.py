"""Tests of reading NPZ files that lie, and of those that do not."""

import io
import pickle
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine.data import Table, TableError, read_npz
from engine.data.files.npy import read_npy
from engine.data.files.picture_shapes import SaidImage
from engine.data.table import CategoricalColumn, NumericColumn

LIMIT = 1 << 20
X = np.arange(12.0).reshape(6, 2)
Y = np.array([0, 1, 0, 1, 0, 1])
RULE = "an NPZ file holds x and y, or x_train and y_train with x_test and y_test, x_dev and y_dev, or both"


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


def read(content: bytes, image: SaidImage = None) -> Table:
    """The table of a file with x and y."""
    tables = read_npz(content, max_bytes=LIMIT, image=image)
    assert not tables.separate()
    return tables.train


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
    table = read(npz(x))
    np.testing.assert_array_equal(matrix(table), x.astype(np.float64))
    assert [column.name for column in table.columns] == ["x_0", "x_1", "y"]
    assert table.place(3) == "row 3"


def test_images_are_flattened_row_by_row_and_compressed_files_are_read() -> None:
    buffer = io.BytesIO()
    images = np.arange(24.0).reshape(6, 2, 2)
    np.savez_compressed(buffer, x=images, y=Y)
    np.testing.assert_array_equal(matrix(read(buffer.getvalue())), images.reshape(6, 4))


PICTURES = [
    ((4, 3), np.uint8, (4, 3, 1)),
    ((5, 6, 1), np.uint8, (5, 6, 1)),
    ((5, 6, 3), np.uint8, (5, 6, 3)),
    ((5, 6, 3), np.float32, (5, 6, 3)),
    ((2, 2, 4), np.int64, (2, 2, 4)),
]
MOVED = [
    ((3, 5, 6), np.uint8, (5, 6, 3)),
    ((1, 5, 6), np.float32, (5, 6, 1)),
    ((4, 2, 7), np.uint8, (2, 7, 4)),
]
FLATTENED = [
    ((4, 1), np.uint8, False),
    ((1, 4), np.uint8, False),
    ((4, 1), np.float64, False),
    ((4, 3), np.float32, True),
    ((4, 3), np.int64, True),
    ((6, 5, 2), np.uint8, True),
    ((2, 2, 2, 2), np.uint8, False),
]


def rows(shape: tuple[int, ...], dtype: Any) -> NDArray[Any]:
    return np.arange(6 * np.prod(shape)).reshape(6, *shape).astype(dtype)


@pytest.mark.parametrize(("shape", "dtype", "image"), PICTURES)
def test_bytes_of_two_axes_and_rows_with_1_3_or_4_channels_are_pictures(shape: Any, dtype: Any, image: Any) -> None:
    table = read(npz(rows(shape, dtype)))
    assert (table.image, table.notes) == (image, ())
    np.testing.assert_array_equal(matrix(table), rows(shape, dtype).reshape(6, -1))


@pytest.mark.parametrize(("shape", "dtype", "image"), MOVED)
def test_channels_that_come_first_are_put_last_with_a_note(shape: Any, dtype: Any, image: Any) -> None:
    table = read(npz(rows(shape, dtype)))
    assert table.image == image
    assert [note.code for note in table.notes] == ["channels_first"]
    np.testing.assert_array_equal(matrix(table), rows(shape, dtype).transpose(0, 2, 3, 1).reshape(6, -1))


@pytest.mark.parametrize(("shape", "dtype", "perhaps"), FLATTENED)
def test_other_rows_are_plain_columns_with_a_note(shape: Any, dtype: Any, perhaps: bool) -> None:
    table = read(npz(rows(shape, dtype)))
    assert table.image is None
    np.testing.assert_array_equal(matrix(table), rows(shape, dtype).reshape(6, -1))
    (note,) = table.notes
    assert note.code == "flattened"
    assert (f"send image={'x'.join(map(str, shape))}" in note.detail) == perhaps


@pytest.mark.parametrize(
    ("shape", "ways"), [((3, 5, 4), "3x5x4 or 5x4x3"), ((3, 3, 3), "3x3x3"), ((1, 5, 1), "1x5x1 or 5x1x1")]
)
def test_channels_that_may_be_first_or_last_are_asked_for(shape: Any, ways: str) -> None:
    with pytest.raises(TableError) as caught:
        read(npz(rows(shape, np.uint8)))
    (fault,) = caught.value.faults
    assert fault.about == "image"
    assert fault.detail.endswith(f"Send image={ways}, or none for plain columns.")


@pytest.mark.parametrize(
    ("shape", "dtype", "said", "image", "moved"),
    [
        ((3, 5, 4), np.uint8, (3, 5, 4), (3, 5, 4), False),
        ((3, 5, 4), np.uint8, (5, 4, 3), (5, 4, 3), True),
        ((3, 3, 3), np.uint8, (3, 3, 3), (3, 3, 3), False),
        ((4, 3), np.float32, (4, 3, 1), (4, 3, 1), False),
        ((4, 5, 2), np.uint8, (4, 5, 2), (4, 5, 2), False),
        ((12,), np.uint8, (4, 3, 1), (4, 3, 1), False),
        ((12, 1), np.uint8, (4, 3, 1), (4, 3, 1), False),
        ((4, 3), np.uint8, "none", None, False),
        ((3, 5, 6), np.uint8, "none", None, False),
        ((3, 5, 4), np.float32, "none", None, False),
    ],
)
def test_what_is_said_of_the_rows_decides(shape: Any, dtype: Any, said: Any, image: Any, moved: bool) -> None:
    x = rows(shape, dtype)
    table = read(npz(x), said)
    assert (table.image, table.notes) == (image, ())
    np.testing.assert_array_equal(matrix(table), (np.moveaxis(x, 1, -1) if moved else x).reshape(6, -1))


@pytest.mark.parametrize(("shape", "dtype"), [((4, 3), np.uint8), ((4, 3), np.float32), ((6, 2, 1), np.uint8)])
def test_pictures_are_not_read_in_another_shape(shape: Any, dtype: Any) -> None:
    with pytest.raises(TableError) as caught:
        read(npz(rows(shape, dtype)), (1, 12, 1))
    (fault,) = caught.value.faults
    shown = "x".join(map(str, (*shape, 1)[:3]))
    assert fault.about == "image"
    assert fault.detail == (
        f'The image "1x12x1" is not the shape of the rows of x, {shape}. '
        f"Leave it out, or send {shown}, or none for plain columns."
    )


@settings(deadline=None)
@given(st.lists(st.integers(1, 6), min_size=1, max_size=4).map(tuple), st.sampled_from([np.uint8, np.float32]))
def test_every_shape_is_read_whole_noted_or_asked_for(shape: tuple[int, ...], dtype: Any) -> None:
    x = rows(shape, dtype)
    if len(shape) == 3 and {shape[0], shape[2]} <= {1, 3, 4}:
        with pytest.raises(TableError, match="Send image="):
            read(npz(x))
        return
    table = read(npz(x))
    assert sorted(matrix(table)[1]) == sorted(x[1].astype(np.float64).reshape(-1))
    assert table.image is None or np.prod(table.image) == np.prod(shape)
    assert bool(table.notes) == (len(shape) > 1 and table.image not in (shape, (*shape, 1)))


def parts(**arrays: Any) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


@pytest.mark.parametrize("dev", [None, "dev", "val"])
@pytest.mark.parametrize("test", [True, False])
def test_parts_of_their_own_come_as_tables_of_their_own(dev: str | None, test: bool) -> None:
    x = {"train": rows((2, 2), np.uint8), "test": rows((2, 2), np.uint8)[:3] + 1, dev: rows((2, 2), np.uint8)[:2] + 2}
    names = ["train", *(["test"] if test else []), *([dev] if dev else [])]
    arrays = {f"{letter}_{name}": x[name] if letter == "x" else Y[: len(x[name])] for name in names for letter in "xy"}
    tables = read_npz(parts(**arrays), max_bytes=LIMIT)
    assert [*tables.separate()] == [*(["dev"] if dev else []), *(["test"] if test else [])]
    for name, table in (("train", tables.train), ("test", tables.test), (dev, tables.dev)):
        if table is not None:
            np.testing.assert_array_equal(matrix(table), x[name].reshape(len(x[name]), -1))
            assert table.image == (2, 2, 1)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["x_train"], [f"The array y_train is missing: {RULE}."]),
        (["x_test", "y_test"], [f"The array {name} is missing: {RULE}." for name in ("x_train", "y_train")]),
        (["x_train", "y_train", "y_test"], [f"The array x_test is missing: {RULE}."]),
        (
            ["x_train", "y_train", "x_dev", "y_dev", "x_val", "y_val"],
            ["There are x_dev and x_val, which are both the dev part. Leave one out."],
        ),
        (["images", "labels"], [
            f"The array x is missing: {RULE}.", f"The array y is missing: {RULE}.",
            f'The array "images" is not expected: {RULE}. Leave it out.',
            f'The array "labels" is not expected: {RULE}. Leave it out.',
        ]),
    ],
)  # fmt: skip  # a fault each
def test_arrays_that_make_up_no_parts_are_named(names: list[str], expected: list[str]) -> None:
    assert faults_of(parts(**dict.fromkeys(names, X))) == expected


def test_faults_of_parts_name_their_arrays() -> None:
    found = faults_of(parts(x_train=X, y_train=Y[:5], x_test=X[:, 0], y_test=X))
    assert [fault.split(" ", 3)[2] for fault in found] == ["differ", "x_test", "y_test"]
    (other,) = faults_of(parts(x_train=X, y_train=Y, x_test=X[:, :1], y_test=Y))
    assert other == "The array x_test has rows of the shape (1,), and those of x_train have (2,). Reshape it."
    (missing,) = faults_of(parts(x_train=X, y_train=Y, x_test=X, y_test=np.where(Y == 1, np.nan, 0.0)))[:1]
    assert missing.startswith('The target "y" is missing in row 1 of y_test. Fill it in, leave such rows out with ')


def test_a_column_of_targets_is_read_as_targets() -> None:
    assert list(read(npz(y=Y[:, np.newaxis])).columns[-1].values) == list(Y)
    assert list(read(npz(y=np.array(["a", "b"] * 3)[:, np.newaxis])).columns[-1].values) == ["a", "b"] * 3


def test_a_one_for_each_class_is_no_target() -> None:
    (fault,) = faults_of(npz(y=np.eye(2)[Y]))
    assert fault.endswith("one value for each row: if its columns are classes, send argmax(axis=1) of it.")


def test_bytes_are_held_as_they_lie_in_the_file() -> None:
    table = read(npz(rows((4, 3), np.uint8)))
    assert table.block is not None
    assert table.block.dtype == np.uint8
    assert all(np.shares_memory(column.values, table.block) for column in table.columns[:-1])
    assert not any(column.missing.any() for column in table.columns)
    assert read(npz(rows((4, 3), np.int16))).block is None


def test_a_signalling_nan_is_missing_as_well() -> None:
    x = np.zeros((6, 2), "<f4")
    x.view("<u4")[0, 0] = 0x7F800001
    assert read(npz(x)).columns[0].missing.tolist() == [True] + [False] * 5


def test_nan_is_a_missing_feature() -> None:
    x = X.copy()
    x[1, 1] = np.nan
    assert read(npz(x)).columns[1].missing.tolist() == [False, True, False, False, False, False]


@pytest.mark.parametrize(
    ("y", "expected"),
    [(np.array(["a", "b"] * 3), ["a", "b"] * 3), (np.array([True, False] * 3), ["true", "false"] * 3)],
)
def test_text_and_truth_values_are_categorical_targets(y: NDArray[Any], expected: list[str]) -> None:
    target = read(npz(y=y)).columns[-1]
    assert isinstance(target, CategoricalColumn)
    assert list(target.values) == expected


def test_big_endian_text_is_read() -> None:
    target = read(npz(y=np.array(["ä", "ß"] * 3).astype(">U3"))).columns[-1]
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
