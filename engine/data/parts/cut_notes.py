"""Notes on a cut: parts far from their shares, and tables of dev and test that share groups or times with train."""

from collections.abc import Iterator, Mapping

import numpy as np

from engine.data.notes import Note
from engine.data.part_tables import HeldOut, Tables
from engine.data.parts.apportionment import shares_of
from engine.data.parts.cut import By, Cut, Fractions
from engine.data.parts.split import Split
from engine.data.quoting import quoted
from engine.data.table import Column

_FAR = 0.05
"""How far a part may be from its share, of all rows, without a note, where rows stay together."""

_WHY: Mapping[By | None, str] = {
    None: "Each class needs a row in train, which comes first.",
    "group": "The rows of a group stay together, and each class needs a group in train.",
    "order": "Rows of one place in the order stay together.",
}


def share_notes(split: Split, cut: Cut, fractions: Fractions) -> Iterator[Note]:
    """Yield a note if the parts of the training table are far from their shares."""
    by, column = next(iter(cut.columns().items()), (None, None))
    found = np.array([len(split.train), len(split.dev), len(split.test)])
    shares = shares_of(int(found.sum()), fractions)
    if np.abs(found - shares).max() > (1.0 if by is None else max(_FAR * found.sum(), 1.0)):
        have, wanted = (", ".join(f"{count:,.4g}" for count in counts) for counts in (found, shares))
        detail = f"Train, dev and test have {have} rows, and by the split they would have {wanted}. {_WHY[by]}"
        yield Note("split", (column,) if column else (), detail)


def overlap_notes(tables: Tables, cut: Cut) -> Iterator[Note]:
    """Yield a note for each table of dev or test that has groups of the training table, or begins before it ends."""
    for by, name in cut.columns().items():
        train = tables.train.find(name)
        for part, table in tables.separate().items():
            other = table.find(name)
            if train is not None and other is not None and type(other) is type(train):
                yield from _shared(part, train, other) if by == "group" else _early(part, train, other)


def _shared(part: HeldOut, train: Column, other: Column) -> Iterator[Note]:
    groups = set(other.values[~other.missing].tolist())
    if shared := len(groups & set(train.values.tolist())):
        of_them = f"Of the {len(groups):,} groups of the {part} table in {quoted(train.name)}"
        judged = "rows of one group belong in one part, or errors come out too low"
        yield Note("shared_groups", (train.name,), f"{of_them}, {shared:,} are in the training table too: {judged}.")


def _early(part: HeldOut, train: Column, other: Column) -> Iterator[Note]:
    present = other.values[~other.missing]
    if len(present) and (early := int(np.sum(present <= max(train.values)))):
        of_them = f"Of the {len(present):,} rows of the {part} table in the order of {quoted(train.name)}"
        detail = f"{of_them}, {early:,} do not come after the last row of the training table."
        yield Note("early_rows", (train.name,), detail)
