"""Tests of the shape of rows in NPZ files: pictures, channels that come first, and plain columns."""

import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.data import TableError
from tests.engine.data.files.npz_files import Y, matrix, npz, read, rows


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
