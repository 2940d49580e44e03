"""What is being done right now, by ids that each line of the log then has beside its sentence."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType

NAMES = ("request", "worker", "sweep", "trial", "run", "attempt")
"""The ids, in the order in which a line has them; an attempt is named by the fence of its lease."""

REQUEST_FIELDS = ("key", "method", "path", "status")
"""What a line about a request may have besides, by `extra`: in JSON alone, as its sentence names them."""

_NOTHING: Mapping[str, str | int] = MappingProxyType({})
_BOUND = ContextVar("bound", default=_NOTHING)


@contextmanager
def bound(**ids: str | int) -> Iterator[None]:
    """Have what is logged within name these ids too. A thread that is started begins without any."""
    token = _BOUND.set({**_BOUND.get(), **ids})
    try:
        yield
    finally:
        _BOUND.reset(token)


def ids_bound() -> Mapping[str, str | int]:
    """Return the ids that are bound here and now."""
    return _BOUND.get()
