"""The split of a table whose rows have an order, such as time: the last rows are test, and those before them dev."""

import numpy as np
from numpy.typing import NDArray

from engine.data.part_tables import PARTS
from engine.data.parts.apportionment import shares_of
from engine.data.parts.cut import FRACTIONS, Fractions, asked, shown
from engine.data.parts.split import Split
from engine.data.table import TableError, TableFault


def split_order(ranks: NDArray[np.intp], fractions: Fractions = FRACTIONS) -> Split:
    """Split rows with ranks from 0, (rows,), of which equal ones stay together, into parts of the given fractions.

    Each part begins where a rank begins, as near to its share as that allows. Raises TableError if there are fewer
    ranks than parts.
    """
    ends = np.cumsum(np.bincount(ranks))
    parts = asked(fractions)
    if len(ends) < len(parts):
        few = f"The order column has {len(ends)} different values, too few to cut by the split {shown(fractions)}"
        raise TableError([TableFault(f"{few}. Name another column, or leave order out.", "order")])
    wanted = np.cumsum(shares_of(len(ranks), fractions))
    part_of, last = np.empty(len(ends), np.intp), 0
    for number, part in enumerate(parts[:-1]):
        possible = ends[last : len(ends) - (len(parts) - 1 - number)]  # each part to come needs a rank
        cut = last + int(np.abs(possible - wanted[part]).argmin()) + 1
        part_of[last:cut] = part
        last = cut
    part_of[last:] = parts[-1]
    return Split(*(np.flatnonzero(part_of[ranks] == part) for part in range(len(PARTS))))
