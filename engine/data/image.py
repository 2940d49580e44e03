"""Rows that are images: which tables can be read so."""

from collections.abc import Iterator, Sequence

from engine.data.quoting import quoted
from engine.data.table import About, Column, Image, Table, TableFault, categorical_names


def shape_faults(features: Table) -> Iterator[TableFault]:
    """Yield what keeps the features of a table from being pixels of the shape that it states."""
    if features.image is None:
        return
    height, width, channels = features.image
    pixels, shape = height * width * channels, shown(features.image)
    words = categorical_names(features)
    if words:
        detail = f"The column {quoted(words[0])} holds words, and the pixels of an image are numbers. Leave image out."
        yield TableFault(detail, "image")
    if pixels != len(features.columns) - len(words):
        count = f"{len(features.columns) - len(words):,} columns of numbers beside the target"
        yield TableFault(f"An image of {shape} has {pixels:,} numbers, and there are {count}. Correct it.", "image")


def pixel_faults(pixels: Sequence[Column], about: About) -> Iterator[TableFault]:
    """Yield a fault for each column with missing cells: a flag for them would not be a pixel."""
    for column in pixels:
        if column.missing.any():
            way = "Fill them in, or send the rows as a plain table."
            yield TableFault(f"The column {quoted(column.name)} has missing cells, but images have none. {way}", about)


def shown(image: Image) -> str:
    """Return the shape of an image as a user writes it: "8x8x3"."""
    return "x".join(str(length) for length in image)
