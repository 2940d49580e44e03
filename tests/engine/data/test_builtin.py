"""Tests of the data sets that come with logsweep."""

import numpy as np
import pytest

from engine.data import NAMES, load_builtin

EXPECTED = {
    "digits": ((1258, 270, 269), 64, "multiclass", tuple("0123456789")),
    "breast_cancer": ((398, 85, 86), 30, "binary", ("benign", "malignant")),
    "wine": ((125, 26, 27), 13, "multiclass", ("class_0", "class_1", "class_2")),
    "iris": ((105, 23, 22), 4, "multiclass", ("setosa", "versicolor", "virginica")),
    "diabetes": ((309, 67, 66), 10, "regression", ()),
}


def test_every_builtin_has_its_row_here() -> None:
    assert set(EXPECTED) == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_rows_inputs_task_and_classes_are_as_documented(name: str) -> None:
    data = load_builtin(name)
    rows = (len(data.x_train), len(data.x_dev), len(data.x_test))
    assert (rows, data.x_train.shape[1], data.task, data.classes) == EXPECTED[name]
    assert all(np.all(np.isfinite(x)) for x in (data.x_train, data.x_dev, data.x_test))


def test_digits_are_images_of_numbers_from_0_to_16() -> None:
    data = load_builtin("digits")
    assert (data.x_train.min(), data.x_train.max()) == (0.0, 16.0)
    assert data.card["image"] == [8, 8, 1]


@pytest.mark.parametrize("name", NAMES)
def test_no_builtin_is_warned_of_and_only_digits_are_images(name: str) -> None:
    card = load_builtin(name).card
    assert card["drift"]["warnings"] == []
    assert card["drift"]["columns"]
    assert ("image" in card) == (name == "digits")


def test_another_name_is_refused() -> None:
    with pytest.raises(KeyError, match=r'There is no built-in data set "mnist"\. There are digits, '):
        load_builtin("mnist")
