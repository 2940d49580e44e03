"""What must hold for every kernel: its compiled loop leaves the bits that its NumPy form leaves."""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from engine.kernels import AnyArray, Kernel
from engine.kernels.base import changes
from engine.kernels.check import equal_bits, examples, same_bits
from engine.kernels.compiler import source
from engine.kernels.library import Library
from engine.kernels.registry import KERNELS
from engine.kernels.switch import load
from tests.tries import tries

every_kernel = pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: kernel.name)
every_type = pytest.mark.parametrize("real", [np.float32, np.float64])
lengths = st.integers(1, 70)
some = settings(max_examples=tries(20))  # there are seventy kernels and types
fewer = settings(max_examples=tries(10))  # where each number is drawn by itself


@pytest.fixture(scope="module")
def library() -> Library:
    """The compiled loops of this machine, none of them left out."""
    return Library(load().path)


@every_type
@every_kernel
@some
@given(st.integers(0, 2**32 - 1), st.integers(1, 5), lengths)
def test_both_forms_leave_the_same_bits(
    library: Library, kernel: Kernel, real: Any, seed: int, first: int, others: int
) -> None:
    arrays = examples(kernel.operands, np.random.default_rng(seed), real, first, others)

    assert library.tied(kernel.name, arrays) is not None
    assert same_bits(kernel, library, arrays)


@every_type
@every_kernel
@fewer
@given(st.data())
def test_both_forms_leave_the_same_bits_of_any_numbers(
    library: Library, kernel: Kernel, real: Any, data: st.DataObject
) -> None:
    arrays = examples(kernel.operands, np.random.default_rng(0), real, 2, data.draw(st.integers(1, 9)))
    numbers = st.floats(width=32 if real is np.float32 else 64)
    for array, operand in zip(arrays, kernel.operands, strict=True):
        if operand.content == "numbers" and operand.role in {"reads", "changes"}:
            array[...] = data.draw(hnp.arrays(real, array.shape, elements=numbers))

    assert same_bits(kernel, library, arrays)


@every_type
@every_kernel
def test_rows_may_be_longer_than_what_a_loop_keeps_beside_it(library: Library, kernel: Kernel, real: Any) -> None:
    (block,) = re.findall(r"^#define BLOCK (\d+)$", source(), re.MULTILINE)
    arrays = examples(kernel.operands, np.random.default_rng(3), real, 2, 2 * int(block) + 1)

    assert same_bits(kernel, library, arrays)


@every_type
@every_kernel
def test_rows_may_lie_apart_and_anywhere(library: Library, kernel: Kernel, real: Any) -> None:
    arrays = [_apart(array) for array in examples(kernel.operands, np.random.default_rng(1), real, 4, 33)]
    before = [array.copy() for array in arrays]

    _run(library, kernel, arrays)

    with np.errstate(all="ignore"):
        kernel(*before)
    for operand, found, expected in zip(kernel.operands, arrays, before, strict=True):
        if operand.is_result:
            assert equal_bits(found, expected)
        assert np.all(_between(found) == np.array(_GAP).astype(found.dtype))


@every_kernel
def test_arrays_whose_rows_are_not_contiguous_are_left_to_numpy(library: Library, kernel: Kernel) -> None:
    arrays = examples(kernel.operands, np.random.default_rng(2), np.float32, 3, 8)
    widest = max(range(len(arrays)), key=lambda place: arrays[place].shape[-1])
    arrays[widest] = np.repeat(arrays[widest], 2, axis=-1)[..., ::2]

    assert library.tied(kernel.name, arrays) is None


def test_every_loop_belongs_to_a_kernel_that_is_checked() -> None:
    loops = re.findall(r"^KERNEL(?:_WITH_DOUBLES)?\((\w+)\)", source(), re.MULTILINE)

    assert set(loops) == {kernel.name for kernel in KERNELS}


def test_a_kernel_without_a_loop_is_left_to_numpy(library: Library) -> None:
    def halve(x: AnyArray) -> None:
        np.multiply(x, 0.5, out=x)

    numbers = np.array([[4.0, 2.0]])
    halving = Kernel(halve, [changes("rc")]).bound([numbers])
    halving.compile(library)
    halving.run()

    np.testing.assert_array_equal(numbers, [[2.0, 1.0]])


_GAP = 7


def _apart(array: AnyArray) -> AnyArray:
    """Return a copy of an array whose rows lie apart, the first one at no round address."""
    size = array[0].size
    memory = np.full((len(array), size + 3), _GAP, array.dtype)
    memory[:, 1 : size + 1] = array.reshape(len(array), size)
    rows: AnyArray = memory[:, 1 : size + 1].reshape(array.shape, copy=False)
    return rows


def _between(rows: AnyArray) -> AnyArray:
    """Return what lies between the rows of `_apart`."""
    memory = rows
    while isinstance(memory.base, np.ndarray):
        memory = memory.base
    return np.concatenate([memory[:, :1], memory[:, rows[0].size + 1 :]], axis=1)


def _run(library: Library, kernel: Kernel, arrays: Sequence[AnyArray]) -> None:
    run = library.tied(kernel.name, arrays)
    assert run is not None
    run()
