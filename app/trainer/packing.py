"""Weights and checkpoints as they travel: raw bytes, named by their hash."""

import hashlib
from functools import cache

from app.domain.work import CheckpointRef, Lease, ModelRef
from app.trainer.machine import made_with
from engine.population import Checkpoint

LeasedCheckpoint = tuple[Lease, Checkpoint]
"""A checkpoint, and the lease under which its run trains or paused."""


def model_of(weights: bytes) -> ModelRef:
    """Return the reference to weights that this process has trained."""
    return ModelRef(hashlib.sha256(weights).hexdigest(), len(weights), dict(_made_with()))


@cache
def _made_with() -> dict[str, str]:
    return made_with()


def packed(checkpoint: Checkpoint) -> tuple[CheckpointRef, list[memoryview]]:
    """Return a checkpoint in pieces that share its memory, and the reference to them."""
    pieces, digest = checkpoint.pieces(), hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
    return CheckpointRef(checkpoint.epoch, digest.hexdigest(), sum(piece.nbytes for piece in pieces)), pieces
