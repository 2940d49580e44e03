"""Each metric is what scikit-learn makes of the same answers, also where they tie or classes miss."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.special import expit, softmax

from engine.metrics import METRICS, Task
from tests.engine.metrics.answered import answers_of, measured
from tests.oracles.metrics import of_classes, of_numbers

TASKS: list[Task] = ["binary", "multiclass"]


def close(wanted: Mapping[str, float]) -> Any:
    """What is equal to these metrics, but for rounding."""
    return pytest.approx(wanted, rel=1e-9, abs=1e-12, nan_ok=True)


def classified(task: Task, rows: int, seed: int, steps: float) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Logits (1, outputs, rows), rounded so that about `steps` of them are one unit apart, and labels."""
    rng = np.random.default_rng(seed)
    outputs = 1 if task == "binary" else 4
    logits = np.round(rng.standard_normal((1, outputs, rows)) * steps) / steps
    return logits.astype(np.float32), rng.integers(0, max(outputs, 2), rows)


def same_as_scikit_learn(task: Task, logits: NDArray[np.float32], y: NDArray[Any]) -> None:
    (found,), probabilities = measured(task, logits, y), answers_of(task, logits, y).probabilities[0]
    answers = (logits[0, 0] > 0.0).astype(int) if task == "binary" else logits[0].argmax(axis=0)
    del found["loss"]  # it is the sum that training made
    assert found == close(of_classes(answers, probabilities, y))


@pytest.mark.parametrize("task", TASKS)
def test_probabilities_are_those_of_the_output_function_in_float64(task: Task) -> None:
    logits, y = classified(task, 40, 0, 1e6)
    wanted = expit(logits.astype(np.float64)) if task == "binary" else softmax(logits.astype(np.float64), axis=1)
    assert answers_of(task, logits, y).probabilities == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("steps", [1e6, 4.0, 1.0], ids=["no ties", "some ties", "mostly ties"])
@pytest.mark.parametrize("rows", [7, 600])
def test_metrics_of_classes_are_those_of_scikit_learn(task: Task, steps: float, rows: int) -> None:
    for seed in range(3):
        same_as_scikit_learn(task, *classified(task, rows, seed, steps))


@settings(max_examples=30)
@given(st.data())
def test_metrics_of_classes_are_those_of_scikit_learn_on_any_few_rows(data: st.DataObject) -> None:
    task = data.draw(st.sampled_from(TASKS))
    outputs, rows = (1, 2) if task == "binary" else (3, 3), data.draw(st.integers(1, 8))
    cells = st.lists(st.sampled_from([-90.0, -2.0, -1.0, 0.0, 1.0, 90.0]), min_size=rows, max_size=rows)
    logits = np.array([[data.draw(cells) for _ in range(outputs[0])]], np.float32)
    y = np.array(data.draw(st.lists(st.integers(0, outputs[1] - 1), min_size=rows, max_size=rows)))
    same_as_scikit_learn(task, logits, y)


@pytest.mark.parametrize("label", [0, 1])
@pytest.mark.parametrize("rows", [1, 9])
@pytest.mark.parametrize("task", TASKS)
def test_a_part_of_one_class_has_the_metrics_that_scikit_learn_gives_it(task: Task, rows: int, label: int) -> None:
    logits, _ = classified(task, rows, 3, 2.0)
    same_as_scikit_learn(task, logits, np.full(rows, label))
    (found,) = measured(task, logits, np.full(rows, label))
    assert math.isnan(found["auc"])


def test_one_row_or_targets_without_spread_have_no_r2() -> None:
    for y in ([3.0], [3.0, 3.0, 3.0]):
        (found,) = measured("regression", [[[0.5] * len(y)]], y)
        assert math.isnan(found["r2"])
        assert found["mae"] == found["median_absolute_error"] == found["rmse"] == 2.5


@pytest.mark.parametrize("y", [[0.1, 0.1, 0.1], [0.0, 1e-170, 0.0]])
def test_targets_whose_spread_is_a_rounding_have_no_r2(y: list[float]) -> None:
    (found,) = measured("regression", [[[0.5] * len(y)]], y)
    assert math.isnan(found["r2"])


@pytest.mark.parametrize("rows", [2, 3, 90])
def test_metrics_of_numbers_are_those_of_scikit_learn_in_the_unit_of_the_target(rows: int) -> None:
    rng = np.random.default_rng(rows)
    y, logits = 500.0 + 40.0 * rng.standard_normal(rows), rng.standard_normal((2, 1, rows)).astype(np.float32)
    for found, one in zip(measured("regression", logits, y, mean=500.0, scale=40.0), logits, strict=True):
        answers = 500.0 + 40.0 * one[0].astype(np.float64)
        assert found.pop("loss") == pytest.approx(np.mean(((y - answers) / 40.0) ** 2) / 2.0)
        assert found == close(of_numbers(answers, y))


@pytest.mark.parametrize("broken", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("task", [*TASKS, "regression"])
def test_an_answer_that_is_no_number_leaves_a_member_without_metrics_and_the_others_with_theirs(
    task: Task, broken: float
) -> None:
    logits = np.repeat(classified("binary" if task == "regression" else task, 30, 1, 1e6)[0], 3, axis=0)
    y = np.arange(30) % (4 if task == "multiclass" else 2) + (0.5 if task == "regression" else 0)
    before, _, _ = measured(task, logits, y)
    logits[1, 0, 4] = broken
    with np.errstate(all="ignore"):
        first, second, third = measured(task, logits, y)
    assert first == third == before
    by_logits = [name for name in second if METRICS[name].reads == "logits"]
    assert [second[name] for name in by_logits] == [pytest.approx(math.nan, nan_ok=True)] * len(by_logits)
