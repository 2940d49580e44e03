"""What answers raw rows by its card: a network, or an ensemble of networks."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.arrays import Array
from engine.data import Table, TableFault
from engine.data.encoding import Encoding, from_card
from engine.data.rows import table_of_csv, table_of_rows
from engine.data.said import Said
from engine.data.table import Faults
from engine.metrics import Answers
from engine.models.predictions import Predictions

MAX_CSV_BYTES = 512 << 20
"""What a table of rows to predict may unpack to, unless said otherwise."""


class ModelError(ValueError):
    """A file is not a model that can be used; `faults` are sentences on what is wrong with it."""

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(faults)
        super().__init__(" ".join(self.faults))


class Predictor(ABC):
    """A card of plain JSON, whose part `data` says how rows become inputs and answers become classes or numbers."""

    card: Mapping[str, Any]

    @abstractmethod
    def named_arrays(self) -> Mapping[str, NDArray[Any]]:
        """Return all its numbers, as files name them."""

    @property
    @abstractmethod
    def rules(self) -> int:
        """The version of the rules under which it answers."""

    @abstractmethod
    def predict(self, table: Table) -> Predictions:
        """Predict each row of a table that has the columns of training, in any order.

        Words that training did not have are taken as missing. Raises TableError.
        """

    @abstractmethod
    def answers(self, features: Table, y: NDArray[Any]) -> Answers:
        """Return what it answers to rows with the targets `y` (rows,), as those of one member."""

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes in the order of the labels; classes that were numbers are text here too."""
        return tuple(self.card["data"]["classes"])

    @property
    def encodings(self) -> list[Encoding]:
        """How each column becomes inputs, in the order of the inputs."""
        return [from_card(column) for column in self.card["data"]["columns"]]

    def read_csv(self, content: bytes, *, said: Said = Said(), max_bytes: int = MAX_CSV_BYTES) -> Table:  # noqa: B008  # frozen
        """Read rows to predict from CSV, plain or gzipped, as `said` or else as is found out. Raises TableError.

        Notes of the table tell of columns that were passed over.
        """
        data = self.card["data"]
        return table_of_csv(
            content, self.encodings, data["target"], max_bytes=max_bytes, said=said, read=data.get("read")
        )

    def read_rows(self, rows: Sequence[Any]) -> Table:
        """Read rows to predict that are objects of JSON: a number, a text or null by column. Raises TableError."""
        return table_of_rows(rows, self.encodings, self.card["data"]["target"])


def require_finite(answer: Array, table: Table) -> None:
    """Raise TableError for each row of a table whose answer (rows, outputs) is not finite."""
    faults = Faults()
    faults.add(_no_answer(table, int(row)) for row in np.flatnonzero(~np.isfinite(answer).all(axis=1)))
    faults.refuse()


def _no_answer(table: Table, row: int) -> TableFault:
    detail = f"The network's answer to {table.place(row)} is not a finite number."
    return TableFault(f"{detail} Compare the row with those of training, or use another model.", place=(row,))
