"""What a parser of foreign input is to the suite: what it is sent, and how it may refuse."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis.strategies import SearchStrategy

from app.domain.errors import InvalidRequest


@dataclass(frozen=True)
class Parser:
    """What reads something that others wrote: it returns, or raises one of its `refusals` with a sentence."""

    sent: SearchStrategy[Any]
    read: Callable[[Any], object]
    refusals: tuple[type[Exception], ...] = (InvalidRequest,)
