"""The split of a table whose rows come in groups, such as the visits of one patient: each group stays in one part."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from engine.data.part_tables import PARTS
from engine.data.parts.apportionment import shares_of
from engine.data.parts.cut import FRACTIONS, Fractions, asked, shown
from engine.data.parts.split import Split
from engine.data.table import TableError, TableFault
from engine.data.target import Target

Groups = NDArray[np.intp]


def split_groups(groups: Groups, target: Target, seed: int, fractions: Fractions = FRACTIONS) -> Split:
    """Split rows whose groups are numbered from 0, (rows,), into parts of the given fractions.

    The groups are shuffled and, those of one class after those of another, dealt to the part that lacks most rows. So
    each class is spread over the parts, and each part is within the largest group of its share: it is given a group
    only while it lacks rows, and lacks at most 1/2 + 1/3 of a group (the bound of a cup game with three cups). Where
    a class would not be in train, or a part without a group, some groups are pinned first; only what classes need in
    train may then be more than its share and a group. Raises TableError if the groups are too few for the parts.
    """
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed)))
    classes = _ClassesOfGroups(groups, target)
    order = np.lexsort((rng.permutation(classes.count), classes.most))
    part_of = _assigned(classes, order, fractions)
    surplus = np.bincount(part_of, classes.sizes, len(PARTS)) - shares_of(len(groups), fractions)
    largest = classes.sizes.max()
    if surplus[0] <= largest < np.abs(surplus).max():
        raise TableError([TableFault(_too_few(classes, fractions), "group")])
    return Split(*(np.flatnonzero(part_of[groups] == part) for part in range(len(PARTS))))


class _ClassesOfGroups:
    """How many rows each group has, of which classes; a regression counts as one class."""

    def __init__(self, groups: Groups, target: Target) -> None:
        self.sizes = np.bincount(groups)
        self.count = len(self.sizes)
        labels = target.values if target.classes else np.zeros(len(groups), np.int64)
        self.kinds = max(len(target.classes), 1)
        pairs, rows = np.unique(groups * self.kinds + labels, return_counts=True)
        self.group, self.label = np.divmod(pairs, self.kinds)
        last = np.lexsort((self.label, rows, self.group))[np.cumsum(np.bincount(self.group)) - 1]
        self.most = self.label[last]

    def missing(self, in_train: NDArray[np.bool_]) -> NDArray[np.intp]:
        """Return the classes of which no group is in train."""
        return np.setdiff1d(self.label, self.label[in_train[self.group]])

    def cover(self, labels: NDArray[np.intp], order: Groups) -> list[int]:
        """Return groups in which those classes are: the one with most of those left, the smallest first, and so on."""
        chosen: list[int] = []
        rank = np.argsort(order)
        while len(labels):
            counts = np.bincount(self.group[np.isin(self.label, labels)], minlength=self.count)
            chosen.append(int(np.lexsort((rank, self.sizes, -counts))[0]))
            labels = np.setdiff1d(labels, self.label[self.group == chosen[-1]])
        return chosen


def _assigned(classes: _ClassesOfGroups, order: Groups, fractions: Fractions) -> Groups:
    """Return the part of each group; where a class or a part needs it, some are pinned before the others are dealt."""
    pins: dict[int, int] = {}
    by_size = order[np.argsort(classes.sizes[order], kind="stable")].tolist()
    while True:
        part_of = _dealt(classes.sizes, order, fractions, pins)
        empty = [part for part in asked(fractions) if not (part_of == part).any()]
        if len(missing := classes.missing(part_of == 0)):
            every = classes.missing(np.zeros(classes.count, np.bool_))
            pins |= dict.fromkeys(classes.cover(every if pins else missing, order), 0)
        elif empty:
            spare = next((group for group in by_size if group not in pins), None)
            if spare is None:
                raise TableError([TableFault(_too_few(classes, fractions), "group")])
            pins[spare] = empty[0]
        else:
            return part_of


def _dealt(sizes: Groups, order: Groups, fractions: Fractions, pins: Mapping[int, int]) -> Groups:
    """Return the part of each group: the pinned ones first, then each in its turn to the part that lacks most rows."""
    part_of = np.empty(len(sizes), np.intp)
    filled, dealt = [0, 0, 0], 0
    for group in [*pins, *(one for one in order.tolist() if one not in pins)]:
        size = int(sizes[group])
        dealt += size
        lacks = [fraction * dealt - rows for fraction, rows in zip(fractions, filled, strict=True)]
        part = pins.get(group, lacks.index(max(lacks)))
        part_of[group] = part
        filled[part] += size
    return part_of


def _too_few(classes: _ClassesOfGroups, fractions: Fractions) -> str:
    sizes = f"{classes.count:,} groups, the largest of {classes.sizes.max():,} rows out of {classes.sizes.sum():,}"
    of_classes = f", and each of the {classes.kinds} classes needs one in train" if classes.kinds > 1 else ""
    way = "Add groups, give the smaller parts a larger share, or send files of their own for them."
    return f"There are {sizes}{of_classes}: too few to cut by the split {shown(fractions)}. {way}"
