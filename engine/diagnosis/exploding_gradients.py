"""Exploding gradients: their norms grow from epoch to epoch, or stop being finite."""

import math
from statistics import median

from engine.diagnosis.base import EXPLODING_GRADIENTS, WINDOW, Curve, Diagnosis, Point

GROWTH = 100.0
"""The largest norm of an epoch over the smallest: noise makes it 10, and leaving a flat start more, but then the
loss falls."""

_WAY = "Try a smaller learning rate, clip_norm, batch_norm or fewer layers."


def exploding_gradients(curve: Curve) -> Diagnosis | None:
    """Find gradients that are not finite, or that grow while the loss does not fall."""
    known = [point for point in curve.points if point.gradient_norms]
    broken = next((point for point in known if not all(map(math.isfinite, point.gradient_norms))), None)
    if broken is not None:
        return _infinite(broken)
    if not known or not curve.readable or curve.falls or not curve.above_guessing:
        return None
    lowest = min(known, key=lambda point: max(point.gradient_norms))
    start, end = max(lowest.gradient_norms), median(max(point.gradient_norms) for point in known[-WINDOW:])
    if not 0.0 < start * GROWTH <= end:
        return None
    layer = max(range(len(known[-1].gradient_norms)), key=known[-1].gradient_norms.__getitem__) + 1
    seen = f"The largest gradient of a layer grew from {start:.2g} in epoch {lowest.epoch} to {end:.2g}"
    detail = f"{seen}, and the training loss does not fall: the steps throw the weights about. {_WAY}"
    return Diagnosis(EXPLODING_GRADIENTS, detail, known[-1].epoch, layer)


def _infinite(point: Point) -> Diagnosis:
    layer = next(n for n, norm in enumerate(point.gradient_norms, 1) if not math.isfinite(norm))
    seen = f"The gradient of layer {layer} was no finite number any more in epoch {point.epoch}"
    detail = f"{seen}: it grew from layer to layer or from step to step. {_WAY}"
    return Diagnosis(EXPLODING_GRADIENTS, detail, point.epoch, layer)
