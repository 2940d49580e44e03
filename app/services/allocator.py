"""What the C library's allocator keeps of a server's memory: on glibc, elsewhere all of this does nothing."""

import ctypes
import sys
from collections.abc import Callable, Mapping

_ARENA_MAX = -8
"""A name of glibc's malloc.h, where it is a number."""

ARENAS = 2
"""Of one for each of its twenty threads each keeps what its thread set free: a quarter of a server, and growing."""


def bound_arenas(environ: Mapping[str, str]) -> None:
    """Have all threads to come share a few arenas; MALLOC_ARENA_MAX in the environment comes first."""
    set_option = _glibc("mallopt")
    if set_option is not None and "MALLOC_ARENA_MAX" not in environ:
        set_option(_ARENA_MAX, ARENAS)


def give_back() -> None:
    """Give what is free back to the system, after much was set free at once."""
    trim = _glibc("malloc_trim")
    if trim is not None:
        trim(0)


def _glibc(name: str) -> Callable[..., int] | None:
    return getattr(ctypes.CDLL(None), name, None) if sys.platform == "linux" else None
