"""Train and dev of a data set put together: to train on all of it, or cut into folds, each of which is dev in its turn.

The folds follow from the rows alone, so that they are the same for every network.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from engine.data.dataset import Dataset, Doubles, Groups

_SEED = 0


def fold_of(dataset: Dataset, folds: int, fold: int) -> Dataset:
    """Return the data set in which `fold`, counted from 0, is dev and the other folds are train; test stays.

    Classes are spread evenly over the folds, and rows of one group stay together. What normalises the inputs is learned
    from the training part that comes of it; categories and fills of missing cells stay those of the card.
    """
    y = np.concatenate([dataset.y_train, dataset.y_dev])
    groups = None if dataset.groups is None else np.concatenate([dataset.groups.train, dataset.groups.dev])
    labels = y if dataset.classes else np.zeros(len(y), np.intp)
    held = folds_of_rows(labels, groups, folds) == fold
    x = np.concatenate([dataset.x_train, dataset.x_dev])
    return replace(
        dataset,
        x_train=x[~held],
        y_train=y[~held],
        x_dev=x[held],
        y_dev=y[held],
        doubles=None if dataset.doubles is None else _doubles(dataset.doubles, held),
        groups=None if groups is None else Groups(groups[~held], groups[held]),
    )


def whole_of(dataset: Dataset) -> Dataset:
    """Return the data set in which train is what train and dev were, to train a network that was chosen before.

    The engine scores a dev part after each epoch: it gets the first example, which costs least and says nothing.
    """
    doubles = dataset.doubles
    if doubles is not None:
        both = np.concatenate([doubles.train, doubles.dev])
        doubles = replace(doubles, train=both, dev=both[:1])
    x, y = np.concatenate([dataset.x_train, dataset.x_dev]), np.concatenate([dataset.y_train, dataset.y_dev])
    return replace(dataset, x_train=x, y_train=y, x_dev=x[:1], y_dev=y[:1], doubles=doubles, groups=None)


def folds_of_rows(labels: NDArray[np.intp], groups: NDArray[np.intp] | None, folds: int) -> NDArray[np.intp]:
    """Return the fold of each row, (rows,); `labels` are their classes, `groups` what must stay together."""
    if groups is None:
        return _in_turns(labels, folds)
    order, sizes, most = _shuffled_groups(labels, groups)
    of_group, filled = np.empty(len(sizes), np.intp), np.zeros(folds, np.intp)
    of_class = np.zeros((folds, most.max(initial=0) + 1), np.intp)
    for group in order:
        # The fold that has least of the group's class, and of these the one with the fewest rows.
        chosen = np.lexsort((np.arange(folds), filled, of_class[:, most[group]]))[0]
        of_group[group] = chosen
        filled[chosen] += sizes[group]
        of_class[chosen, most[group]] += sizes[group]
    return of_group[groups]


def _in_turns(labels: NDArray[np.intp], folds: int) -> NDArray[np.intp]:
    """Deal the rows, shuffled, one class after the other: each class and all rows are spread within one row."""
    order = np.lexsort((_random().permutation(len(labels)), labels))
    found = np.empty(len(labels), np.intp)
    found[order] = np.arange(len(labels)) % folds
    return found


def _shuffled_groups(
    labels: NDArray[np.intp], groups: NDArray[np.intp]
) -> tuple[list[int], NDArray[np.intp], NDArray[np.intp]]:
    """Return the groups, larger ones first and equal ones shuffled, the rows of each, and the class of most of them."""
    count = int(groups.max()) + 1
    table = np.zeros((count, int(labels.max()) + 1), np.intp)
    np.add.at(table, (groups, labels), 1)
    sizes = table.sum(axis=1)
    order = np.lexsort((_random().permutation(count), -sizes))
    return [int(group) for group in order if sizes[group]], sizes, table.argmax(axis=1)


def _random() -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(_SEED)))


def _doubles(doubles: Doubles, held: NDArray[np.bool_]) -> Doubles:
    both = np.concatenate([doubles.train, doubles.dev])
    return replace(doubles, train=both[~held], dev=both[held])
