"""The check itself: the gradient of training against two-sided differences of the cost, and a verdict."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from engine.arrays import Array
from engine.augmentation.settings import Augmentation
from engine.gradient_check.cost import Slopes, StackedCost
from engine.gradient_check.sample import sample, trained_blocks
from engine.gradient_check.trained import gradient, row_after
from engine.layout import Layout
from engine.network import Network
from engine.population.batches import batch_orders, batch_sizes
from engine.spec import MemberSpec
from engine.training_set import TrainingSet

Verdict = Literal["great", "look", "worry"]

LOOK, WORRY = 1e-6, 1e-4
"""Where the verdicts "look" and "worry" begin.

About 1e-7 is great, 1e-5 deserves a look, 1e-3 is a reason to worry: the limits lie in the geometric middles.
"""

EXAMPLES = 128
"""The most examples whose cost a check takes, unless said otherwise."""

COORDINATES = 2_000
"""The most trained numbers that a check looks at, unless said otherwise."""

_WORST = 10


@dataclass(frozen=True, slots=True)
class PartialDerivative:
    """One component of the gradient; `difference` is |analytic - numeric|/(|analytic| + |numeric|)."""

    parameter: str
    index: tuple[int, ...]
    analytic: float
    numeric: float
    difference: float


@dataclass(frozen=True, slots=True)
class GradientCheck:
    """What a check found after `steps` mini-batches of training.

    `ratio` is |analytic - numeric|/(|analytic| + |numeric|) of the gradient's `checked` components; `total` is the
    number of all. Left out are `kinks`, where the cost has no slope: a unit of the relu family, or a weight under an
    L1 penalty, so near to 0 that the smallest step passes it. `worst` are the components that add most to the ratio.
    `cost` is that of the `examples`, and NaN or infinite if training diverged; the verdict is "worry" then.
    """

    steps: int
    examples: int
    cost: float
    ratio: float
    verdict: Verdict
    checked: int
    kinks: int
    total: int
    worst: tuple[PartialDerivative, ...]


def gradient_check(
    data: TrainingSet, spec: MemberSpec, steps: int = 0, *, examples: int = EXAMPLES, coordinates: int = COORDINATES
) -> GradientCheck:
    """Check the gradient of a member, at its start or after so many mini-batches.

    `data` must be float64. The cost is the mean loss over the member's first mini-batch, at most `examples` of it,
    plus penalties. Of more than `coordinates` trained numbers a sample is checked, with some of every array, seeded
    by the member and the same for its replicates. Raises ValueError for dropout, for augmentation, and for other data
    than float64.
    """
    _refuse(data, spec)
    sizes = batch_sizes(len(data.train), spec.structure)
    batch = batch_orders([spec.seed], [0], sizes)[0][0, :examples].astype(np.intp)
    layout = Network(spec.structure).layout
    chosen = sample(layout, coordinates, np.random.default_rng((spec.seed.entropy, spec.seed.number)))
    with np.errstate(all="ignore"):  # training may diverge; its cost tells
        row = row_after(data, spec, steps)
        cost = StackedCost(data, spec, batch, chosen)
        slopes, value = cost.slopes(row), cost.at(row)
        ratio, worst = compare(layout, gradient(data, spec, row, batch), slopes)
    kinks = int(slopes.kinked.sum())
    checked = len(chosen) - kinks
    return GradientCheck(steps, len(batch), value, ratio, verdict_of(ratio), checked, kinks, layout.trained, worst)


def refusals(keep_prob: float, input_keep_prob: float, augment: Augmentation) -> Mapping[str, str]:
    """Return why a check is not possible with these settings: a sentence for each that is in the way."""
    found, why = dict[str, str](), "for each evaluation, which makes the cost another function each time"
    for name, value in (("keep_prob", keep_prob), ("input_keep_prob", input_keep_prob)):
        if value < 1.0:
            detail = f"The gradient cannot be checked with {name} {value:g}: dropout draws a fresh mask {why}."
            found[name] = f"{detail} Set {name} to 1."
    if not augment.is_none:
        detail = f"The gradient cannot be checked with augment: images are moved afresh {why}."
        found["augment"] = f"{detail} Leave augment out."
    return found


def _refuse(data: TrainingSet, spec: MemberSpec) -> None:
    found = [*refusals(spec.knobs.keep_prob, spec.knobs.input_keep_prob, spec.augment).values()]
    if data.dtype != np.float64:
        found.append(f"The data is {data.dtype}, too coarse for differences. Prepare it with float64.")
    if found:
        raise ValueError(" ".join(found))


def compare(layout: Layout, analytic: Array, slopes: Slopes) -> tuple[float, tuple[PartialDerivative, ...]]:
    """Return the ratio of a gradient (trained columns,) to the slopes, and its worst components.

    The ratio is NaN where every coordinate has a kink: nothing was compared.
    """
    smooth = ~slopes.kinked
    if not smooth.any():
        return math.nan, ()
    columns, numeric = slopes.coordinates[smooth], slopes.numeric[smooth]
    own = analytic[columns]
    apart = np.abs(own - numeric)
    order = [place for place in np.argsort(-apart, kind="stable")[:_WORST] if 0.0 < apart[place] < math.inf]
    worst = tuple(_component(layout, int(columns[place]), float(own[place]), float(numeric[place])) for place in order)
    return _relative(float(np.linalg.norm(apart)), float(np.linalg.norm(own) + np.linalg.norm(numeric))), worst


def _component(layout: Layout, column: int, analytic: float, numeric: float) -> PartialDerivative:
    name, block = next(found for found in trained_blocks(layout) if found[1].start <= column < found[1].stop)
    index = tuple(int(place) for place in np.unravel_index(column - block.start, block.shape))
    difference = _relative(abs(analytic - numeric), abs(analytic) + abs(numeric))
    return PartialDerivative(name, index, analytic, numeric, difference)


def _relative(difference: float, size: float) -> float:
    return 0.0 if size == 0.0 else difference / size


def verdict_of(ratio: float) -> Verdict:
    """Return the verdict on a ratio; one that is no number is a reason to worry."""
    if ratio < LOOK:
        return "great"
    return "look" if ratio < WORRY else "worry"
