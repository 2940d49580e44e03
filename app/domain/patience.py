"""How long someone waits for an answer, and whether they still do: what takes long looks at it now and then."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from time import monotonic
from typing import final

from app.domain.errors import Unavailable


@final
class Patience:
    """That of one client: it ends after some seconds, or when the client leaves."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._until = monotonic() + seconds
        self._left = False

    @property
    def seconds_left(self) -> float:
        """How long it still lasts; 0 once it is over."""
        return 0.0 if self._left else max(0.0, self._until - monotonic())

    @property
    def is_over(self) -> bool:
        """Whether nobody waits any longer."""
        return self.seconds_left == 0.0

    def leave(self) -> None:
        """Note that the client has left."""
        self._left = True

    def exhausted(self) -> Unavailable:
        """Return the error that tells the client so."""
        return Unavailable(
            f"The server is busy, or the answer takes longer than the {self._seconds:g} seconds that a read may take. "
            "Ask for less at a time, or try again later."
        )


_CURRENT: ContextVar[Patience | None] = ContextVar("patience", default=None)


def current() -> Patience | None:
    """Return the patience of the client that is answered here; None for work that nobody waits for."""
    return _CURRENT.get()


@contextmanager
def within(patience: Patience) -> Iterator[None]:
    """Answer a client with this patience, also in threads that are given the context."""
    token = _CURRENT.set(patience)
    try:
        yield
    finally:
        _CURRENT.reset(token)
