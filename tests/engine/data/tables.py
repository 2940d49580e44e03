"""Tables for tests, drawn at random."""

import numpy as np
from hypothesis import strategies as st

from engine.data import Table
from engine.data.table import CategoricalColumn, NumericColumn

WORDS = ["red", "green", "blue", "ä", None]


@st.composite
def mixed_tables(draw: st.DrawFn) -> Table:
    """A table with numbers and words, both with missing cells, and a target called "y" of two or three classes."""
    rows = draw(st.integers(12, 60))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    numbers = np.where(rng.random(rows) < draw(st.floats(0.0, 0.9)), np.nan, rng.normal(size=rows))
    numbers[0] = 1.0  # a column without values is refused
    words = rng.choice(np.array(WORDS, np.object_), rows)
    words[0] = "red"
    labels = np.arange(rows) % draw(st.integers(2, 3))
    columns = (
        NumericColumn("number", numbers),
        NumericColumn("whole", rng.normal(50.0, 20.0, rows).round(1)),
        CategoricalColumn("word", words),
        NumericColumn("y", labels.astype(np.float64)),
    )
    return Table(columns, range(rows), "row")
