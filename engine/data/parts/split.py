"""The split into train, dev and test: seeded, and for classes stratified."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.data.parts.apportionment import Counts, apportion, part_totals, within_one_row
from engine.data.parts.cut import FRACTIONS, Fractions, shown
from engine.data.table import TableError, TableFault
from engine.data.target import Target

Rows = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Split:
    """The rows of each part, in the order of the table; together they are all rows, each once."""

    train: Rows
    dev: Rows
    test: Rows


def split_rows(target: Target, seed: int, fractions: Fractions = FRACTIONS) -> Split:
    """Split the rows of a target into parts of the given fractions.

    The rows of each class are shuffled. Each class has a row in train; each part is within one row of its share of
    all rows; and each class, as far as that allows, within one row of its share of each part. Raises TableError if a
    part that has a share would be empty.
    """
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed)))
    strata = [np.flatnonzero(target.values == label) for label in range(len(target.classes))]
    shuffled = [rng.permutation(stratum) for stratum in strata or [np.arange(len(target.values))] if len(stratum)]
    counts = _counts(np.array([len(stratum) for stratum in shuffled]), fractions, rng)
    cut = [np.split(stratum, np.cumsum(count)[:2]) for stratum, count in zip(shuffled, counts, strict=True)]
    return Split(*(np.sort(np.concatenate(part)) for part in zip(*cut, strict=True)))


def _counts(classes: Counts, fractions: Fractions, rng: np.random.Generator) -> Counts:
    """Return the rows of each class in each part, (classes, 3): each class cut by itself where its totals allow it."""
    alone = np.array([_alone(int(count), fractions) for count in classes])
    if within_one_row(alone, fractions):
        return alone
    rows, needed = int(classes.sum()), len(classes)
    totals = part_totals(rows, needed, fractions)
    if totals is None:
        raise TableError([TableFault(_too_few(rows, needed, fractions), "split")])
    # Which of equal classes gets the rows left over is up to the seed as well, not to their order.
    order = rng.permutation(len(classes))
    return apportion(classes[order], fractions, totals)[np.argsort(order)]


def _alone(rows: int, fractions: Fractions) -> tuple[int, int, int]:
    """Return the rows of a class in each part by its own shares; its first row is for train, its second for dev."""
    train, dev, _ = fractions
    own = 1 if dev > 0.0 else 0  # a row that dev gets in any case
    # Rounded sums, not sums of rounded counts, so that every part is right within one row.
    first = max(min(round(train * rows), rows - own), 1)
    second = min(max(round((train + dev) * rows), first + own), rows)
    return first, second - first, rows - second


def _too_few(rows: int, classes: int, fractions: Fractions) -> str:
    count = "1 row" if rows == 1 else f"{rows:,} rows"
    of_classes = f" and {classes} classes, each of which needs a row in train" if classes > 1 else ""
    way = "Add rows, or give the smaller parts a larger share."
    return f"The table has {count}{of_classes}: too few to cut by the split {shown(fractions)}. {way}"
