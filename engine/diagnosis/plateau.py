"""A plateau: the loss stands still where the network has learned next to nothing."""

from engine.diagnosis.base import MARGIN, PLATEAU, WINDOW, Curve, Diagnosis
from engine.diagnosis.divergence import divergence


def plateau(curve: Curve) -> Diagnosis | None:
    """Find a flat curve that has not converged: it stands at the loss of guessing, or above it where it began."""
    if not curve.readable or curve.falls or curve.beats_guessing or divergence(curve):
        return None
    start = curve.points[0].train_loss
    if curve.above_guessing and curve.end < (1.0 - MARGIN) * start:
        return None
    seen = f"The training loss is {curve.end:.4g}, began with {start:.4g} and fell by {max(curve.improvement, 0.0):.2%}"
    means = f"over the last {WINDOW} epochs; guessing has {curve.guessing:.4g}: the network has learned next to nothing"
    way = "Try a larger learning rate or Adam; a smaller one if the loss jumped up before it stood still"
    detail = f"{seen} {means}. {way}; and see whether the inputs can tell the target at all."
    return Diagnosis(PLATEAU, detail, curve.points[-1].epoch)
