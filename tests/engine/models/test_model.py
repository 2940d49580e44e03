"""Tests of what a model says of raw rows."""

import gzip
import re
from typing import Any

import numpy as np
import pytest

from engine.data import Table, TableError
from engine.data.table import CategoricalColumn, NumericColumn, take_rows
from engine.models import Model, ModelError, Predictions
from engine.spec import Structure
from tests.engine.models.trained import TASKS, dataset, table, trained

SHAPES: list[tuple[tuple[int, ...], str]] = [((), "relu"), ((6,), "tanh"), ((5, 4), "sigmoid"), ((600,), "leaky_relu")]
ROW = {"far": 1e5, "gaps": 0.5, "words": "red"}


def say(model: Model, *rows: dict[str, Any]) -> Predictions:
    return model.predict(model.read_rows(rows))


def places(model: Model, *rows: Any) -> list[tuple[int | str, ...]]:
    with pytest.raises(TableError) as caught:
        model.predict(model.read_rows(rows))
    return [fault.place for fault in caught.value.faults]


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("batch_norm", [False, True])
@pytest.mark.parametrize("normalize", [True, False])
def test_predictions_for_the_dev_part_have_the_dev_error_of_training(
    task: str, shape: tuple[tuple[int, ...], str], batch_norm: bool, normalize: bool
) -> None:
    one = trained(task, *shape, normalize=normalize, batch_norm=batch_norm)
    found = one.model.predict(one.rows)
    if task == "regression":
        rmse = np.sqrt(np.mean((found.values - one.y) ** 2))
        assert rmse == pytest.approx(one.ending.metrics["dev_rmse"], rel=1e-5)
        assert found.probabilities is None
    else:
        assert np.mean(found.values != one.y) == one.ending.metrics["dev_error"]


@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_probabilities_sum_to_one_and_the_prediction_is_the_likeliest_class(task: str) -> None:
    one = trained(task)
    found = one.model.predict(one.rows)
    assert found.probabilities is not None
    assert found.classes == ("no", "yes") if task == "binary" else ("no", "perhaps", "yes")
    assert found.probabilities.shape == (len(one.rows), len(found.classes))
    np.testing.assert_allclose(found.probabilities.sum(axis=1), 1.0, rtol=0, atol=1e-15)
    assert list(found.values) == [found.classes[place] for place in found.probabilities.argmax(axis=1)]


def test_the_order_of_columns_and_the_company_of_a_row_do_not_matter() -> None:
    one = trained("regression")
    together = one.model.predict(one.rows).values
    turned = Table(one.rows.columns[::-1], one.rows.numbers, "row")
    np.testing.assert_array_equal(one.model.predict(turned).values, together)
    alone = [say(one.model, row).values[0] for row in rows_of(one.rows)[:5]]
    np.testing.assert_allclose(alone, together[:5], rtol=1e-6)


def test_many_rows_are_taken_piece_by_piece_and_come_back_in_their_order() -> None:
    one = trained("regression")
    places = np.arange(1300) % len(one.rows)
    many = Table(tuple(take_rows(column, places) for column in one.rows.columns), range(1300), "row")
    np.testing.assert_allclose(one.model.predict(many).values, one.model.predict(one.rows).values[places], rtol=1e-6)


def rows_of(rows: Table) -> list[dict[str, Any]]:
    """The rows of a table as JSON would have them."""
    columns = {
        column.name: [
            None if missing else cell for cell, missing in zip(column.values.tolist(), column.missing, strict=True)
        ]
        for column in rows.columns
    }
    return [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]


@pytest.mark.parametrize("task", TASKS)
def test_a_table_rows_of_json_and_csv_are_read_alike(task: str) -> None:
    one = trained(task)
    rows = rows_of(one.rows)
    text = "".join(
        ",".join(cell(row[name]) for name in row) + "\n" for row in [dict(zip(ROW, ROW, strict=True)), *rows]
    )
    wanted = one.model.predict(one.rows)
    for found in (say(one.model, *rows), one.model.predict(one.model.read_csv(gzip.compress(text.encode())))):
        np.testing.assert_array_equal(found.values, wanted.values)
        np.testing.assert_array_equal(found.probabilities, wanted.probabilities)


def cell(value: Any) -> str:
    return "" if value is None else f'"{value}"' if isinstance(value, str) else repr(value)


def test_unknown_words_are_taken_as_missing_and_missing_numbers_as_the_median() -> None:
    model = trained("regression").model
    unknown, missing, known = say(model, {**ROW, "words": "violet"}, {**ROW, "words": None}, ROW).values
    assert unknown == missing != known
    fill = next(column["fill"] for column in model.card["data"]["columns"] if column["name"] == "gaps")
    flagged, told = say(model, {**ROW, "gaps": None}, {**ROW, "gaps": fill}).values
    assert flagged != told  # the network sees that the cell was missing, and not the median alone


def test_no_rows_give_no_predictions() -> None:
    for task in TASKS:
        found = say(trained(task).model)
        assert len(found.values) == 0
        assert found.probabilities is None or found.probabilities.shape == (0, len(found.classes))


def test_columns_that_are_missing_or_of_another_kind_are_refused_and_others_are_passed_over() -> None:
    model = trained("binary").model
    columns = (NumericColumn("words", np.ones(2)), NumericColumn("fra", np.ones(2)), NumericColumn("y", np.ones(2)))
    with pytest.raises(TableError) as caught:
        model.predict(Table(columns, range(2), "row"))
    details = [fault.detail for fault in caught.value.faults]
    assert [re.sub(r"\..*", "", detail) for detail in details] == [
        'The column "far" is missing',
        'The column "gaps" is missing',
    ]
    words = CategoricalColumn("far", np.array(["a", "b"], np.object_))
    rest = (NumericColumn("gaps", np.ones(2)), CategoricalColumn("words", np.array(["red", None], np.object_)))
    with pytest.raises(TableError, match='"far" holds words; the network learned it as numbers'):
        model.predict(Table((words, *rest), range(2), "row"))


@pytest.mark.parametrize("task", TASKS)
def test_an_answer_that_is_no_number_is_refused_with_its_row(task: str) -> None:
    model = trained(task, (6,), "relu").model
    model.arrays["input_scale"][0] = 1e-30
    model.arrays["W1"][...] = 1.0
    model.arrays["W2"][...] = np.where(np.arange(6) % 2, 1.0, -1.0)[:, np.newaxis]  # infinity less infinity
    assert places(model, {**ROW, "far": model.arrays["input_mean"][0]}, {**ROW, "far": 3e38}) == [(1,)]


def test_numbers_that_do_not_fit_the_structure_are_refused() -> None:
    data = dataset("binary")
    structure = Structure(data.x_train.shape[1], (3,), 1, "relu", "logistic", 8)
    with pytest.raises(ModelError, match="There are 5 numbers, and the network has 28"):
        Model.of(structure, np.zeros(5, np.float32), data, normalize_inputs=True, about={})


def test_the_card_says_where_the_model_comes_from_and_how_it_is_read() -> None:
    card = trained("multiclass", (6, 5), "relu", batch_norm=True).model.card
    assert (card["format"], card["seed"], card["dataset_sha256"]) == (1, 7, "00ff")
    assert card["structure"] == {
        "inputs": 7,
        "hidden_units": [6, 5],
        "outputs": 3,
        "activation": "relu",
        "loss": "softmax",
        "batch_norm": True,
    }
    assert card["data"]["classes"] == ["no", "perhaps", "yes"]
    assert [column["name"] for column in card["data"]["columns"]] == [c.name for c in table("binary").columns[:-1]]
