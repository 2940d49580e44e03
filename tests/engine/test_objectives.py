"""Any metric of dev can be the objective: the best epoch, patience and the metrics at the end follow it."""

import math
from dataclasses import replace

import numpy as np
import pytest

from engine.early_stopping import Patience
from engine.metrics import METRICS, metrics_of
from engine.population import Observation, Population
from engine.population.member import Member
from engine.training_set import TrainingSet
from tests.engine.stacks import member, random_dataset, tick, train, training_set

DATA = {task: training_set(random_dataset(task, (60, 40, 30), 4)) for task in ("binary", "multiclass", "regression")}
OBJECTIVES = [(task, f"dev_{metric.name}") for task, data in DATA.items() for metric in metrics_of(data.task)]


@pytest.mark.parametrize(("task", "objective"), OBJECTIVES)
def test_the_best_epoch_is_the_first_with_the_best_value_and_has_the_metrics(task: str, objective: str) -> None:
    spec = replace(member(DATA[task], epochs=6), objective=objective)
    record = train(DATA[task], [("other", member(DATA[task], 1, epochs=6)), ("one", spec)])
    values = [seen.values[objective] for seen in record.curves["one"]]
    best = max(values) if METRICS[objective.removeprefix("dev_")].direction == "maximize" else min(values)
    end = record.ends["one"]
    assert end.best_epoch == values.index(best) + 1
    assert end.metrics[objective] == best
    assert objective in record.curves["one"][0].values


@pytest.mark.parametrize("task", DATA)
def test_a_member_ends_with_all_metrics_of_dev_and_test(task: str) -> None:
    (end,) = train(DATA[task], [("one", member(DATA[task]))]).ends.values()
    names = {f"{part}_{metric.name}" for part in ("dev", "test") for metric in metrics_of(DATA[task].task)}
    on_train = {"train_loss", "train_rmse"} if task == "regression" else {"train_loss", "train_error", "train_accuracy"}
    assert set(end.metrics) == names | on_train


def observed(values: list[float], min_delta: float) -> tuple[Member, int]:
    """A member by the area under the ROC curve, and the epoch in which patience of two ran out; 0 if it did not."""
    one = Member("m", replace(member(DATA["binary"], epochs=99, patience=Patience(2, min_delta)), objective="dev_auc"))
    for epoch, value in enumerate(values, 1):
        seen = Observation(epoch, {"train_loss": 1.0, "dev_loss": 1.0, "dev_error": 0.5, "dev_auc": value}, 0.0)
        one.observe(seen)
        if one.stop(seen) is not None:
            return one, epoch
    return one, 0


def test_patience_waits_for_higher_values_of_a_metric_that_is_better_when_higher() -> None:
    assert observed([0.5, 0.6, 0.7, 0.8], 0.0)[1] == 0
    assert observed([0.5, 0.6, 0.6, 0.5], 0.0)[1] == 4
    crawl, ended = observed([0.5, 0.6, 0.61, 0.62], 0.05)
    assert (ended, crawl.best.epoch) == (4, 4)


def test_an_undefined_value_is_never_better_and_no_divergence() -> None:
    one, ended = observed([0.6, math.nan, 0.7, math.nan], 0.0)
    assert (ended, one.best.epoch) == (0, 3)
    assert Observation(1, {"train_loss": 1.0, "dev_loss": 1.0, "dev_auc": math.nan}, 0.0).broken() is None


def one_class_in_dev() -> TrainingSet:
    data = random_dataset("binary", (60, 40, 30), 4)
    return training_set(replace(data, y_dev=np.zeros_like(data.y_dev)))


@pytest.mark.parametrize(
    ("objective", "reason"),
    [
        ("dev_auc", 'The dev part has no row of class "1", and auc needs rows of it'),
        ("dev_rmse", 'The objective is "dev_rmse", and for this data set it must be one of train_loss, dev_loss'),
        ("test_error", 'The objective is "test_error"'),
    ],
)
def test_an_objective_that_the_data_have_not_is_refused(objective: str, reason: str) -> None:
    data = one_class_in_dev()
    with pytest.raises(ValueError, match="one cannot be trained by") as caught:
        Population(tick).join(data, [("one", replace(member(data), objective=objective))])
    assert reason in str(caught.value)
