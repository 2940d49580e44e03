"""The cells of a column as they stand in a file, before it is decided what the column holds."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Cells:
    """Cells as text: the different `words`, without spaces around them, and the place of each row's, int32 (rows,)."""

    words: Sequence[str]
    codes: NDArray[np.int32]

    @classmethod
    def of(cls, texts: Iterable[str]) -> "Cells":
        """Return texts as cells, the words in the order in which they come first."""
        places: dict[str, int] = {}
        codes = [places.setdefault(text.strip(), len(places)) for text in texts]
        return cls(list(places), np.array(codes, np.int32))

    def __len__(self) -> int:
        return len(self.codes)

    def counts(self) -> NDArray[np.intp]:
        """Return how many rows have each word, (words,)."""
        return np.bincount(self.codes, minlength=len(self.words))


@dataclass(frozen=True, slots=True)
class Numbers:
    """Cells that are all plain numbers or missing: `values` float64 (rows,), NaN where missing.

    `missing` counts the missing cells by how they look.
    """

    values: NDArray[np.float64]
    missing: Mapping[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.values)
