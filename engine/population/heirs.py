"""Heirs: a member that goes on from where another one stopped, with knobs and a seed of its own."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from engine.averages import corrected_weight
from engine.early_stopping import BestEpoch
from engine.optimizers import OPTIMIZERS, Factors
from engine.population.batches import batch_sizes
from engine.population.checkpoint import Checkpoint
from engine.spec import Knobs, MemberSpec
from engine.training_set import TrainingSet


def heir_of(checkpoint: Checkpoint, before: MemberSpec, after: MemberSpec, data: TrainingSet) -> Checkpoint:
    """Return where `after` begins that inherits what `before` had become by its checkpoint.

    The two may differ in knobs, seed and patience. Weights stay as they are, and so does what an average stands for:
    the plain sums of moments and of batch norm are of the old betas, and are brought to the new ones. The best epoch is
    sought anew, among those of the heir, and patience begins anew. Raises ValueError for specs that differ in more, and
    for a checkpoint of another structure.
    """
    alike = replace(after, knobs=before.knobs, seed=before.seed, patience=before.patience)
    if alike != before:
        raise ValueError(f"{after} cannot inherit from {before}: they differ in more than knobs, seed and patience.")
    if misfits := list(checkpoint.misfits(before.structure, data.dtype)):
        raise ValueError(f"The checkpoint is not of the member that is inherited from: {', '.join(misfits)}.")
    rows = dict(checkpoint.rows)
    updates = np.array([checkpoint.epoch * len(batch_sizes(len(data.train), before.structure))])
    for name, old, new in _weights(before, after, updates):
        rows[name] = rows[name] * (old / new).astype(rows[name].dtype)[:, np.newaxis]
    return replace(checkpoint, best=BestEpoch(reference_epoch=checkpoint.epoch), best_values={}, rows=rows)


def _weights(
    before: MemberSpec, after: MemberSpec, updates: NDArray[np.int64]
) -> Iterator[tuple[str, Factors, Factors]]:
    """Yield for each row of plain sums what made it an average under the old knobs, and does under the new ones."""
    old, new = Knobs.columns([before.knobs]), Knobs.columns([after.knobs])
    optimizer = OPTIMIZERS[before.optimizer]
    moments = zip(optimizer.averaging(old, updates), optimizer.averaging(new, updates), strict=True)
    for number, (one, other) in enumerate(moments, start=1):
        yield f"moment{number}", one, other
    betas = old["batch_norm_beta"], new["batch_norm_beta"]
    yield "averages", corrected_weight(betas[0], updates), corrected_weight(betas[1], updates)
