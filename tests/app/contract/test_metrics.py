"""Tests of the metrics of the REST contract."""

from dataclasses import replace

import numpy as np
import pytest

from app.contract.metrics import MEASURES, objectives_of, suggestion, undefined_objective
from app.domain.datasets import Task
from engine.data import Dataset
from engine.metrics import METRICS
from tests.app.storage.world import DATASET

TASKS: list[Task] = ["binary", "multiclass", "regression"]


@pytest.mark.parametrize(
    ("task", "first", "others"),
    [
        ("binary", "dev_error", {"dev_loss", "dev_auc", "dev_f1", "train_loss"}),
        ("multiclass", "dev_error", {"dev_accuracy", "dev_mcc", "train_loss"}),
        ("regression", "dev_rmse", {"dev_r2", "dev_mae", "train_loss"}),
    ],
)
def test_objectives_are_the_dev_metrics_of_the_task_and_the_loss_that_training_brings_down(
    task: Task, first: str, others: set[str]
) -> None:
    assert objectives_of(task)[0] == first
    assert others <= set(objectives_of(task))
    for name in objectives_of(task):
        assert task in MEASURES[name].tasks
        assert name == "train_loss" or MEASURES[name].part == "dev"


@pytest.mark.parametrize("task", TASKS)
def test_a_sweep_without_a_direction_minimises_the_usual_metric(task: Task) -> None:
    assert MEASURES[objectives_of(task)[0]].direction == "minimize"


def content(dev: list[int]) -> bytes:
    x, y = np.zeros((2, 4), np.float32), np.array([0, 1])
    inputs = np.zeros((len(dev), 4), np.float32)
    return Dataset("binary", ("dry", "wet"), x, y, inputs, np.array(dev), x, y, {}).to_bytes()


def test_an_objective_without_a_value_on_the_dev_part_is_told_with_its_reason() -> None:
    auc = MEASURES["dev_auc"]
    reason = undefined_objective(auc, DATASET, lambda: content([0, 0, 0]))
    assert reason is not None
    assert 'no row of class "wet"' in reason
    assert undefined_objective(auc, DATASET, lambda: content([0, 1])) is None


def unwanted() -> bytes:
    raise AssertionError("the content was asked for")


@pytest.mark.parametrize("name", ["dev_error", "dev_loss", "dev_brier", "train_loss"])
def test_the_content_is_not_read_for_a_metric_that_always_has_a_value(name: str) -> None:
    assert undefined_objective(MEASURES[name], DATASET, unwanted) is None


@pytest.mark.parametrize(("dev", "missing"), [([7, 0], "wet"), ([0, 7], "dry"), ([3, 4], None)])
def test_the_content_is_not_read_where_the_card_counts_the_examples_of_each_class(
    dev: list[int], missing: str | None
) -> None:
    card = {"classes": ["dry", "wet"], "class_counts": {"train": [9, 9], "dev": dev, "test": [0, 0]}}
    reason = undefined_objective(MEASURES["dev_auc"], replace(DATASET, card=card), unwanted)
    assert reason is None if missing is None else f'no row of class "{missing}"' in (reason or "")


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("roc_auc", "dev_auc"),
        ("val_loss", "dev_loss"),
        ("dev_f1_score", "dev_f1"),
        ("ACCURACY", "dev_accuracy"),
        ("dev_eror", "dev_error"),
    ],
)
def test_names_of_other_programs_and_typing_errors_get_the_name_that_is_meant(name: str, meant: str) -> None:
    assert suggestion(name, objectives_of("binary")) == f'Did you mean "{meant}"?'


def test_a_name_that_means_nothing_known_gets_all_that_are() -> None:
    assert suggestion("val_mse", objectives_of("binary")).startswith("Known are dev_error, ")
    assert suggestion("val_mse", objectives_of("regression")) == 'Did you mean "dev_rmse"?'


def test_no_two_metrics_are_called_the_same_elsewhere() -> None:
    aliases = [alias for metric in METRICS.values() for alias in metric.aliases]

    assert len(set(aliases)) == len(aliases)
    assert not set(aliases) & set(METRICS)
