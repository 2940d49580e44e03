"""Whether a data set can be cut into the folds of a cross-validation."""

from collections.abc import Iterator
from typing import Any

from app.domain.datasets import DatasetSummary
from app.domain.errors import Fault

_PLACE = "/folds"


def fold_faults(folds: int, dataset: DatasetSummary) -> Iterator[Fault]:
    """Yield what keeps train and dev of a data set, together, from being cut into so many folds."""
    if folds == 1:
        return
    split: Any = dataset.card.get("split") or {}
    if split.get("order") is not None:
        detail = f"The rows of {dataset.name} are in the order of {split['order']}, and folds would train on later ones"
        yield Fault(_PLACE, f"{detail} to be judged by earlier ones. Leave folds out.")
    if split.get("group") is not None:
        yield from _group_faults(folds, dataset.name, split)
    if (rows := dataset.rows["train"] + dataset.rows["dev"]) < folds:
        yield Fault(_PLACE, f"{folds} folds need as many rows, but train and dev have {rows}. Ask for fewer folds.")
    yield from _class_faults(dataset)


def _group_faults(folds: int, name: str, split: Any) -> Iterator[Fault]:
    groups = split.get("groups")
    if groups is None:
        detail = f"{name} was cut by {split['group']}, but its groups are not stored, so that folds would part them"
        yield Fault(_PLACE, f"{detail}. Upload it once more by another name, without a dev_file.")
    elif groups < folds:
        detail = f"{folds} folds need as many groups, but train and dev of {name} have {groups}"
        yield Fault(_PLACE, f"{detail}. Ask for {groups} folds or fewer.")


def _class_faults(dataset: DatasetSummary) -> Iterator[Fault]:
    classes: Any = dataset.card.get("classes") or []
    counts: Any = dataset.card.get("class_counts")
    if counts is None:
        return
    for name, train, dev in zip(classes, counts["train"], counts["dev"], strict=True):
        if train + dev < 2:
            detail = f"The class {name} has {train + dev} row in train and dev: some fold would not train on it"
            yield Fault(_PLACE, f"{detail}. Add rows of it, or leave folds out.")
