"""A metric is refused as an objective on a dev part where it would tell no network from another, with the reason."""

import numpy as np
import pytest

from engine.metrics import METRICS, undefined

COLOURS = ("red", "green", "blue")


@pytest.mark.parametrize("metric", ["auc", "average_precision"])
def test_a_metric_of_ranks_needs_every_class(metric: str) -> None:
    assert undefined(metric, "multiclass", np.array([0, 1, 2, 1]), COLOURS) is None
    reason = undefined(metric, "multiclass", np.array([0, 0, 2]), COLOURS)
    assert reason is not None
    assert reason.startswith(f'The dev part has no row of class "green", and {metric} needs rows of it.')
    assert reason.endswith("Choose another objective, or cut the parts of the data set in another way.")


def test_all_classes_that_miss_are_named() -> None:
    reason = undefined("auc", "multiclass", np.array([1, 1]), COLOURS)
    assert reason is not None
    assert 'no row of class "red", "blue", and auc needs rows of each.' in reason


def test_f1_of_two_classes_needs_the_second_and_f1_of_several_needs_none() -> None:
    reason = undefined("f1", "binary", np.array([0, 0]), ("no", "yes"))
    assert reason is not None
    assert '"yes"' in reason
    assert undefined("f1", "binary", np.array([1, 1]), ("no", "yes")) is None
    assert undefined("f1", "multiclass", np.array([0, 0]), COLOURS) is None


def test_mcc_needs_two_classes() -> None:
    reason = undefined("mcc", "multiclass", np.array([2, 2]), COLOURS)
    assert reason is not None
    assert reason.startswith('All rows of the dev part are of class "blue"')
    assert undefined("mcc", "multiclass", np.array([2, 1]), COLOURS) is None


@pytest.mark.parametrize("targets", [[2.5], [2.5, 2.5, 2.5]])
def test_r2_needs_targets_that_differ(targets: list[float]) -> None:
    reason = undefined("r2", "regression", np.array(targets), ())
    assert reason is not None
    assert reason.startswith("All targets of the dev part are 2.5, and r2 is")
    assert undefined("r2", "regression", np.array([2.5, 2.0]), ()) is None


def test_r2_needs_targets_whose_squared_distances_are_not_rounded_to_zero() -> None:
    reason = undefined("r2", "regression", np.array([0.0, 1e-170]), ())
    assert reason is not None
    assert reason.startswith("All targets of the dev part are so close that their squared distances are 0, and r2 is")
    assert undefined("r2", "regression", np.array([0.0, 1e-150]), ()) is None


def test_all_other_metrics_have_a_value_on_any_rows() -> None:
    for_classes = ("loss", "error", "accuracy", "balanced_accuracy", "brier")
    assert [name for name in for_classes if undefined(name, "binary", np.array([0]), ("no", "yes"))] == []
    for_numbers = [name for name, metric in METRICS.items() if "regression" in metric.tasks and name != "r2"]
    assert [name for name in for_numbers if undefined(name, "regression", np.array([0.0]), ())] == []
