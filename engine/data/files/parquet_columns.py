"""Columns of Parquet by their types: numbers, dates and words, as the same column of a CSV file would become."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyarrow import types

from engine.data.columns.cells import Cells
from engine.data.columns.inference import TOO_LARGE, Typed, words_of
from engine.data.columns.remarks import remarks_of
from engine.data.columns.whole_numbers import merged_fault, merged_integers
from engine.data.formats.dates import DateFormat
from engine.data.formats.missing import tokens_among_numbers
from engine.data.formats.numbers import NumberFormat, parse_number
from engine.data.formats.reading import Format, Reading
from engine.data.formats.words import WordFormat
from engine.data.quoting import quoted
from engine.data.said import Said
from engine.data.table import FLOAT64, LARGEST_NUMBER, NumericColumn

CellKind = Literal["numbers", "dates", "words"]

_TICKS_OF_DAY = {"s": 86_400, "ms": 86_400_000, "us": 86_400_000_000, "ns": 86_400_000_000_000}
_SECONDS_OF_DAY = 86_400
_EPOCH = datetime(1970, 1, 1)  # UTC, as all times here
_FIRST_DAY, _LAST_DAY = (datetime.min - _EPOCH).days, (datetime.max - _EPOCH).days
_MERGED = "or name the column in categorical or in ignore"


def kind_of(arrow: Any) -> CellKind | None:
    """Return what a column of this type holds, None if no network learns from it."""
    if types.is_dictionary(arrow):
        return kind_of(arrow.value_type)
    if types.is_boolean(arrow) or types.is_string(arrow) or types.is_large_string(arrow) or types.is_string_view(arrow):
        return "words"
    if types.is_date(arrow) or types.is_timestamp(arrow):
        return "dates"
    numbers = types.is_integer(arrow) or types.is_floating(arrow) or types.is_decimal(arrow) or types.is_null(arrow)
    return "numbers" if numbers else None


def column_of_arrow(
    name: str, column: Any, said: Said, *, forced: bool, target: bool, like: Reading | None
) -> Typed | Iterable[str]:
    """Return the column, or its faults one by one; `forced` makes words of any type.

    `like` is how the same column was read in the training table.
    """
    kind = kind_of(column.type)
    if types.is_dictionary(column.type) and kind != "words":
        column = column.cast(column.type.value_type)
    if like and not isinstance(like.format, WordFormat) and not forced and kind != _kind_of_format(like.format):
        was = _kind_of_format(like.format)
        return [f"The column {quoted(name)} has the type {column.type}, but holds {was} in training. Convert it."]
    if forced or kind == "words" or (like and isinstance(like.format, WordFormat)):
        return _words(name, column, said, like, is_input=not (forced or target or name == said.order))
    if kind == "dates":
        return _dates(name, column, said, like, target=target)
    return _numbers(name, column, said, like, target=target)


def _kind_of_format(how: Format) -> CellKind:
    return "dates" if isinstance(how, DateFormat) else "numbers" if isinstance(how, NumberFormat) else "words"


def _words(name: str, column: Any, said: Said, like: Reading | None, *, is_input: bool) -> Typed:
    """Return words; a null is missing whatever the tokens of a missing cell are."""
    if not types.is_dictionary(column.type):
        column = _without_nan(column).dictionary_encode(null_encoding="mask")
    whole = column.unify_dictionaries().combine_chunks()
    whole = whole.chunk(0) if isinstance(whole, pa.ChunkedArray) else whole
    words = ["" if word is None else word.strip() for word in _texts(whole.dictionary)]
    codes = whole.indices.cast(pa.int32()).fill_null(len(words)).to_numpy(zero_copy_only=False)
    return words_of(name, Cells([*words, ""], codes), said, like, may_be_quantities=is_input)


def _texts(values: Any) -> Sequence[str | None]:
    """Return values as a CSV file would have them; what is true is called so by pandas."""
    if types.is_boolean(values.type):
        return [None if value is None else str(value) for value in values.to_pylist()]
    if types.is_timestamp(values.type):
        values = values.cast(pa.timestamp(values.type.unit))
    found: Sequence[str | None] = values.cast(pa.string()).to_pylist()
    return found


def _without_nan(column: Any) -> Any:
    if types.is_float16(column.type):
        column = column.cast(pa.float32())
    if types.is_floating(column.type):
        return pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)
    return column


def _numbers(name: str, column: Any, said: Said, like: Reading | None, *, target: bool) -> Typed | Iterable[str]:
    if pair := merged_integers(column.drop_null().to_numpy()):
        return [merged_fault(f"The column {quoted(name)}", pair, _MERGED)]
    if types.is_decimal(column.type):
        column = column.cast(pa.string())  # from there, numbers are the nearest ones
    values = np.array(column.cast(pa.float64()).to_numpy(), np.float64)
    reading = like or Reading(NumberFormat(), tokens_among_numbers(said.missing, target=target))
    found = _missing_numbers(values, reading) if like or said.missing else []
    if len(wrong := np.flatnonzero(np.abs(values) > LARGEST_NUMBER)):
        return (f'Row {row}, column {quoted(name)}: "{values[row]}" {TOO_LARGE}' for row in wrong)
    source = np.dtype(np.float32) if types.is_float16(column.type) or types.is_float32(column.type) else FLOAT64
    return Typed(NumericColumn(name, values, source, reading), () if like else remarks_of(name, found, reading))


def _missing_numbers(values: NDArray[np.float64], reading: Reading) -> list[str]:
    """Make NaN of numbers that stand for missing cells; return the tokens that were found."""
    numbers = {token: number for token in reading.missing if (number := parse_number(token)) is not None}
    found = [token for token, number in numbers.items() if np.any(values == number)]
    values[np.isin(values, [numbers[token] for token in found])] = np.nan
    return found


def _dates(name: str, column: Any, said: Said, like: Reading | None, *, target: bool) -> Typed | Iterable[str]:
    days, seconds = _days_and_seconds(column)
    absent = column.is_null().to_numpy()
    if len(wrong := np.flatnonzero(~absent & ((days < _FIRST_DAY) | (days > _LAST_DAY)))):
        return (f"Row {row}, column {quoted(name)}: the date is not in the years 1 to 9999. Mend it." for row in wrong)
    values = np.where(absent, np.nan, days + seconds / _SECONDS_OF_DAY)
    missing = tokens_among_numbers(said.missing, target=target)
    reading = like or Reading(DateFormat(times=bool(np.any(seconds[~absent]))), missing)
    if like and np.any(seconds[~absent]) and not like.has_times:
        return [f"The column {quoted(name)} has times of day, but holds dates alone in training. Leave them out."]
    typed = Typed(NumericColumn(name, values, reading=reading))
    if like or absent.all():
        return typed
    row = int(np.argmax(~absent & ((seconds > 0.0) | ~np.any(seconds[~absent]))))
    moment = _EPOCH + timedelta(days=int(days[row]), seconds=float(seconds[row]))
    shown = moment.isoformat(" ") if reading.has_times else moment.date().isoformat()
    return replace(typed, remarks=remarks_of(name, [shown], reading))


def _days_and_seconds(column: Any) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return whole days since 1970-01-01 UTC, and the seconds since midnight to the microsecond, (rows,) each."""
    if types.is_date32(column.type):
        days = column.cast(pa.int32()).fill_null(0).to_numpy().astype(np.int64)
        return days, np.zeros(len(days))
    ticks = _TICKS_OF_DAY["ms" if types.is_date64(column.type) else column.type.unit]
    whole, rest = np.divmod(column.cast(pa.int64()).fill_null(0).to_numpy(), ticks)
    second = ticks // _SECONDS_OF_DAY
    seconds, rest = np.divmod(rest, second)
    microseconds = rest // (second // 1_000_000) if second > 1_000_000 else rest * (1_000_000 // second)
    return whole, seconds + microseconds / 1e6
