"""Tests of scoring: what training said of the same rows, and what scikit-learn makes of the predictions."""

import io
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import (
    log_loss,
    mean_absolute_error,
    median_absolute_error,
    r2_score,
    root_mean_squared_error,
)

from engine.data import Table, TableError, prepare, read_npz
from engine.data.table import CategoricalColumn, Column, NumericColumn, take_rows
from engine.models import Model, evaluate, examples_of_file, examples_of_rows
from engine.training_set import TrainingSet
from tests.engine.models.trained import TASKS, Trained, trained
from tests.engine.stacks import member, train_alone
from tests.oracles.metrics import of_classes


def labelled(one: Trained) -> Table:
    """The rows of the dev part with their target, the first column."""
    kind = NumericColumn if one.model.card["data"]["task"] == "regression" else CategoricalColumn
    target: Column = kind("y", one.y)
    return replace(one.rows, columns=(target, *one.rows.columns))


def take(table: Table, places: NDArray[Any]) -> Table:
    """Some rows of a table."""
    columns = tuple(take_rows(column, places) for column in table.columns)
    return Table(columns, range(len(places)), "row")


def csv_of(table: Table) -> str:
    def cell(value: Any) -> str:
        return "" if value is None or value != value else f'"{value}"'  # noqa: PLR0124  # NaN alone is not itself

    lines = [",".join(column.name for column in table.columns)]
    lines += [",".join(map(cell, row)) for row in zip(*(column.values for column in table.columns), strict=True)]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("batch_norm", [False, True])
def test_rows_that_training_scored_get_the_same_scores_to_the_last_bit(task: str, batch_norm: bool) -> None:
    one = trained(task, batch_norm=batch_norm)
    scores = evaluate(one.model, examples_of_file(one.model, csv_of(labelled(one)).encode()))
    error = "rmse" if task == "regression" else "error"
    assert scores.rows == len(one.y)
    assert scores.metrics["loss"] == one.ending.metrics["dev_loss"]
    assert scores.metrics[error] == one.ending.metrics[f"dev_{error}"]
    of_trial = {name.removeprefix("dev_"): value for name, value in one.ending.metrics.items() if name[:4] == "dev_"}
    assert scores.metrics == of_trial


def test_losses_that_are_subnormal_count_as_training_counted_them() -> None:
    one = trained("binary", hidden=())
    zeros = {name: np.zeros_like(array) for name, array in one.model.arrays.items() if name == "W1"}
    certain = {**one.model.arrays, **zeros, "b1": np.full(1, 95.0, np.float32)}  # each loss is exp(-95) = 5.5e-42
    table = labelled(one)
    right = take(table, np.flatnonzero(np.array(one.y) == one.model.classes[1]))
    losses = {
        rules: evaluate(Model({**one.model.card, "rules": rules}, certain), right).metrics["loss"] for rules in (2, 3)
    }

    assert losses == {2: pytest.approx(math.exp(-95.0), rel=1e-3), 3: 0.0}


@pytest.mark.parametrize("task", TASKS)
def test_every_metric_is_what_another_library_makes_of_the_predictions(task: str) -> None:
    one = trained(task)
    found = one.model.predict(one.rows)
    if task == "regression":
        values: NDArray[Any] = found.values.astype(float)
        wanted = {
            "loss": 0.5 * np.mean(((one.y - values) / one.model.arrays["target_scale"]) ** 2),
            "rmse": root_mean_squared_error(one.y, values),
            "mae": mean_absolute_error(one.y, values),
            "r2": r2_score(one.y, values),
            "median_absolute_error": median_absolute_error(one.y, values),
        }
    else:
        assert found.probabilities is not None
        truth, said = one.y.astype(str), found.values.astype(str)
        places = {name: place for place, name in enumerate(found.classes)}
        labels, answers = (np.array([places[name] for name in names]) for names in (truth, said))
        ranked = found.probabilities.T if len(found.classes) > 2 else found.probabilities.T[1:]
        loss = log_loss(truth, found.probabilities, labels=list(found.classes))
        wanted = {"loss": loss, **of_classes(answers, ranked, labels)}
    assert evaluate(one.model, labelled(one)).metrics == pytest.approx(wanted, rel=1e-5)


def test_rows_of_json_and_of_csv_get_the_same_scores_and_other_columns_are_noted() -> None:
    one = trained("multiclass")
    rows = [
        {"far": 1e5 + 1, "gaps": None, "words": "red", "y": "yes", "who": "a"},
        {"far": 1e5 - 2, "gaps": 0.5, "words": None, "y": "no", "who": "b"},
    ]
    text = "who,far,gaps,words,y\na,100001,,red,yes\nb,99998,0.5,, no\n"
    tables = [examples_of_rows(one.model, rows), examples_of_file(one.model, text.encode())]
    assert [[note.code for note in table.notes] for table in tables] == [["columns_passed_over"]] * 2
    assert evaluate(one.model, tables[0]) == evaluate(one.model, tables[1])


def numbered(model: Model) -> Model:
    """The model with classes that were numbers."""
    data = {**model.card["data"], "classes": ["1", "2.5", "10"]}
    return Model({**model.card, "data": data}, model.arrays)


def test_a_class_that_is_a_number_may_be_written_in_any_way() -> None:
    model = numbered(trained("multiclass").model)
    features = {"far": 1e5, "gaps": 0.0, "words": "red"}
    written: list[list[Any]] = [["1", "2.5", "10"], ["1.0", "2.50", "1e1"], [1, 2.5, 10], [1.0, 2.5, 10.0]]
    scores = [evaluate(model, examples_of_rows(model, [{**features, "y": y} for y in column])) for column in written]
    assert scores == scores[:1] * 4


def test_npz_is_scored_by_the_names_of_its_columns() -> None:
    one = trained("regression", normalize=False)
    columns = [{**column, "name": f"x_{place}"} for place, column in enumerate(one.model.card["data"]["columns"][:1])]
    model = Model(
        {
            **one.model.card,
            "data": {**one.model.card["data"], "columns": columns},
            "structure": {**one.model.card["structure"], "inputs": 1},
        },
        {
            **one.model.arrays,
            "W1": one.model.arrays["W1"][:1],
            **{f"input_{name}": one.model.arrays[f"input_{name}"][:1] for name in ("mean", "scale")},
        },
    )
    x, y = np.linspace(-1.0, 1.0, 20), np.linspace(4000.0, 6000.0, 20)
    buffer = io.BytesIO()
    np.savez(buffer, x=np.stack([x, x**2], axis=1), y=y)
    table = examples_of_file(model, buffer.getvalue())
    assert [(note.code, note.columns) for note in table.notes] == [("columns_passed_over", ("x_1",))]
    rows = [{"x_0": a, "y": b} for a, b in zip(x.tolist(), y.tolist(), strict=True)]
    assert evaluate(model, table) == evaluate(model, examples_of_rows(model, rows))


@pytest.mark.parametrize(
    ("rows", "details"),
    [
        ([{"y": "yes"}, {"y": "perhaps"}, {"y": "maybe"}], ['The target "y" is "maybe" in row 2, a class that']),
        ([{"y": None}, {"y": "maybe"}], ['The target "y" is missing in row 0']),
        ([{"y": "yes"}, {}], ['Row 1 has no "y"']),
        ([{"y": True}], ["Row 0, column \"y\": true is not a text"]),
    ],
)  # fmt: skip
def test_targets_that_are_missing_or_unknown_are_refused_with_their_places(
    rows: list[dict[str, Any]], details: list[str]
) -> None:
    model = trained("multiclass").model
    features = {"far": 1e5, "gaps": 0.0, "words": "red"}
    with pytest.raises(TableError) as caught:
        evaluate(model, examples_of_rows(model, [{**features, **row} for row in rows]))
    assert [fault.detail[: len(detail)] for fault, detail in zip(caught.value.faults, details, strict=True)] == details
    assert all(fault.place[0] in range(len(rows)) and fault.place[1] == "y" for fault in caught.value.faults)


def test_a_file_without_the_target_is_refused_and_a_target_that_is_no_number_too() -> None:
    model = trained("regression").model
    for text, detail in {
        "far,gaps,words\n1,2,red\n": 'The column "y" is missing.',
        "far,gaps,words,y\n1,2,red,much\n": 'Line 2, column "y": "much" is not a number',
    }.items():
        with pytest.raises(TableError) as caught:
            evaluate(model, examples_of_file(model, text.encode()))
        assert [fault.detail[: len(detail)] for fault in caught.value.faults] == [detail]


def test_without_spread_nothing_can_be_explained() -> None:
    model = trained("regression").model
    scores = evaluate(model, examples_of_file(model, b"far,gaps,words,y\n100000,0,red,5000\n"))
    assert scores.metrics["r2"] is None
    assert scores.metrics["rmse"] == pytest.approx(scores.metrics["mae"], rel=1e-6)


def test_answers_beyond_all_numbers_are_refused() -> None:
    model = trained("regression").model
    model = Model(model.card, {**model.arrays, "W2": model.arrays["W2"] * np.float32(np.inf)})
    with pytest.raises(TableError, match="row 0 is not a finite number"):
        evaluate(model, examples_of_rows(model, [{"far": 3e38, "gaps": 3e38, "words": "red", "y": 1}]))


def test_a_file_of_several_parts_is_refused() -> None:
    x, y, buffer = np.zeros((30, 3)), np.arange(30.0), io.BytesIO()
    np.savez(buffer, x_train=x, y_train=y, x_test=x, y_test=y)
    with pytest.raises(TableError, match="holds several parts"):
        examples_of_file(trained("regression").model, buffer.getvalue())


def test_pictures_are_scored_from_npz_of_bytes_as_training_scored_them() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 256, (90, 4, 4), np.uint8), np.arange(90) % 3
    x[:, 0, 0] = 80 * y
    whole, dev = io.BytesIO(), io.BytesIO()
    np.savez(whole, x_train=x[:60], y_train=y[:60], x_dev=x[60:], y_dev=y[60:])
    np.savez(dev, x=x[60:], y=y[60:])
    data = prepare(read_npz(whole.getvalue(), max_bytes=1 << 20), target="y")
    ready = TrainingSet.of(data, normalize_inputs=True)
    spec = member(ready, hidden=(6,), epochs=5)
    _, ending = train_alone(ready, spec)
    assert ending.weights is not None
    model = Model.of(spec.structure, ending.weights, data, normalize_inputs=True, about={})
    scores = evaluate(model, examples_of_file(model, dev.getvalue()))
    assert scores.rows == 30
    assert scores.metrics["loss"] == ending.metrics["dev_loss"]
    assert scores.metrics["error"] == ending.metrics["dev_error"]
