"""Whether compiled loops give the bits of their NumPy forms on this machine."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.kernels.base import AnyArray, Kernel, Loops, Operand
from engine.rules import CURRENT, FIRST
from engine.subnormals import flushing

_LENGTHS = ((1, 1), (3, 7), (2, 37))
"""Of the first axis and of the others: shorter and longer than a vector, and no multiple of one."""

_TYPES = (np.float32, np.float64)


def differing(kernels: Iterable[Kernel], loops: Loops) -> list[str]:
    """Return the names of the kernels whose compiled loop is missing, or gives other bits than NumPy somewhere."""
    rng = np.random.default_rng(0)
    return [kernel.name for kernel in kernels if not all(_agrees(kernel, loops, rng, real) for real in _TYPES)]


def _agrees(kernel: Kernel, loops: Loops, rng: np.random.Generator, real: Any) -> bool:
    return all(
        same_bits(kernel, loops, examples(kernel.operands, rng, real, first, others)) for first, others in _LENGTHS
    )


def examples(
    operands: Sequence[Operand], rng: np.random.Generator, real: Any, first: int, others: int
) -> list[AnyArray]:
    """Return arrays of awkward numbers for a kernel: first axes are `first` long, and no other is below `others`."""
    named = {letter.lower() for one in operands for letter in one.shape + one.below}
    lengths = {"?": 1, **{letter: int(letter) for letter in named if letter.isdigit()}, "r": first}
    letters = sorted(named - lengths.keys())
    lengths |= {letter: others + place for place, letter in enumerate(letters)}
    lengths |= {letter.upper(): length + 1 for letter, length in lengths.items() if letter.isalpha()}
    return [_example(one, tuple(lengths[letter] for letter in one.shape), lengths, rng, real) for one in operands]


def _example(
    operand: Operand, shape: tuple[int, ...], lengths: dict[str, int], rng: np.random.Generator, real: Any
) -> AnyArray:
    if operand.content == "places":
        return _places(shape, [lengths[letter] for letter in operand.below], rng, flat=operand.below.startswith("r"))
    if operand.content == "bytes":
        return rng.integers(0, 1 << 8, shape).astype(np.uint8)
    if operand.content == "words":
        return rng.integers(0, 1 << 16, shape).astype(np.uint16)
    if operand.content == "long words":
        return rng.integers(0, 1 << 64, shape, np.uint64)
    if operand.content == "flags":
        return rng.random(shape) < (0.5 if operand.role == "reads" else 0.0)
    kind = np.float64 if operand.content == "doubles" else real
    numbers = np.zeros(shape, kind) if operand.role == "zeros" else awkward(rng, shape, kind)
    return np.repeat(numbers[:1], len(numbers), axis=0) if operand.role == "repeats" else numbers


def _places(shape: tuple[int, ...], below: Sequence[int], rng: np.random.Generator, *, flat: bool) -> NDArray[np.intp]:
    """Return places below the product of `below`; flat ones are those of each row in its own part, none twice."""
    if not flat:
        return rng.integers(0, math.prod(below), shape).astype(np.intp)
    own = math.prod(below[1:])
    places = [row * own + rng.permutation(own)[: math.prod(shape[1:])] for row in range(shape[0])]
    return np.array(places, np.intp).reshape(shape)


def awkward(rng: np.random.Generator, shape: tuple[int, ...], real: Any) -> NDArray[Any]:
    """Return numbers of all sizes and both signs, a fifth of them zeros, subnormals, infinities or NaN."""
    facts = np.finfo(real)
    exponents = rng.uniform(facts.minexp - facts.nmant, facts.maxexp, shape) * rng.choice([0.02, 0.3, 1.0], shape)
    numbers = np.exp2(exponents) * rng.choice([-1.0, 1.0], shape)
    rare = np.array([0.0, -0.0, facts.smallest_subnormal, -facts.smallest_normal / 3, np.inf, -np.inf, np.nan, 1.0])
    return np.where(rng.random(shape) < 0.2, rng.choice(rare, shape), numbers).astype(real)


def same_bits(kernel: Kernel, loops: Loops, arrays: Sequence[AnyArray]) -> bool:
    """Return whether both forms leave the same bits in all results; any NaN is as good as any other.

    With subnormals as older rules have them, and with zeros in their place. False for a kernel without a loop for
    these arrays.
    """
    return all(_same_bits(rules, kernel, loops, arrays) for rules in (FIRST, CURRENT))


def _same_bits(rules: int, kernel: Kernel, loops: Loops, arrays: Sequence[AnyArray]) -> bool:
    ours = [array.copy() for array in arrays]
    theirs = [array.copy() for array in arrays]
    run = loops.tied(kernel.name, theirs)
    if run is None:
        return False
    with flushing(rules), np.errstate(all="ignore"):
        kernel(*ours)
        run()
    results = [place for place, operand in enumerate(kernel.operands) if operand.is_result]
    return all(equal_bits(ours[place], theirs[place]) for place in results)


def equal_bits(one: AnyArray, other: AnyArray) -> bool:
    """Return whether two arrays hold the same bits, signs of zeros too; any NaN is as good as any other."""
    if one.dtype.kind != "f":
        return np.array_equal(one, other)
    same = (one == other) & (np.signbit(one) == np.signbit(other))
    return bool(np.all(same | (np.isnan(one) & np.isnan(other))))
