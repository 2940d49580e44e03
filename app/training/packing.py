"""Weights and checkpoints as they travel: raw bytes, named by their hash."""

import hashlib
from functools import cache

from app.domain.work import CheckpointRef, Lease, ModelRef
from app.training.machine import made_with
from engine.population import Checkpoint

Snapshot = tuple[Lease, Checkpoint]
"""A checkpoint, and the lease under which its run trains or paused."""


def model_of(weights: bytes) -> ModelRef:
    """Return the reference to weights that this process has trained."""
    return ModelRef(hashlib.sha256(weights).hexdigest(), len(weights), dict(_made_with()))


@cache
def _made_with() -> dict[str, str]:
    return made_with()


def packed(checkpoint: Checkpoint) -> tuple[CheckpointRef, bytes]:
    """Return a checkpoint as bytes, and the reference to them."""
    content = checkpoint.to_bytes()
    return CheckpointRef(checkpoint.epoch, hashlib.sha256(content).hexdigest(), len(content)), content
