"""Parquet to a table: what a column holds is told by its type, so that nothing is guessed from its cells."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from engine.data.columns.inference import Typed
from engine.data.files.said_names import name_faults
from engine.data.formats.reading import Reading
from engine.data.notes import gathered
from engine.data.said import Said
from engine.data.table import Column, Faults, Table, categorical_names
from engine.data.target import missing_targets
from engine.extras import MissingExtra

_NOTHING_SAID = Said()


def read_parquet(
    content: bytes,
    *,
    max_bytes: int,
    target: str | None = None,
    said: Said = _NOTHING_SAID,
    like: Table | None = None,
) -> Table:
    """Read a table from a Parquet file, column by column.

    Texts, also in dictionaries, and truth values are words, and so are columns named as categorical;
    dates and times are days; nulls are missing. One of the training table `like` is read as it was there. The column
    `target` has to be there and to be without missing cells, unless `said` has such rows left out. Raises TableError
    with every fault found, and MissingExtra without pyarrow.
    """
    file = _open(content, max_bytes, said)
    faults = Faults()
    faults.add(name_faults(file.header.names, target, said if like is None else Said()))
    words = {*said.categorical, *filter(None, (said.group,)), *(categorical_names(like) if like else ())}
    learned = {column.name: column.reading for column in like.columns} if like else {}
    typed = tuple(_columns(file, target, said, words, learned, faults))
    faults.refuse()
    remarks = [remark for one in typed for remark in one.remarks]
    columns = tuple(one.column for one in typed)
    return Table(columns, range(file.rows), "row", notes=(*file.header.notes, *gathered(remarks)))


def _open(content: bytes, max_bytes: int, said: Said) -> Any:
    try:
        from engine.data.files.parquet_file import open_parquet  # noqa: PLC0415  # imports a package that may be missing
    except ImportError as error:
        raise MissingExtra.of("Reading Parquet", "pyarrow", "parquet", error) from None
    return open_parquet(content, max_bytes, frozenset(said.ignore))


def _columns(
    file: Any,
    target: str | None,
    said: Said,
    words: set[str],
    learned: Mapping[str, Reading | None],
    faults: Faults,
) -> Iterator[Typed]:
    """Yield the columns that have no fault, and add the faults of the others."""
    from engine.data.files.parquet_columns import column_of_arrow  # noqa: PLC0415  # imports a package that may be missing

    for place in file.header.kept:
        name = file.header.names[place]
        forced, like = name in words, learned.get(name)
        typed = column_of_arrow(name, file.column(place), said, forced=forced, target=name == target, like=like)
        if not isinstance(typed, Typed):
            faults.add(typed)
            continue
        yield typed
        if name == target and said.missing_target != "drop":
            faults.add(_missing_target_faults(typed.column))


def _missing_target_faults(column: Column) -> Iterator[str]:
    yield from missing_targets(column, (f"row {row}" for row in np.flatnonzero(column.missing)))
