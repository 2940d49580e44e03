"""Tests of what task a target asks for."""

from collections.abc import Sequence

import numpy as np
import pytest

from engine.data import Table, TableError
from engine.data.table import CategoricalColumn, Column, NumericColumn
from engine.data.target import Target, read_target, task_notes


def numbers(values: list[float]) -> Column:
    return NumericColumn("y", np.array(values, np.float64))


def words(values: Sequence[str | None]) -> Column:
    return CategoricalColumn("y", np.array(values, np.object_))


def read(column: Column, task: str | None = None) -> Target:
    return read_target(column, Table((column,), range(len(column.values)), "row"), task)


def refusal(column: Column, task: str | None = None) -> str:
    with pytest.raises(TableError) as caught:
        read(column, task)
    return str(caught.value)


@pytest.mark.parametrize(
    ("column", "task", "classes"),
    [
        (words(["b", "a", "b"]), "binary", ("a", "b")),
        (words(["true", "false"]), "binary", ("false", "true")),
        (words(["c", "b", "a"]), "multiclass", ("a", "b", "c")),
        (numbers([1, 0, 1]), "binary", ("0", "1")),
        (numbers([-1, 1] * 2), "binary", ("-1", "1")),
        (numbers([2, 10, 9] * 10), "multiclass", ("2", "9", "10")),
        (numbers([2, 10, 9] * 9), "regression", ()),
        (numbers([float(value) for value in range(50)] * 10), "multiclass", tuple(str(value) for value in range(50))),
        (numbers([float(value) for value in range(51)] * 10), "regression", ()),
        (numbers([0.5, 1.5] * 50), "regression", ()),
    ],
)
def test_the_task_follows_from_the_values(column: Column, task: str, classes: tuple[str, ...]) -> None:
    target = read(column)
    assert (target.task, target.classes) == (task, classes)


def repeated(different: int, each: int, step: float = 1.0) -> Column:
    return numbers([step * value for value in range(different)] * each)


@pytest.mark.parametrize(
    ("column", "told"),
    [
        (repeated(52, 20), "52 different whole numbers in 1,040 rows. They are taken for quantities: "),
        (repeated(100, 20), "taken for quantities"),
        (repeated(101, 20), None),
        (repeated(50, 20), "50 different whole numbers in 1,000 rows. They are taken for classes, "),
        (repeated(26, 20), "taken for classes"),
        (repeated(25, 20), None),
        (repeated(10, 10), "taken for classes"),  # ten rows each: the most for 100 rows
        (repeated(10, 9), "taken for quantities"),
        (repeated(10, 19), "taken for classes"),
        (repeated(10, 20), None),
        (repeated(3, 9), "taken for quantities"),
        (repeated(2, 4), None),  # two values are classes, and nobody wonders
        (
            repeated(2, 50, 0.5),
            "2 different numbers, not all of them whole, in 100 rows. They are taken for quantities",
        ),
        (repeated(10, 40, 0.5), "taken for quantities"),
        (repeated(60, 40, 0.5), None),
        (words(["a", "b"] * 20), None),
    ],
)
def test_a_task_that_could_well_be_the_other_is_noted_with_what_to_send(column: Column, told: str | None) -> None:
    notes = list(task_notes(column))
    if told is None:
        assert notes == []
        return
    (note,) = notes
    assert (note.code, note.columns) == ("task", ("y",))
    assert told in note.detail
    other = "classification" if read(column).task == "regression" else "regression"
    assert note.detail.endswith(f"send task={other}.")


def test_labels_are_places_in_the_classes() -> None:
    assert read(numbers([10, 2, 9] * 10)).values[:3].tolist() == [2, 0, 1]
    assert read(words(["b", "a", "b"])).values.tolist() == [1, 0, 1]
    assert read(words(["b", "a", "b"])).values.dtype == np.int64


def test_a_given_task_overrides_what_the_values_look_like() -> None:
    assert read(numbers([0, 1, 0]), "regression").values.tolist() == [0.0, 1.0, 0.0]
    fractions = read(numbers([0.1, 2.5, 0.1, 7]), "classification")
    assert (fractions.task, fractions.classes) == ("multiclass", ("0.1", "2.5", "7"))


@pytest.mark.parametrize("column", [numbers([3, 3]), words(["x", "x"])])
def test_one_class_is_refused(column: Column) -> None:
    assert "has one class only" in refusal(column)


def test_a_constant_regression_and_one_of_words_are_refused() -> None:
    assert "is always 2.5: there is nothing to learn" in refusal(numbers([2.5, 2.5]))
    assert 'holds words like "x", and a regression needs numbers' in refusal(words(["x", "y"]), "regression")


def test_too_many_classes_are_refused_and_a_thousand_are_not() -> None:
    assert "has 1,001 classes; at most 1,000 are possible" in refusal(words([str(value) for value in range(1001)]))
    assert "or set the task to regression" in refusal(numbers(list(range(1001))), "classification")
    assert len(read(words([str(value) for value in range(1000)])).classes) == 1000


@pytest.mark.parametrize("column", [numbers([1, np.nan, 0, np.nan]), words(["a", None, "b", None])])
def test_missing_targets_are_all_named(column: Column) -> None:
    assert refusal(column).count("is missing in row") == 2


def test_a_very_long_class_name_costs_no_more_than_itself() -> None:
    long = "x" * 100_000
    assert read(words([long] + ["y"] * 20_000)).classes == (long, "y")
