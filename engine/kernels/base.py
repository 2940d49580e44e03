"""A kernel: a chain of element-wise passes, defined by its NumPy form, and run as a compiled loop if there is one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, Literal, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

AnyArray: TypeAlias = NDArray[Any]
Shape: TypeAlias = tuple[int, ...]
Run: TypeAlias = Callable[[], object]
Role: TypeAlias = Literal["reads", "changes", "writes", "scratch", "zeros", "repeats"]
Content: TypeAlias = Literal["numbers", "doubles", "bytes", "flags", "places", "words", "long words"]
"""Floats of the engine's type; float64; uint8; booleans; row numbers (intp); random words of 16 bits, and of 64."""

_FITTING: Mapping[Content, tuple[str, ...]] = {
    "numbers": ("f4", "f8"),
    "doubles": ("f8",),
    "bytes": ("u1",),
    "flags": ("b1",),
    "places": (np.dtype(np.intp).str[1:],),
    "words": ("u2",),
    "long words": ("u8",),
}


@dataclass(frozen=True, slots=True)
class Operand:
    """One argument of a kernel; its shape has a letter for each axis, which stands for one length in all operands.

    A digit is the length of its axis, "?" stands for any, and a capital letter for one more than the small one:
    features and their column of ones. `scratch` holds nothing from call to call, `zeros` are for the NumPy form alone,
    and of what `repeats` the loop reads the first row. `places` are numbers below the length named by `below`; where
    that is the whole shape "r..." of an operand they are places in it laid flat, those of each row in its own part.
    """

    role: Role
    shape: str
    content: Content = "numbers"
    below: str = ""

    @property
    def is_result(self) -> bool:
        """Whether the two forms must leave the same bits in it."""
        return self.role in {"changes", "writes"}


class Loops(Protocol):
    """Compiled loops, by the name of their kernel."""

    def tied(self, name: str, arrays: Sequence[AnyArray]) -> Run | None:
        """Return the loop on these arrays, or None where it cannot run on them."""
        ...


class Bound:
    """A kernel tied to its arrays: `run` takes no argument and allocates nothing.

    Whoever holds it calls `run` anew each time: it changes when compiled loops become ready.
    """

    __slots__ = ("__weakref__", "_arrays", "_name", "is_compiled", "run")

    def __init__(self, name: str, form: Callable[..., None], arrays: Sequence[AnyArray]) -> None:
        self._name, self._arrays = name, arrays
        self.run: Run = partial(form, *arrays)
        self.is_compiled = False

    def compile(self, loops: Loops) -> None:
        """Run the compiled loop from now on, if there is one for these arrays."""
        if (run := loops.tied(self._name, self._arrays)) is not None:
            self.run, self.is_compiled = run, True


class Kernel:
    """A chain of passes over `operands`; `form(*arrays)` is its definition, in NumPy, and changes its arrays in place.

    The first axis of every operand is that of the members, or of the rows that they fetch. The form may take signals
    (R, m, w) for contiguous.
    """

    def __init__(self, form: Callable[..., None], operands: Sequence[Operand]) -> None:
        self.name = form.__name__
        self.operands = tuple(operands)
        self._form = form
        # Stacks are bound by the thousand, in few shapes: checking anew took half of the time.
        self._refuse = lru_cache(maxsize=1024)(self._refuse_misfits)

    def __call__(self, *arrays: AnyArray) -> None:
        """Run the NumPy form."""
        self._form(*arrays)

    def bound(self, arrays: Sequence[AnyArray]) -> Bound:
        """Tie the NumPy form to arrays, one for each operand.

        Raises TypeError if their shapes or types are not those of the operands: a compiled loop would trust them.
        """
        self._refuse(tuple((array.shape, array.dtype) for array in arrays))
        return Bound(self.name, self._form, arrays)

    def _refuse_misfits(self, arrays: tuple[tuple[Shape, np.dtype[Any]], ...]) -> None:
        lengths = {letter: int(letter) for one in self.operands for letter in one.shape if letter.isdigit()}
        for operand, (shape, dtype) in zip(self.operands, arrays, strict=True):
            known = dtype.isnative and dtype.str[1:] in _FITTING[operand.content]
            fits = known and len(operand.shape) == len(shape)
            if not fits or any(
                lengths.setdefault(*axis) != axis[1] for axis in map(_axis, operand.shape, shape) if axis[0] != "?"
            ):
                wanted = ", ".join(f"{one.shape} {one.content}" for one in self.operands)
                given = ", ".join(f"{shape} {dtype}" for shape, dtype in arrays)
                raise TypeError(f"The kernel {self.name} takes arrays of {wanted}; these are {given}.")


def _axis(letter: str, length: int) -> tuple[str, int]:
    """Return the small letter, and the length that it then stands for."""
    return (letter.lower(), length - 1) if letter.isupper() else (letter, length)


def reads(shape: str, content: Content = "numbers", below: str = "") -> Operand:
    """Return an operand that is only read."""
    return Operand("reads", shape, content, below)


def changes(shape: str, content: Content = "numbers") -> Operand:
    """Return an operand that is read and written."""
    return Operand("changes", shape, content)


def writes(shape: str, content: Content = "numbers") -> Operand:
    """Return an operand that is only written."""
    return Operand("writes", shape, content)


def zeros(shape: str) -> Operand:
    """Return an array of zeros, which the NumPy form reads."""
    return Operand("zeros", shape)


def repeats(shape: str, content: Content = "numbers") -> Operand:
    """Return an array of equal rows, since NumPy is faster on arrays of one shape."""
    return Operand("repeats", shape, content)


def scratch(shape: str, content: Content = "numbers") -> Operand:
    """Return memory to compute in."""
    return Operand("scratch", shape, content)
