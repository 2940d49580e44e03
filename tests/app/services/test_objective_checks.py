"""Tests of what is refused of an objective, and how."""

import pytest

from app.domain.datasets import DatasetSummary
from app.domain.drafts import SweepDraft
from app.domain.objectives import Direction
from app.services.objective_checks import objective_faults
from tests.app.contract.test_metrics import content
from tests.app.storage.world import DATASET


def faults(
    metric: str | None, direction: Direction | None = None, *, dataset: DatasetSummary | None = DATASET
) -> list[tuple[str, str]]:
    draft = SweepDraft({}, metric=metric, direction=direction)
    return [(fault.pointer, fault.detail) for fault in objective_faults(draft, dataset, lambda _: content([0, 0]))]


@pytest.mark.parametrize(
    ("metric", "direction"),
    [(None, None), (None, "minimize"), ("dev_balanced_accuracy", "maximize"), ("train_loss", None)],
)
def test_what_can_be_an_objective_is_accepted(metric: str | None, direction: Direction | None) -> None:
    assert faults(metric, direction) == []


@pytest.mark.parametrize(
    ("metric", "told"),
    [
        ("dev_acuracy", 'There is no metric "dev_acuracy". Did you mean "dev_accuracy"?'),
        ("train_error", "only train_loss is measured after each epoch. Use that, or dev_error."),
        ("test_auc", "who chooses by the test part has none left to test what was chosen. Use dev_auc."),
        ("dev_rmse", "cannot be the objective on rain, a binary data set. Use one of dev_error,"),
        ("dev_auc", 'The dev part has no row of class "wet", and auc needs rows of it.'),
    ],
)
def test_what_cannot_is_refused_with_the_way_out(metric: str, told: str) -> None:
    ((pointer, detail),) = faults(metric)
    assert pointer == "/objective/metric"
    assert told in detail


def test_a_direction_that_is_not_the_metrics_is_refused() -> None:
    assert faults("dev_balanced_accuracy", "minimize") == [
        (
            "/objective/direction",
            "dev_balanced_accuracy is better when higher, so it cannot be minimized. "
            'Write "maximize", or leave direction out: it follows from the metric.',
        )
    ]
    ((pointer, detail),) = faults(None, "maximize")
    assert (pointer, detail.split(",")[0]) == ("/objective/direction", "The usual metric is better when lower")


def test_faults_are_told_where_the_data_set_is_not_known() -> None:
    assert [pointer for pointer, _ in faults("dev_auc", "minimize", dataset=None)] == ["/objective/direction"]
    assert faults("dev_auc", dataset=None) == []


@pytest.mark.parametrize("direction", ["minimize", "maximize"])
def test_nothing_is_told_of_the_direction_of_a_metric_that_is_not_known(direction: Direction) -> None:
    assert [pointer for pointer, _ in faults("dev_acuracy", direction)] == ["/objective/metric"]
