"""Files that cannot be learned from: each upload gets a problem that names place, value, rule and way out."""

import io
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path

import httpx
import numpy as np
import pytest

from tests.app.api.serving import problem
from tests.app.api.test_datasets import upload

ROWS = "".join(f"{n},{n % 3},{'ab'[n % 2]}\n" for n in range(40))


class Canary:
    """Unpickling it makes a file."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def __reduce__(self) -> tuple[Callable[[Path], None], tuple[Path]]:
        return Path.touch, (self._file,)


def npz(**arrays: bytes) -> bytes:
    """Return a zip whose members are these bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in arrays.items():
            archive.writestr(f"{name}.npy", content)
    return buffer.getvalue()


def npy(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def header(text: str) -> bytes:
    """Return an NPY file that has this header and 24 bytes of data."""
    padded = text.encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(padded).to_bytes(2, "little") + padded + b"\0" * 24


LABELS = npy(np.arange(30) % 2)

CSV_FAULTS = {
    "a row that is too short": (f"a,b,kind\n{ROWS}1,2\n", ["Line 42", "2 cells", "3"]),
    "an empty file": ("", ["empty", "header"]),
    "a header and nothing else": ("a,b,kind\n", ["no rows"]),
    "one class only": ("a,kind\n" + "1,x\n" * 30, ["one class", '"x"', "two"]),
    "a missing target column": ("a,b,sort\n" + ROWS, ['"kind"', '"sort"']),
    "text in a numeric column": (f"a,b,kind\n{ROWS}oops,1,a\n", ["Line 42", '"a"', '"oops"', "categorical"]),
    "an infinite number": (f"a,b,kind\n{ROWS}inf,1,a\n", ["Line 42", '"inf"', "not a number between"]),
    "a missing target cell": (f"a,b,kind\n{ROWS}1,1,\n", ["line 42", '"kind"', "leave such rows out"]),
}

NPZ_FAULTS = {
    "a header that declares 32 GiB": (
        npz(x=header("{'descr': '<f8', 'fortran_order': False, 'shape': (65536, 65536), }"), y=LABELS),
        ["x", "(65536, 65536)", "34,359,738,368 bytes", "24 follow"],
    ),
    "a header that declares too little": (
        npz(x=header("{'descr': '<f8', 'fortran_order': False, 'shape': (2, 1), }"), y=LABELS),
        ["x", "(2, 1)", "16 bytes", "24 follow"],
    ),
    "a missing array": (npz(x=npy(np.ones((30, 2)))), ["y is missing", "x and y"]),
    "arrays of different lengths": (npz(x=npy(np.ones((29, 2))), y=LABELS), ["29", "30"]),
}


@pytest.mark.parametrize("fault", CSV_FAULTS)
def test_a_csv_file_is_refused_with_a_sentence(shared: httpx.Client, fault: str) -> None:
    text, words = CSV_FAULTS[fault]
    assert_refused(shared, upload(shared, {"name": "mine", "target": "kind"}, text, "t.csv"), words)


@pytest.mark.parametrize("fault", NPZ_FAULTS)
def test_an_npz_file_is_refused_with_a_sentence(shared: httpx.Client, fault: str) -> None:
    content, words = NPZ_FAULTS[fault]
    assert_refused(shared, upload(shared, {"name": "mine"}, content, "t.npz"), words)


def test_a_pickle_is_refused_and_never_run(shared: httpx.Client, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    pickled = np.array([Canary(canary)] * 30, dtype=object)
    buffer = io.BytesIO()
    np.save(buffer, pickled, allow_pickle=True)
    refused = upload(shared, {"name": "mine"}, npz(x=buffer.getvalue(), y=LABELS), "t.npz")

    assert_refused(shared, refused, ["x", "|O", "pickled objects", "numbers"])
    assert not canary.exists()
    pickle.loads(pickle.dumps(Canary(canary)))  # noqa: S301  # shows that the canary would have sung
    assert canary.exists()


def assert_refused(client: httpx.Client, response: httpx.Response, words: list[str]) -> None:
    """The problem names what the words name, and nothing half-made is left behind."""
    found = problem(response, 422)
    sentences = " ".join(error["detail"] for error in found["errors"])
    for word in words:
        assert word in sentences, sentences
    assert all(error["pointer"] for error in found["errors"])
    assert len(client.get("/v1/datasets").json()["items"]) == 5
