"""Importance: how much each parameter decides whether a trial is among the best ones, by PED-ANOVA.

Watanabe, Bansal and Hutter, "PED-ANOVA: Efficiently Quantifying Hyperparameter Importance in Arbitrary Subspaces",
IJCAI 2023: the Pearson divergence between where the best trials lie on an axis and where all of them lie. It was chosen
before a forest's fANOVA since it takes milliseconds, needs no model to be trusted, and asks what a user asks: what
makes the best trials. Times q / (1 - q) the divergence of the best share q is the share of the variance of "is among
them" that a parameter explains alone. Its mean over the best tenth, quarter and half is taken: of few trials the best
tenth alone tells little from chance. The best never lie evenly, so what shuffled trials come to is taken off.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from app.analysis.densities import cells_of, distances
from app.analysis.evidence import Evidence, Floats, Rows, best_count

BEST = 0.1
"""The best tenth of the trials."""

_LEVELS = (BEST, 0.25, 0.5)
"""The best shares of the trials over which importance is averaged."""

_PAIR_BEST = 0.2
"""Pairs, whose cells are many, look at the best fifth."""

_CELLS, _PAIR_CELLS = 32, 6
_RESAMPLES, _SHUFFLES = 200, 200
_SEED = 13
"""The same trials have the same answer."""

_MOST_PAIRED, _MOST_PAIRS = 8, 3


@dataclass(frozen=True, slots=True)
class Importance:
    """The `share` of a parameter in what tells the best trials from all, with its 95 % bootstrap interval.

    All shares sum to 1, or are 0 if nothing can be told from chance. `matters` is whether it can: whether the parameter
    tells more than it does in 95 % of shufflings of the trials.
    """

    parameter: str
    share: float
    low: float
    high: float
    matters: bool


@dataclass(frozen=True, slots=True)
class PairImportance:
    """Two parameters that tell the best fifth together better than alone: by so large a `share` of what all tell alone.

    Each of them is told beyond what 100 shufflings of the trials come to.
    """

    parameters: Sequence[str]
    share: float


def importance(evidence: Evidence) -> list[Importance]:
    """Return the importance of each parameter, the most important first; nothing with too few trials."""
    if not evidence.enough:
        return []
    rng = np.random.default_rng(_SEED)
    weights = rng.multinomial(len(evidence.trials), np.full(len(evidence.trials), 1 / len(evidence.trials)), _RESAMPLES)
    measured = {name: _measured(evidence, name, weights.astype(np.float64), rng) for name in evidence.space}
    totals = sum(one.resampled for one in measured.values())
    total = sum(one.found for one in measured.values())
    shares = [_share(name, one, total, np.asarray(totals)) for name, one in measured.items()]
    return sorted(shares, key=lambda one: -one.share)


def pairs(evidence: Evidence, ranked: Sequence[Importance]) -> list[PairImportance]:
    """Return the pairs of the most important parameters that matter together, the strongest first."""
    names = [one.parameter for one in ranked[:_MOST_PAIRED]]
    rng, found = np.random.default_rng(_SEED), list[PairImportance]()
    alone = sum(_alone(evidence, name, rng) for name in names)
    for first, second in combinations(names, 2):
        rows = evidence.drawn(first, second)
        beyond = _beyond(evidence, (first, second), rows, rng) if len(rows) >= 2 * _PAIR_CELLS else 0.0
        if beyond > 0.0:
            found.append(PairImportance([first, second], beyond / (alone + beyond)))
    return sorted(found, key=lambda one: -one.share)[:_MOST_PAIRS]


@dataclass(frozen=True, slots=True)
class _Measured:
    """What a parameter tells beyond chance, in the trials and in each resample, and whether that is beyond chance."""

    found: float
    resampled: Floats
    matters: bool


def _measured(evidence: Evidence, name: str, weights: Floats, rng: np.random.Generator) -> _Measured:
    """Measure one parameter in the trials that have it; where few have it, it decides for few."""
    rows = evidence.drawn(name)
    if len(rows) < 2 or np.ptp(evidence.coordinates[name][rows]) == 0.0:
        return _Measured(0.0, np.zeros(len(weights)), matters=False)
    active, everyone = len(rows) / len(evidence.trials), np.ones((1, len(rows)))
    axis, places = evidence.space.parameters[name], evidence.coordinates[name][rows]
    order = rng.random((_SHUFFLES, len(rows))).argsort(1)
    resampled = weights[:, rows] + 1e-9  # so that none is empty
    found, chance, spread = 0.0, np.zeros(_SHUFFLES), np.zeros(len(weights))
    for best in (best_count(len(rows), level) for level in _LEVELS):
        cells, explained = cells_of(axis, places, best, _CELLS), best / (len(rows) - best) / len(_LEVELS)
        found += explained * float(distances(_heads(everyone, best), everyone, cells)[0])
        chance += explained * distances((order < best).astype(np.float64), everyone, cells)
        spread += explained * distances(_heads(resampled, best), resampled, cells)
    beyond, level = found - float(chance.mean()), float(np.quantile(chance, 0.95))
    # A resample has its own surplus by chance: it is centred on what was found.
    centred = np.maximum(spread - spread.mean() + beyond, 0.0)
    return _Measured(active * max(beyond, 0.0), active * centred, matters=found > level)


def _share(name: str, one: _Measured, total: float, totals: Floats) -> Importance:
    if total <= 0.0:
        return Importance(name, 0.0, 0.0, 1.0, one.matters)
    shares = one.resampled / np.maximum(totals, 1e-12)
    share = one.found / total
    low, high = (float(end) for end in np.quantile(shares, [0.025, 0.975]))
    return Importance(name, share, min(low, share), max(high, share), one.matters)


def _heads(weights: Floats, best: int) -> Floats:
    """Return of rows of weights, whose trials come best first, what makes up the `best` ones."""
    before = np.cumsum(weights, 1) - weights
    return np.asarray(np.clip(best - before, 0.0, weights))


def _shuffled(count: int, best: int, shuffles: int, rng: np.random.Generator) -> Floats:
    """Return groups of so many trials chosen by chance, (shuffles, count) of 0 and 1."""
    return np.asarray(rng.random((shuffles, count)).argsort(1) < best, np.float64)


def _alone(evidence: Evidence, name: str, rng: np.random.Generator) -> float:
    """Return what a parameter tells alone of the best fifth, beyond chance."""
    rows = evidence.drawn(name)
    best = best_count(len(rows), _PAIR_BEST)
    if not best:
        return 0.0
    cells, everyone = _pair_cells(evidence, name, rows, best), np.ones((1, len(rows)))
    chance = distances(_shuffled(len(rows), best, _SHUFFLES, rng), everyone, cells).mean()
    return max(float(distances(_heads(everyone, best), everyone, cells)[0] - chance), 0.0)


def _beyond(evidence: Evidence, names: tuple[str, str], rows: Rows, rng: np.random.Generator) -> float:
    """Return what two parameters tell together beyond their product and all of 100 shufflings; 0 if they do not."""
    best = best_count(len(rows), _PAIR_BEST)
    first, second = (_pair_cells(evidence, name, rows, best) for name in names)
    joint = (first[:, :, None] * second[:, None, :]).reshape(len(rows), -1)
    everyone = np.ones((1, len(rows)))

    def together(groups: Floats) -> Floats:
        alone = [1.0 + distances(groups, everyone, cells) for cells in (first, second)]
        return np.asarray(1.0 + distances(groups, everyone, joint) - alone[0] * alone[1])

    found = float(together(_heads(everyone, best))[0])
    chance = together(_shuffled(len(rows), best, 100, rng))
    return found - float(chance.mean()) if found > float(chance.max()) else 0.0


def _pair_cells(evidence: Evidence, name: str, rows: Rows, best: int) -> Floats:
    return cells_of(evidence.space.parameters[name], evidence.coordinates[name][rows], best, _PAIR_CELLS)


def irrelevant(ranked: Sequence[Importance]) -> list[str]:
    """Return the parameters of which nothing can be told from chance."""
    return [one.parameter for one in ranked if not one.matters]
