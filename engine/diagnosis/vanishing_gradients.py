"""Vanishing gradients: next to nothing of the error reaches the first layer."""

import math
from collections.abc import Sequence
from statistics import median

from engine.diagnosis.base import VANISHING_GRADIENTS, Curve, Diagnosis
from engine.diagnosis.divergence import divergence

SMALLEST_RATIO = 1e-3
"""First layer's gradient norm over the last's. Of networks that learn, 95 of 100 stay above 0.25; a sigmoid layer takes
at least 3/4 away, so that eight of them leave 1e-5."""


def vanishing_gradients(curve: Curve) -> Diagnosis | None:
    """Find a first layer that hardly learns in a network that has not learned enough."""
    if not curve.readable or curve.learned or curve.comes_down or divergence(curve):
        return None
    norms = [point.gradient_norms for point in curve.recent]
    if not all(map(_comparable, norms)):
        return None
    ratio = median(layers[0] / layers[-1] for layers in norms)
    if ratio >= SMALLEST_RATIO:
        return None
    seen = f"The gradient of layer 1 is {ratio:.2g} times that of layer {len(norms[0])}, the last"
    means = f"(median of {len(norms)} epochs): it fades on its way back, and the first layers hardly learn"
    way = "Try relu or leaky_relu, batch_norm or fewer layers; a smaller learning rate if units saturated"
    detail = f"{seen} {means}. {way} or died."
    return Diagnosis(VANISHING_GRADIENTS, detail, curve.points[-1].epoch, 1)


def _comparable(layers: Sequence[float]) -> bool:
    return len(layers) > 1 and all(map(math.isfinite, layers)) and layers[-1] > 0.0
