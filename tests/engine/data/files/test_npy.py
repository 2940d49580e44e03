"""Tests of single arrays in the NPY format: their headers, types and text, and what lies about them."""

import pickle
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.data.files.npy import read_npy
from tests.engine.data.files.npz_files import X, described, fault_of_x, faults_of, header, npy, zipped


@pytest.mark.parametrize("version", [1, 2, 3])
def test_every_version_of_the_format_is_read(version: int) -> None:
    text = "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 1), }\n"
    np.testing.assert_array_equal(read_npy(header(text, bytes(16), version), "x"), np.zeros((2, 1)))


def test_a_pickle_is_refused_and_never_opened(tmp_path: Path) -> None:
    canary = tmp_path / "canary"

    class Opened:
        def __reduce__(self) -> tuple[Any, ...]:
            return Path.touch, (canary,)

    objects = np.array([[Opened()], [Opened()]], dtype=object)
    assert 'has the type "|O"' in fault_of_x(npy(objects))
    bare = pickle.dumps(Opened())
    assert "not in the NPY format" in fault_of_x(bare)
    assert "an array" in fault_of_x(header("x", bare))
    assert not canary.exists()
    pickle.loads(bare)  # noqa: S301  # our own, to show that opening it would have left its mark
    assert canary.exists()


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((2, 1), [("a", "f8"), ("b", "i4")]),
        np.zeros((2, 1), complex),
        np.zeros((2, 1), "M8[s]"),
        np.zeros((2, 1), "S3"),
        np.zeros((2, 1), "V4"),
    ],
)
def test_types_that_are_neither_numbers_nor_text_are_refused(array: NDArray[Any]) -> None:
    fault = fault_of_x(npy(array))
    assert fault.startswith("The array x has the type ")
    assert fault.endswith("text of fixed width are read, never pickled objects. Convert it with astype.")


@pytest.mark.parametrize("descr", ["'<f16'", "'f3'", "'(2,3)f4'", "'<U0'", "8", "None", "'U999999999'", "'i4,i4'"])
def test_described_types_that_are_not_plain_are_refused(descr: str) -> None:
    fault_of_x(described(descr, "(1, 1)", bytes(16)))


def test_a_small_header_that_declares_32_gibibytes_costs_no_memory() -> None:
    member = described("'<f8'", "(65536, 65536)")
    assert len(member) < 128
    tracemalloc.start()
    try:
        fault = fault_of_x(member)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()
    assert "declares 34,359,738,368 bytes for (65536, 65536), and 0 follow it" in fault


@pytest.mark.parametrize("shape", ["(3, 2)", "(2, 2, 2)", "(1, 1)"])
def test_a_shape_that_does_not_fit_the_bytes_is_refused(shape: str) -> None:
    assert "and 32 follow it" in fault_of_x(described("'<f8'", shape, bytes(32)))


@pytest.mark.parametrize("shape", ["(-1, 2)", "(0, 2)", "(2, 0)", "(0, 1000000000000000000000)"])
def test_lengths_below_one_are_refused(shape: str) -> None:
    assert "every length must be at least 1" in fault_of_x(described("'<f8'", shape))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "{}",
        "-" * 4000 + "1",
        "(" * 4000,
        "{'descr': '<f8', 'fortran_order': False, 'shape': (True, 2), }",
        "{'descr': '<f8', 'fortran_order': False, 'shape': [2, 2], }",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 2), 'more': 1}",
        "{['a']: 1}",
        "__import__('os').getcwd()",
        "'\\d'",
    ],
)
def test_a_header_that_describes_no_array_is_refused(text: str) -> None:
    assert fault_of_x(header(text)).endswith("is not a description of an array. Write the file with numpy.savez.")


def test_too_many_axes_and_endless_headers_and_unknown_versions_are_refused() -> None:
    assert "impossible shape" in fault_of_x(described("'<f8'", f"({'1, ' * 70})", bytes(8)))
    assert "longer than 4,096 bytes" in fault_of_x(header(" " * 5000))
    assert "cut off" in fault_of_x(npy(X)[:40])
    assert "not in the NPY format" in fault_of_x(b"\x93NUMPY\x09\x00" + npy(X)[8:])


@pytest.mark.parametrize("letter", [0xD800, 0x110000, 0xFFFFFFFF])
@pytest.mark.parametrize("end", ["<", ">"])
def test_text_that_is_not_unicode_is_named_with_its_row(letter: int, end: str) -> None:
    letters = np.array([97, 98, letter], f"{end}u4").tobytes()
    content = zipped([("x.npy", npy(X[:3])), ("y.npy", described(f"'{end}U1'", "(3,)", letters))])
    assert faults_of(content) == ["The array y holds text in row 2 that is not Unicode. Mend or recode it."]
