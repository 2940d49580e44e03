"""An independent reading of a table by pandas, compared with what the service made of it, column by column."""

import gzip
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.real_tables.catalogue import RealTable
from engine.data import Dataset
from engine.data.encoding import from_card


def independent(table: RealTable, raw: bytes) -> pd.DataFrame:
    """Return the table as pandas reads it, with what the sender says."""
    text = gzip.decompress(raw) if table.path.endswith(".gz") else raw
    frame = pd.read_csv(io.BytesIO(text), skipinitialspace=True, encoding="utf-8-sig", **dict(table.dialect))
    frame.columns = [str(name).strip() for name in frame.columns]
    if table.said.get("missing_target") == "drop":
        frame = frame[frame[table.target].notna()]
    return frame


def compared(dataset: Dataset, frame: pd.DataFrame) -> tuple[int, list[str]]:
    """Return how many columns hold what pandas read, and the names of those that do not."""
    x = np.concatenate([np.asarray(dataset.x_train), np.asarray(dataset.x_dev), np.asarray(dataset.x_test)])
    equal, others, start = 0, [], 0
    columns: Sequence[Mapping[str, Any]] = dataset.card["columns"]
    for column in columns:
        encoding = from_card(column)
        inputs = x[:, start : start + encoding.width]
        start += encoding.width
        same = column["name"] in frame.columns and _same(column, inputs, frame[column["name"]])
        equal += same
        others += [] if same else [str(column["name"])]
    return equal, others


def _same(column: Mapping[str, Any], inputs: NDArray[Any], values: "pd.Series[Any]") -> bool:
    if len(inputs) != len(values):
        return False
    if column.get("reading", {}).get("as") == "dates":
        return _same_days(inputs[:, 0], values)
    if column["kind"] == "numeric":
        if not pd.api.types.is_numeric_dtype(values):
            return False
        numbers = values.astype(np.float64).fillna(column["fill"]).to_numpy()
        return bool(np.allclose(np.sort(inputs[:, 0]), np.sort(numbers), rtol=1e-6, atol=0.0))
    words = Counter(str(value).strip() for value in values.dropna())
    counts = dict(zip(column["categories"], inputs.sum(axis=0).astype(int).tolist(), strict=False))
    return all(words[word] == count for word, count in counts.items())


def _same_days(days: NDArray[Any], values: "pd.Series[Any]") -> bool:
    """Compare days since 1970-01-01 with the dates that pandas finds in the texts."""
    found = (pd.to_datetime(values, format="mixed", utc=True) - pd.Timestamp(0, tz="UTC")).dt.days
    return bool(np.array_equal(np.sort(days), np.sort(found.to_numpy().astype(days.dtype))))
