"""How the C library's allocator keeps the memory of a server: free memory is used again by all threads, or given back."""

import ctypes
import sys
from collections.abc import Mapping

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
"""Names of glibc's malloc.h, where they are numbers."""

ARENAS = 2
"""Of one for each thread every one keeps what its thread set free: a fifth of a server after 100,000 trials."""

LARGE = 1 << 20
"""The bytes from which on an allocation is given back at once, and so is what is free at the end of an arena."""


def keep_little_memory(environ: Mapping[str, str]) -> None:
    """Set it for this process, before it has threads; what the environment says of it (`MALLOC_...`) comes first."""
    if sys.platform != "linux":
        return
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)  # glibc has it
    if set_option is None or any(name.startswith("MALLOC_") for name in environ):
        return
    for option, value in ((_ARENA_MAX, ARENAS), (_MMAP_THRESHOLD, LARGE), (_TRIM_THRESHOLD, LARGE)):
        set_option(option, value)
