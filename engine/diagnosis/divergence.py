"""Divergence: the loss is not finite any more, or it jumps about far above that of guessing."""

from engine.diagnosis.base import DIVERGENCE, Curve, Diagnosis

JUMP = 1.25
"""The window's highest loss over the curve's lowest: above guessing, and not falling, runs with too short steps
stay below 1.01, and those with too long ones start at 1.2."""

_WAY = "Try a learning rate 3 to 10 times smaller, normalised inputs, or clip_norm."


def divergence(curve: Curve) -> Diagnosis | None:
    """Find a loss that left all bounds."""
    if curve.broken is not None:
        epoch = curve.broken.epoch
        detail = f"The loss was no finite number any more in epoch {epoch}: the steps were far too long. {_WAY}"
        return Diagnosis(DIVERGENCE, detail, epoch)
    if not curve.readable or curve.falls or not curve.above_guessing:
        return None
    lowest = min(point.train_loss for point in curve.points)
    highest = max(point.train_loss for point in curve.recent)
    if highest < JUMP * lowest:
        return None
    seen = f"The training loss rose to {highest:.4g} in the last {len(curve.recent)} epochs, was {lowest:.4g} at best"
    detail = f"{seen}, and guessing has {curve.guessing:.4g}: the steps are too long to settle. {_WAY}"
    return Diagnosis(DIVERGENCE, detail, curve.points[-1].epoch)
