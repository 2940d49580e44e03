"""Tests of ensembles: the mean of their members, the same from files, scored as their predictions are."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import sklearn.metrics as oracle
from numpy.typing import NDArray

from engine.data import Table
from engine.data.table import take_rows
from engine.models import FORMATS, Ensemble, Model, ModelError, evaluate, read_model
from tests.engine.models.trained import TASKS, Trained, dataset, table, trained

COUNTS = [3, 1, 2]


def members(task: str) -> list[Trained]:
    """Networks of three structures, trained on the same rows."""
    return [trained(task, (6,)), trained(task, (), "relu"), trained(task, (5, 4), "relu", batch_norm=True)]


def ensemble(task: str) -> Ensemble:
    return Ensemble.of([one.model for one in members(task)], COUNTS, {"sweep": "swp_1"})


def labelled(task: str) -> Table:
    return table(task)


@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_the_probabilities_are_the_weighted_mean_of_those_of_the_members_and_the_class_is_the_likeliest(
    task: str,
) -> None:
    rows = members(task)[0].rows
    found = ensemble(task).predict(rows)
    each = [one.model.predict(rows).probabilities for one in members(task)]
    assert found.probabilities is not None
    np.testing.assert_allclose(found.probabilities, np.average(np.array(each), axis=0, weights=COUNTS), atol=1e-12)
    assert list(found.values) == [found.classes[place] for place in found.probabilities.argmax(axis=1)]


def test_the_number_of_a_regression_is_the_weighted_mean_of_those_of_the_members() -> None:
    rows = members("regression")[0].rows
    each = np.array([one.model.predict(rows).values for one in members("regression")])
    found = ensemble("regression").predict(rows)
    np.testing.assert_allclose(found.values, np.average(each, axis=0, weights=COUNTS), rtol=1e-12)
    assert found.probabilities is None


@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_scores_of_classes_are_what_another_library_makes_of_the_predictions(task: str) -> None:
    one, rows = ensemble(task), labelled(task)
    found, scores = one.predict(rows), evaluate(one, rows).metrics
    _, y = targets(rows, one)
    assert found.probabilities is not None
    assert scores["loss"] == pytest.approx(oracle.log_loss(y, found.probabilities, labels=list(found.classes)))
    assert scores["error"] == pytest.approx(np.mean(found.values != y))
    assert scores["mcc"] == pytest.approx(oracle.matthews_corrcoef(y.astype(str), found.values.astype(str)))
    if task == "binary":
        assert scores["auc"] == pytest.approx(oracle.roc_auc_score(y == "yes", found.probabilities[:, 1]))
        assert scores["brier"] == pytest.approx(np.mean((found.probabilities[:, 1] - (y == "yes")) ** 2))


def test_scores_of_numbers_are_what_another_library_makes_of_the_predictions() -> None:
    one, rows = ensemble("regression"), labelled("regression")
    found, scores = one.predict(rows).values, evaluate(one, rows).metrics
    _, y = targets(rows, one)
    assert scores["rmse"] == pytest.approx(oracle.root_mean_squared_error(y, found))
    assert scores["mae"] == pytest.approx(oracle.mean_absolute_error(y, found))
    assert scores["r2"] == pytest.approx(oracle.r2_score(y, found))


def targets(rows: Table, one: Ensemble) -> tuple[Table, NDArray[Any]]:
    column, features = rows.take(one.card["data"]["target"])
    return features, np.asarray(column.values)


@pytest.mark.parametrize("task", TASKS)
def test_an_ensemble_of_one_model_answers_as_the_model_does(task: str) -> None:
    one = trained(task, (6,), batch_norm=True)
    alone = Ensemble.of([one.model], [7], {})
    found, wanted = alone.predict(one.rows), one.model.predict(one.rows)
    if task == "regression":
        np.testing.assert_allclose(found.values, wanted.values, rtol=1e-12)
    else:
        assert found.probabilities is not None
        assert wanted.probabilities is not None
        np.testing.assert_allclose(found.probabilities, wanted.probabilities, atol=1e-12)
        assert list(found.values) == list(wanted.values)
    scores, of_model = evaluate(alone, labelled(task)).metrics, evaluate(one.model, labelled(task)).metrics
    assert scores == pytest.approx(dict(of_model), rel=1e-4)


def test_answers_so_sure_that_a_probability_is_zero_have_a_finite_loss() -> None:
    one = trained("multiclass", ())
    sure = Model(one.model.card, {**one.model.arrays, "b1": np.array([2000.0, 0.0, 0.0], np.float32)})
    loss = evaluate(Ensemble.of([sure], [1], {}), labelled("multiclass")).metrics["loss"]
    assert loss is not None
    assert 100.0 < loss < 709.0


@pytest.mark.parametrize("kind", ["npz", "safetensors"])
@pytest.mark.parametrize("task", TASKS)
def test_an_ensemble_goes_through_both_formats_without_the_loss_of_a_bit(kind: str, task: str) -> None:
    one = ensemble(task)
    content = FORMATS[kind](one)
    again = read_model(content)
    assert isinstance(again, Ensemble)
    assert (again.card, again.counts) == (one.card, COUNTS)
    assert FORMATS[kind](again) == content == FORMATS[kind](ensemble(task))
    rows = members(task)[0].rows
    np.testing.assert_array_equal(again.predict(rows).values, one.predict(rows).values)
    assert evaluate(again, labelled(task)) == evaluate(one, labelled(task))


@pytest.mark.parametrize("task", TASKS)
def test_the_card_has_what_is_known_of_each_member_and_the_data_once(task: str) -> None:
    card = json.loads(json.dumps(ensemble(task).card))
    assert (card["format"], card["sweep"]) == (2, "swp_1")
    assert card["data"] == dict(dataset(task).card)
    assert [(one["count"], one["seed"]) for one in card["members"]] == [(count, 7) for count in COUNTS]
    assert all("data" not in one for one in card["members"])


Change = Callable[[dict[str, Any], dict[str, Any]], object]
FAULTS: dict[str, tuple[Change, str]] = {
    "no members": (lambda card, _: card.update(members=[]), "The card of an ensemble has no list of members."),
    "members that are none": (lambda card, _: card.update(members=[1]), "The card of an ensemble has no list of"),
    "a count of zero": (
        lambda card, _: card["members"][1].update(count=0),
        'Member 1: its count is "0", and must be a whole number from 1.',
    ),
    "a structure that is none": (
        lambda card, _: card["members"][2].update(structure=7),
        'Member 2: The card has no object "structure".',
    ),
    "a missing array": (lambda _, arrays: arrays.pop("1.W1"), "The array 1.W1 is missing"),
    "an array too many": (lambda _, arrays: arrays.update({"3.W1": np.zeros(2)}), 'The array "3.W1" is not expected'),
    "data that are none": (lambda card, _: card.pop("data"), 'Member 0: The card has no object "data".'),
}


class Changed(Ensemble):
    """An ensemble whose arrays were changed by hand."""

    other: dict[str, Any]

    def named_arrays(self) -> dict[str, Any]:
        return self.other


@pytest.mark.parametrize("fault", FAULTS)
def test_a_file_with_a_fault_is_refused_with_a_sentence(fault: str) -> None:
    change, sentence = FAULTS[fault]
    one = ensemble("multiclass")
    card, arrays = json.loads(json.dumps(one.card)), dict(one.named_arrays())
    change(card, arrays)
    changed = Changed(card, one.members)
    object.__setattr__(changed, "other", arrays)
    with pytest.raises(ModelError) as caught:
        read_model(FORMATS["npz"](changed))
    assert any(found.startswith(sentence) for found in caught.value.faults), caught.value.faults


def test_models_of_different_data_and_counts_that_count_nothing_are_refused() -> None:
    binary, classes = trained("binary").model, trained("multiclass").model
    with pytest.raises(ModelError, match="the same columns, target and classes"):
        Ensemble.of([binary, classes], [1, 1], {})
    with pytest.raises(ModelError, match=r"2 models cannot count them \[1, 0\] times"):
        Ensemble.of([binary, binary], [1, 0], {})
    with pytest.raises(ModelError, match="0 models"):
        Ensemble.of([], [], {})


def test_rows_far_from_all_that_was_learned_are_refused_and_not_answered_with_nan() -> None:
    one = trained("regression", ())
    huge = Model(one.model.card, {**one.model.arrays, "b1": np.full(1, np.inf, np.float32)})
    far = Table(tuple(take_rows(column, np.array([0, 1])) for column in one.rows.columns), range(2), "row")
    with pytest.raises(ValueError, match="is not a finite number"):
        Ensemble.of([one.model, huge], [1, 1], {}).predict(far)
