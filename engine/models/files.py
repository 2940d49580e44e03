"""What every kind of model file holds, before anything of it is believed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

MAX_BYTES = 1 << 30
"""What the arrays of a model may take."""

NO_CARD = "The file has no card. Fetch the model again; a file that was saved without its card is not enough."


@dataclass(frozen=True, slots=True, eq=False)
class Contents:
    """The card as text, and the arrays by name, as a file has them."""

    card: str
    arrays: Mapping[str, NDArray[Any]]
