"""From the hyperparameters of a trial to a member of the engine."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from app.domain.work import Segment
from app.training.hyperparameters import complete
from engine.augmentation.settings import Augmentation
from engine.early_stopping import Patience
from engine.seeds import Seed
from engine.spec import Knobs, MemberSpec, Structure
from engine.training_set import TrainingSet


def structure_of(params: Mapping[str, Any], inputs: int, outputs: int, loss: str) -> Structure:
    """Return the structure of a network with these hyperparameters."""
    return Structure(
        inputs=inputs,
        hidden_units=tuple(params["hidden_units"]),
        outputs=outputs,
        activation=params["activation"],
        loss=loss,
        batch_size=params["batch_size"],
        batch_norm=params["batch_norm"],
    )


def member_of(segment: Segment, data: TrainingSet) -> MemberSpec:
    """Return the member that a segment asks for."""
    params: Mapping[str, Any] = complete(segment.params)
    patience = segment.early_stopping
    return MemberSpec(
        structure=structure_of(params, data.inputs, data.outputs, data.loss_name),
        optimizer=params["optimizer"],
        initializer=params["initializer"],
        knobs=Knobs(**{field.name: params[field.name] for field in fields(Knobs)}),
        epochs=segment.to_epoch,
        seed=Seed(segment.seed, segment.lease.trial),
        objective=segment.metric,  # type: ignore[arg-type]  # the server admits only the engine's metrics
        patience=None if patience is None else Patience(patience.patience, patience.min_delta),
        decay=params["decay"],
        decay_by=params["decay_by"],
        augment=Augmentation(**params["augment"]),
    )
