"""What a kernel accepts."""

import numpy as np
import pytest

from engine.kernels.sgd import SGD

GOOD = [np.zeros((2, 3)), np.zeros((2, 3)), np.zeros((2, 1)), np.zeros((2, 3))]


@pytest.mark.parametrize(
    ("place", "wrong"),
    [
        (0, np.zeros((2, 4))),
        (1, np.zeros((1, 3))),
        (2, np.zeros((2, 3))),
        (2, np.zeros(2)),
        (3, np.zeros((2, 3, 1))),
        (1, np.zeros((2, 3), np.int64)),
        (1, np.zeros((2, 3)).astype(np.dtype(float).newbyteorder())),
    ],
)
def test_arrays_that_do_not_fit_are_refused(place: int, wrong: np.ndarray) -> None:
    SGD.bound(GOOD)
    arrays = [wrong if number == place else array for number, array in enumerate(GOOD)]

    with pytest.raises(TypeError, match=r"The kernel sgd takes arrays of rc numbers, .* these are \(2, "):
        SGD.bound(arrays)


def test_too_few_arrays_are_refused() -> None:
    with pytest.raises(ValueError, match="shorter"):
        SGD.bound(GOOD[:3])
