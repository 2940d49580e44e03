"""Tests of data sets of images."""

from dataclasses import replace

import numpy as np
import pytest

from engine.data import Dataset, Table, TableError, Tables, prepare
from engine.data.table import NumericColumn
from tests.engine.data.small_datasets import TRAIN, read, small


def images(rows: int, shape: tuple[int, int, int]) -> Table:
    """A table of images with two classes."""
    rng = np.random.default_rng(0)
    pixels = [NumericColumn(f"x_{place}", rng.random(rows)) for place in range(int(np.prod(shape)))]
    labels = NumericColumn("y", (np.arange(rows) % 2).astype(np.float64))
    return Table((*pixels, labels), range(rows), "row", shape)


def test_a_data_set_of_images_says_so_and_brings_it_back() -> None:
    dataset = prepare(images(40, (2, 3, 2)), target="y")
    assert dataset.card["image"] == [2, 3, 2]
    assert Dataset.from_bytes(dataset.to_bytes()).image == (2, 3, 2)
    assert small().image is None


def test_images_that_are_not_are_refused() -> None:
    words = replace(read(TRAIN), image=(2, 2, 1))
    with pytest.raises(TableError) as caught:
        prepare(words, target="y")
    assert [(fault.about, fault.detail) for fault in caught.value.faults] == [
        ("image", 'The column "w" holds words, and the pixels of an image are numbers. Leave image out.'),
        ("image", "An image of 2x2x1 has 4 numbers, and there are 1 columns of numbers beside the target. Correct it."),
    ]


def test_missing_pixels_are_refused_in_every_table_and_so_is_another_shape() -> None:
    train, dev, test = images(40, (2, 2, 1)), images(8, (2, 2, 1)), images(8, (4, 1, 1))
    for table in (train, dev):
        table.columns[1].values[3] = np.nan
    with pytest.raises(TableError) as caught:
        prepare(Tables(train, dev, test), target="y")
    missing = (
        'The column "x_1" has missing cells, but images have none. Fill them in, or send the rows as a plain table.'
    )
    assert [(fault.about, fault.detail) for fault in caught.value.faults] == [
        ("file", missing),
        ("dev_file", missing),
        ("test_file", "The test table has images of 4x1x1, and the training table has not. Reshape them."),
    ]
