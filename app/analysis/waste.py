"""Waste: what of the budget bought no better trial."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.domain.states import TrialState
from app.domain.trials import Trial
from app.domain.values import key


@dataclass(frozen=True, slots=True)
class SpentOn:
    """So many trials, and the epochs and seconds of training that went into them."""

    trials: int
    epochs: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Waste:
    """What was spent on `all` trials that were read, and of it on such as bought nothing; each counts once.

    `diverged` and `pruned` ones; `duplicates`, whose point one with a lower number had; and of completed ones what came
    `after_best`, behind the best epoch. Pruned trials are the price of a scheduler, and mostly well spent.
    """

    all: SpentOn
    diverged: SpentOn
    pruned: SpentOn
    duplicates: SpentOn
    after_best: SpentOn


def waste(trials: Sequence[Trial], trainings: int = 1) -> Waste:
    """Return what trials, in the order of their numbers, spent; each epoch was trained `trainings` times."""
    own = [one for one in trials if one.same_as is None]
    twins = _twins(own)

    def spent(fits: Callable[[Trial], bool], share: Callable[[Trial], float] = lambda _: 1.0) -> SpentOn:
        found = [(one, share(one)) for one in own if fits(one)]
        epochs = round(sum(one.epochs * part for one, part in found)) * trainings
        return SpentOn(len(found), epochs, sum((one.seconds * part for one, part in found), 0.0))

    ended = (TrialState.DIVERGED, TrialState.PRUNED)
    return Waste(
        spent(lambda _: True),
        spent(lambda one: one.state is TrialState.DIVERGED),
        spent(lambda one: one.state is TrialState.PRUNED),
        spent(lambda one: one.number in twins and one.state not in ended),
        spent(lambda one: one.number not in twins and _after_best(one) > 0.0, _after_best),
    )


def _twins(trials: Sequence[Trial]) -> set[int]:
    """Return the numbers of those whose point an earlier one had. Few agree in all numbers: they alone get a key."""
    numbers = [tuple(value for value in one.params.values() if isinstance(value, int | float)) for one in trials]
    counts, first = Counter(numbers), dict[str, int]()
    alike = [one for one, its in zip(trials, numbers, strict=True) if counts[its] > 1]
    return {one.number for one in alike if first.setdefault(key(one.params), one.number) != one.number}


def _after_best(one: Trial) -> float:
    """Return the share of a completed trial's epochs that came behind its best one."""
    if one.state is not TrialState.COMPLETED or one.best_epoch is None or not one.epochs:
        return 0.0
    return 1.0 - one.best_epoch / one.epochs
