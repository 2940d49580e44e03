"""What is said of an ensemble beside the best trial: which of the two is worth more on test, which chose neither."""

from app.domain.objectives import Direction, cost
from app.domain.trials import Trial
from app.domain.work import Metrics
from engine.diagnosis.figures import figure


def ensemble_note(metrics: Metrics, best: Trial, metric: str, direction: Direction, folds: int = 1) -> str:
    """Compare an ensemble that has these `metrics` with the best trial, by the objective on test.

    With several `folds` it tells as well why their figures on dev cannot be compared.
    """
    compared = _on_test(metrics, best, metric, direction)
    if folds == 1:
        return compared
    return f"{compared} On dev its figures are those of the first fold, and a trial's are means over all {folds} folds."


def _on_test(metrics: Metrics, best: Trial, metric: str, direction: Direction) -> str:
    if not metric.startswith("dev_"):  # what trials have no dev counterpart of is chosen by its loss on dev
        metric, direction = "dev_loss", "minimize"
    name = f"test_{metric.removeprefix('dev_')}"
    ours, theirs = metrics.get(name), best.metrics.get(name)
    if ours is None or theirs is None:
        return f"There is no {name} to compare it by with trial {best.number}: evaluate both on new rows."
    told = f"Its {name} is {figure(ours)}, and that of trial {best.number}, the best, {figure(theirs)}"
    if cost(ours, direction) < cost(theirs, direction):
        return f"{told}. The ensemble is better there."
    return f"{told}. The ensemble gains nothing there; one model will do."
