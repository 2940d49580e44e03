"""Any frame that pandas writes comes back as the frame, whatever the dialect, said or found out."""

import csv
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.data import read_csv
from engine.data.files.separators import SEPARATORS
from engine.data.formats.numbers import MARKS
from engine.data.said import Said

NUMBERS = st.none() | st.integers(-(10**9), 10**9) | st.floats(-1e30, 1e30)
WORDS = st.none() | st.text(st.characters(codec="cp1252", exclude_categories=["Cc"]), min_size=1, max_size=8)
DIALECTS = st.fixed_dictionaries(
    {
        "separator": st.sampled_from([word for word in SEPARATORS if word != "spaces"]),
        "quoting": st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_NONNUMERIC, csv.QUOTE_ALL]),
        "encoding": st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
        "line_end": st.sampled_from(["\n", "\r\n", "\r"]),
        "index": st.booleans(),
        "decimal": st.sampled_from(["point", "comma"]),
        "missing": st.sampled_from(["", "NA", "gone", "-9"]),
    }
)


@st.composite
def frames(draw: st.DrawFn) -> pd.DataFrame:
    """Frames of some columns of numbers, named n0 and so on, and some of words, named w0 and so on."""
    rows = draw(st.integers(1, 8))
    kinds = {"n": NUMBERS, "w": WORDS.map(lambda word: word and f"x{word.strip()}")}
    columns: dict[str, Any] = {}
    for kind, cells in kinds.items():
        for place in range(draw(st.integers(1, 3))):
            columns[f"{kind}{place}"] = draw(st.lists(cells, min_size=rows, max_size=rows))
    typed = {name: np.array(cells, np.float64 if name[0] == "n" else np.object_) for name, cells in columns.items()}
    return pd.DataFrame(typed)


def written(frame: pd.DataFrame, dialect: dict[str, Any]) -> bytes:
    text: str = frame.to_csv(
        sep=SEPARATORS[dialect["separator"]],
        quoting=dialect["quoting"],
        lineterminator=dialect["line_end"],
        index=dialect["index"],
        decimal=MARKS[dialect["decimal"]],
        na_rep=dialect["missing"],
    )
    return text.encode(dialect["encoding"])


@settings(deadline=None)
@given(frames(), DIALECTS, st.booleans())
def test_a_frame_comes_back_as_it_was_written(frame: pd.DataFrame, dialect: dict[str, Any], told: bool) -> None:
    separator = dialect["separator"] if told else None
    encoding = dialect["encoding"] if dialect["encoding"] == "cp1252" else None
    words = [name for name in frame.columns if name[0] == "w"]
    missing = [dialect["missing"]] if dialect["missing"] in {"gone", "-9"} else None
    decimal = "comma" if dialect["decimal"] == "comma" else None
    said = Said(separator=separator, encoding=encoding, decimal=decimal, missing=missing, categorical=words)
    table = read_csv(written(frame, dialect), max_bytes=1 << 20, said=said)
    assert [column.name for column in table.columns] == list(frame.columns)
    assert [note.code for note in table.notes if note.code == "row_names"] == ["row_names"] * dialect["index"]
    for column in table.columns:
        cells = frame[column.name]
        if column.name in words:
            assert column.values.tolist() == [cell if isinstance(cell, str) else None for cell in cells]
        else:
            assert np.array_equal(column.values, cells.to_numpy(), equal_nan=True)
