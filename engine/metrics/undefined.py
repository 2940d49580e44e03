"""Why a metric cannot be the objective on some targets: it has no value there, or one value whatever is answered."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.data.quoting import listed, quoted
from engine.data.target import Task
from engine.metrics.residuals import spread

_MOST_NAMED = 5
_WAY_OUT = "Choose another objective, or cut the parts of the data set in another way"


def undefined(metric: str, task: Task, dev_targets: NDArray[Any], classes: Sequence[str]) -> str | None:
    """Return why `metric`, such as "auc", tells no network from another on the targets of a dev part; None if it can.

    The targets (n,) are the numbers of a regression, which has no `classes`, or labels: the places of classes in
    `classes`. The reason is whole sentences, with the way out.
    """
    if task == "regression":
        return _constant(metric, dev_targets)
    if metric == "mcc":
        return _one_class(classes, _counts(dev_targets, classes))
    if not (needed := _needed(metric, task, len(classes))):
        return None
    counts = _counts(dev_targets, classes)
    missing = [quoted(classes[label]) for label in needed if not counts[label]]
    return _missing(metric, missing) if missing else None


def _counts(labels: NDArray[Any], classes: Sequence[str]) -> NDArray[np.intp]:
    return np.bincount(labels.astype(np.intp), minlength=len(classes))


def _missing(metric: str, missing: Sequence[str]) -> str:
    needs = f"{metric} needs rows of it" if len(missing) == 1 else f"{metric} needs rows of each"
    return f"The dev part has no row of class {listed(missing, _MOST_NAMED)}, and {needs}. {_WAY_OUT}."


def _one_class(classes: Sequence[str], counts: NDArray[np.intp]) -> str | None:
    if np.count_nonzero(counts) > 1:
        return None
    only = quoted(classes[int(counts.argmax())])
    return f"All rows of the dev part are of class {only}, and mcc compares classes. {_WAY_OUT}."


def _constant(metric: str, dev_targets: NDArray[Any]) -> str | None:
    if metric != "r2" or spread(dev_targets) > 0.0:
        return None
    differ = np.ptp(dev_targets) > 0.0
    all_are = "All targets of the dev part are"
    only = f"{all_are} so close that their squared distances are 0" if differ else f"{all_are} {dev_targets[0]:g}"
    return f"{only}, and r2 is the share of their variance that the answers explain. {_WAY_OUT}."


def _needed(metric: str, task: Task, classes: int) -> range:
    """Return the labels of the classes without which the metric is undefined, or the same for all networks."""
    if metric in ("auc", "average_precision"):
        return range(classes)
    return range(1, 2) if task == "binary" and metric == "f1" else range(0)
