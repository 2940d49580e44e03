"""The rule that a number smaller than the smallest normal one is zero in training, so that epochs keep their cost.

Such numbers, subnormals, come where gradients or weights fade away, and many processors are many times slower on them.
"""

import ctypes
import platform
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from engine.arrays import Array

SINCE = 3
"""The rules from which on it holds; work under older ones goes on with its subnormals."""

_LARGEST_ENVIRONMENT = 64
"""In bytes; the largest `fenv_t` of those below takes 32."""


@dataclass(frozen=True, slots=True)
class Word:
    """Where `fenv_t` of <fenv.h> holds the 32 bits that control the processor, and which of them mean the rule."""

    place: int
    bits: int


_FLUSH_TO_ZERO, _DENORMALS_ARE_ZERO = 0x8000, 0x40
_MXCSR, _FPCR = _FLUSH_TO_ZERO | _DENORMALS_ARE_ZERO, 1 << 24

WORDS: Mapping[tuple[str, str], Word] = {
    ("Linux", "x86_64"): Word(28, _MXCSR),  # glibc and musl alike
    ("Linux", "aarch64"): Word(0, _FPCR),
    ("Darwin", "x86_64"): Word(4, _MXCSR),
    ("Darwin", "arm64"): Word(8, _FPCR),
}


class FlushMode:
    """The mode of the processor that the rule needs: NumPy, BLAS and compiled code of a thread obey it, at no cost."""

    def __init__(self, library: ctypes.CDLL, word: Word) -> None:
        self._library, self._word = library, word

    @contextmanager
    def on(self) -> Iterator[None]:
        """Switch it on for the calling thread, and in the end, also after an error, back to what it was.

        A thread that is started meanwhile begins in this mode, and stays in it.
        """
        before = ctypes.create_string_buffer(_LARGEST_ENVIRONMENT)
        self._library.fegetenv(before)
        inside = ctypes.create_string_buffer(before.raw, len(before))
        ctypes.c_uint32.from_buffer(inside, self._word.place).value |= self._word.bits
        try:
            self._library.fesetenv(inside)
            yield
        finally:
            self._library.fesetenv(before)

    def works(self) -> bool:
        """Return whether subnormals are zeros while it is on, as results and as operands, and then what they were."""
        with np.errstate(all="ignore"):
            edges = [_edge(dtype) for dtype in (np.float32, np.float64)]
            before = [_is_sharp(edge) for edge in edges]
            with self.on():
                inside = [_is_sharp(edge) for edge in edges]
            # A library may have switched it on before, for good: some are compiled so.
            return all(inside) and before == [_is_sharp(edge) for edge in edges]


def _edge(dtype: type[np.floating[Any]]) -> tuple[Array, Array]:
    """Return the smallest normal number of a type and the largest subnormal one, 17 times: vectors and a rest."""
    normal = np.full(17, np.finfo(dtype).tiny)
    return normal, np.nextafter(normal, dtype(0.0))


def _is_sharp(edge: tuple[Array, Array]) -> bool:
    """Return whether half of the normal number and twice the subnormal one are zero."""
    normal, subnormal = edge
    return not (normal * normal.dtype.type(0.5)).any() and not (subnormal + subnormal).any()


@cache
def flush_mode() -> FlushMode | None:
    """Return the mode of this processor; None where none is known, or where it was tried and does not work."""
    word = WORDS.get((platform.system(), platform.machine()))
    if word is None or (library := _library()) is None:
        return None
    found = FlushMode(library, word)
    return found if found.works() else None


def _library() -> ctypes.CDLL | None:
    """Return the C library that has the functions of <fenv.h>, if Python can reach it."""
    for name in (None, "libm.so.6"):
        try:
            library = ctypes.CDLL(name)
        except OSError:
            continue
        if hasattr(library, "fegetenv") and hasattr(library, "fesetenv"):
            return library
    return None


def flushing(rules: int) -> AbstractContextManager[None]:
    """Take subnormals for zeros in the calling thread meanwhile, if `rules` say so and the processor can."""
    found = flush_mode() if rules >= SINCE else None
    return nullcontext() if found is None else found.on()


def must_clear(rules: int) -> bool:
    """Return whether work under `rules` has to `clear` its numbers after each epoch, as the processor does not."""
    return rules >= SINCE and flush_mode() is None


def clear(arrays: Iterable[Array]) -> None:
    """Set all subnormals to zero, in place."""
    for array in arrays:
        array[np.abs(array) < np.finfo(array.dtype).tiny] = 0.0
