"""From the hyperparameters of a trial to a member of the engine."""

from collections.abc import Mapping
from typing import Any

from app.contract.structure import named, structure_of
from app.domain.work import LeasedRun, Piece
from engine.augmentation.settings import Augmentation
from engine.early_stopping import Patience
from engine.rules import CURRENT
from engine.seeds import Seed
from engine.spec import Knobs, MemberSpec
from engine.training_set import TrainingSet


def member_of(run: LeasedRun, data: TrainingSet) -> MemberSpec:
    """Return the member that a run asks for, to the end of all its epochs."""
    stopping = run.early_stopping
    return spec_of(
        run.params,
        data,
        _seed(run, run.trial),
        run.metric,
        None if stopping is None else Patience(stopping.patience, stopping.min_delta),
        run.rules,
    )


def ancestor_of(run: LeasedRun, piece: Piece, data: TrainingSet) -> MemberSpec:
    """Return the member that trains an ancestor's piece of a run."""
    return spec_of(piece.params, data, _seed(run, piece.trial), run.metric, rules=run.rules)


def _seed(run: LeasedRun, trial: int) -> Seed:
    return Seed(run.seed, trial, run.replicate // run.folds)


def spec_of(
    params: Mapping[str, Any],
    data: TrainingSet,
    seed: Seed,
    objective: str = "train_loss",
    patience: Patience | None = None,
    rules: int = CURRENT,
) -> MemberSpec:
    """Return the member with these hyperparameters, all of them."""
    return MemberSpec(
        structure=structure_of(params, data.inputs, data.outputs, data.loss_name, rules),
        knobs=Knobs(**named(params, "knob")),
        seed=seed,
        objective=objective,
        patience=patience,
        **named(params, "training") | {"augment": Augmentation(**params["augment"])},
    )
