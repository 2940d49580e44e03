"""Tests of the mode of the processor that takes subnormals for zeros, and of NumPy and BLAS in it."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from engine import subnormals
from engine.subnormals import clear, flush_mode, flushing, must_clear
from tests.engine.fading import subnormal_count

TYPES = (np.float32, np.float64)
TINY = np.full(9, np.finfo(np.float32).tiny)


def flushes() -> bool:
    """Return whether half of the smallest normal number is zero here and now."""
    return not (TINY * np.float32(0.5)).any()


def test_the_mode_of_this_machine_is_known_and_works() -> None:
    found = flush_mode()

    assert found is not None
    assert found.works()
    with found.on():
        assert found.works()
    assert not must_clear(3)


def test_subnormals_are_numbers_outside_and_under_older_rules() -> None:
    assert not flushes()
    for rules in (1, 2):
        with flushing(rules):
            assert not flushes()
    with flushing(3):
        assert flushes()
    assert not flushes()


def test_it_goes_back_to_what_it_was_after_an_error_and_within_itself() -> None:
    with pytest.raises(ZeroDivisionError), flushing(3):  # noqa: PT012  # what is in force within is the test
        with flushing(3):
            assert flushes()
        assert flushes()
        raise ZeroDivisionError
    assert not flushes()


def test_other_threads_keep_their_subnormals() -> None:
    with ThreadPoolExecutor(1) as other:
        assert not other.submit(flushes).result()  # the thread runs from here on
        with flushing(3):
            assert not other.submit(flushes).result()


def test_what_numpy_reports_of_errors_is_as_it_was() -> None:
    with np.errstate(divide="raise", under="raise"):
        with flushing(3), np.errstate(all="ignore"):
            np.divide(1.0, np.zeros(3))
            TINY * TINY
        assert (TINY + TINY).all()
        with pytest.raises(FloatingPointError):
            np.divide(1.0, np.zeros(3))


@pytest.mark.parametrize("dtype", TYPES)
def test_clearing_takes_the_subnormals_and_nothing_else(dtype: type[np.floating[Any]]) -> None:
    numbers, tiny = rich(3, dtype), np.finfo(dtype).tiny
    array = numbers.copy()
    clear([array])

    assert subnormal_count(numbers) > len(numbers) / 3
    np.testing.assert_array_equal(array, np.where((numbers > -tiny) & (numbers < tiny), 0.0, numbers))
    assert subnormal_count(array) == 0


@pytest.mark.parametrize("where", [("Plan 9", "x86_64"), ("Linux", "riscv64")])
def test_a_machine_that_is_not_known_has_no_mode(monkeypatch: pytest.MonkeyPatch, where: tuple[str, str]) -> None:
    monkeypatch.setattr("platform.system", lambda: where[0])
    monkeypatch.setattr("platform.machine", lambda: where[1])
    flush_mode.cache_clear()
    try:
        assert flush_mode() is None
        assert [must_clear(rules) for rules in (1, 2, 3)] == [False, False, True]
        with flushing(3):
            assert not flushes()
    finally:
        flush_mode.cache_clear()


def test_a_mode_that_does_nothing_is_not_taken_for_one(monkeypatch: pytest.MonkeyPatch) -> None:
    # What another layout of fenv_t would come to: bits are set where nobody looks.
    nowhere = subnormals.Word(60, 0)
    monkeypatch.setattr(subnormals, "WORDS", dict.fromkeys(subnormals.WORDS, nowhere))
    flush_mode.cache_clear()
    try:
        assert flush_mode() is None
    finally:
        flush_mode.cache_clear()
    assert not flushes()


def rich(seed: int, dtype: type[np.floating[Any]], size: int = 400) -> NDArray[Any]:
    """Return numbers of which half are subnormal, and the others of any size, zeros, infinities and NaN among them."""
    rng, info = np.random.default_rng(seed), np.finfo(dtype)
    unsigned = np.dtype(f"u{info.bits // 8}")
    below = rng.integers(1, 1 << info.nmant, size).astype(unsigned).view(dtype) * rng.choice([-1, 1], size)
    any_size = rng.standard_normal(size) * 10.0 ** rng.integers(np.log10(info.tiny) - 1, 6, size)
    rare = np.array([0.0, -0.0, info.tiny, -info.tiny, 1.0, -1.0, info.max, np.inf, -np.inf, np.nan], dtype)
    share = rng.random(size)
    return np.where(share < 0.5, below, np.where(share < 0.6, rng.choice(rare, size), any_size)).astype(dtype)


def as_floats(dtype: type[np.floating[Any]]) -> Callable[[NDArray[Any]], NDArray[Any]]:
    """Return the conversion to the other type."""
    other = np.float64 if dtype is np.float32 else np.float32
    return lambda array: array.astype(other)


ONE = (
    *("absolute", "negative", "sign", "sqrt", "square", "reciprocal", "exp", "log", "log1p", "tanh", "sin", "cos"),
    *("floor", "rint", "isfinite"),
)
TWO = (
    *("multiply", "add", "subtract", "divide", "maximum", "minimum", "float_power"),
    *("greater", "greater_equal", "less", "less_equal", "equal"),
)
Operation = Callable[..., NDArray[Any]]


def masked(array: NDArray[Any], mask: NDArray[Any]) -> NDArray[Any]:
    answer = array.copy()
    np.multiply(array, array.dtype.type(0.01), out=answer, where=mask > 0.0)
    return answer


def copied(array: NDArray[Any]) -> NDArray[Any]:
    answer = np.empty_like(array)
    np.copyto(answer, array)
    return answer


def operations(dtype: type[np.floating[Any]]) -> Iterator[tuple[Operation, int]]:
    """Yield what training computes element by element, and of how many arrays."""
    yield from ((getattr(np, name), 1) for name in ONE)
    yield from ((getattr(np, name), 2) for name in TWO)
    yield from ((masked, 2), (copied, 1), (as_floats(dtype), 1))


def bits(array: NDArray[Any]) -> bytes:
    """Return the bits of the numbers; all NaN count as one."""
    return bytes(np.where(np.isnan(array), np.nan, array).astype(array.dtype).tobytes())


ARRAYS = {dtype: (rich(1, dtype), rich(2, dtype)) for dtype in TYPES}


@pytest.mark.parametrize(
    ("dtype", "operation", "count"),
    [
        pytest.param(dtype, *one, id=f"{dtype.__name__}-{one[0].__name__}")
        for dtype in TYPES
        for one in operations(dtype)
    ],
)
def test_an_element_has_the_same_bits_wherever_it_stands(
    dtype: type[np.floating[Any]], operation: Operation, count: int
) -> None:
    arrays = ARRAYS[dtype][:count]
    spread = [np.repeat(array, 3)[::3] for array in arrays]
    runs = [slice(start, start + length) for length in range(1, 40) for start in (0, 1, 7, 300)]
    with np.errstate(all="ignore"), flushing(3):
        whole, strided = operation(*arrays), operation(*spread)
        pieces = [operation(*(array[run] for array in arrays)) for run in runs]
        rows = operation(*(array.reshape(20, 20)[:, :13] for array in arrays))

    assert bits(whole) == bits(strided)
    assert bits(whole.reshape(20, 20)[:, :13]) == bits(rows)
    for run, piece in zip(runs, pieces, strict=True):
        assert bits(whole[run]) == bits(piece)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("shape", [(1, 3, 2), (7, 5, 4), (16, 65, 10), (64, 33, 1)])
def test_products_of_a_member_have_the_same_bits_alone_and_leave_no_subnormal(
    dtype: type[np.floating[Any]], shape: tuple[int, int, int]
) -> None:
    m, k, n = shape
    rng, root = np.random.default_rng(0), np.sqrt(np.finfo(dtype).tiny)
    left = (rng.standard_normal((6, m, k)) * root).astype(dtype)
    right = (rng.standard_normal((6, k, n)) * root).astype(dtype)
    with flushing(3):
        stacked = np.matmul(left, right)
        alone = [np.matmul(left[row : row + 1], right[row : row + 1]) for row in range(6)]
        turned = np.matmul(left.swapaxes(1, 2), stacked)

    assert subnormal_count(np.matmul(left, right)) > 0
    assert subnormal_count(stacked) == subnormal_count(turned) == 0
    assert stacked.tobytes() == b"".join(one.tobytes() for one in alone)


def test_nothing_is_switched_where_rules_do_not_ask() -> None:
    assert isinstance(flushing(2), nullcontext)
