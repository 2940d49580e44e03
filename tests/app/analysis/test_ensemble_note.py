"""Tests of what is said of an ensemble beside the best trial."""

from dataclasses import replace

from app.analysis.ensemble_note import ensemble_note
from app.domain.trials import Trial
from app.domain.work import Metrics
from tests.app.analysis.trials import trial


def best(**metrics: float | None) -> Trial:
    return replace(trial(7, 0.25), metrics=metrics)


def test_the_figures_on_test_decide_in_the_direction_of_the_objective() -> None:
    found: Metrics = {"dev_auc": 0.5, "test_auc": 0.875, "test_error": 0.5}
    told = ensemble_note(found, best(dev_auc=0.9, test_auc=0.75, test_error=0.125), "dev_auc", "maximize")
    assert told == "Its test_auc is 0.875, and that of trial 7, the best, 0.75. The ensemble is better there."
    told = ensemble_note(found, best(test_auc=0.875, test_error=0.125), "dev_auc", "maximize")
    assert told.endswith("and that of trial 7, the best, 0.875. The ensemble gains nothing there; one model will do.")
    assert "gains nothing" in ensemble_note(found, best(test_error=0.125), "dev_error", "minimize")


def test_an_objective_of_train_is_compared_by_the_loss_on_test() -> None:
    told = ensemble_note({"test_loss": 0.25}, best(test_loss=0.5), "train_loss", "minimize")
    assert told.startswith("Its test_loss is 0.25")


def test_without_a_figure_on_test_the_way_is_to_evaluate_new_rows() -> None:
    lacks: list[tuple[Metrics, Trial]] = [
        ({"dev_error": 0.1}, best(test_error=0.1)),
        ({"test_error": 0.1}, best()),
    ]
    for found, other in lacks:
        told = ensemble_note(found, other, "dev_error", "minimize")
        assert told == "There is no test_error to compare it by with trial 7: evaluate both on new rows."


def test_with_folds_it_tells_why_figures_on_dev_cannot_be_compared() -> None:
    told = ensemble_note({"test_error": 0.1}, best(test_error=0.2), "dev_error", "minimize", folds=5)
    assert told.endswith("those of the first fold, and a trial's are means over all 5 folds.")
