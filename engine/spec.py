"""What a member is made of: the structure that fixes array shapes, and the knobs that may differ in a stack."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from engine.augmentation.settings import Augmentation
from engine.class_weights import ClassWeight
from engine.early_stopping import Patience
from engine.hyperparameters import HYPERPARAMETERS
from engine.lr_decay import DecayUnit
from engine.rules import CURRENT
from engine.seeds import Seed

BatchSize = int | Literal["full"]

_DEFAULTS: Mapping[str, Any] = {row.name: row.default for row in HYPERPARAMETERS.values()}
NO_AUGMENTATION = Augmentation(**_DEFAULTS["augment"])


@dataclass(frozen=True, slots=True)
class Structure:
    """What fixes the array shapes and the code path of a network; members of equal structure share a stack."""

    inputs: int
    hidden_units: tuple[int, ...]
    outputs: int
    activation: str
    loss: str
    batch_size: BatchSize
    batch_norm: bool = _DEFAULTS["batch_norm"]
    rules: int = CURRENT


@dataclass(frozen=True, slots=True)
class Knobs:
    """The plain numbers of one member; they may differ from row to row of a stack.

    Zero leaves out a penalty, the warm-up and the clipping; a keep probability of one leaves out dropout.
    """

    learning_rate: float
    beta1: float = _DEFAULTS["beta1"]
    beta2: float = _DEFAULTS["beta2"]
    epsilon: float = _DEFAULTS["epsilon"]
    l1: float = _DEFAULTS["l1"]
    l2: float = _DEFAULTS["l2"]
    keep_prob: float = _DEFAULTS["keep_prob"]
    input_keep_prob: float = _DEFAULTS["input_keep_prob"]
    batch_norm_beta: float = _DEFAULTS["batch_norm_beta"]
    decay_rate: float = _DEFAULTS["decay_rate"]
    decay_every: float = _DEFAULTS["decay_every"]
    warmup_epochs: float = _DEFAULTS["warmup_epochs"]
    clip_norm: float = _DEFAULTS["clip_norm"]

    @property
    def drops(self) -> bool:
        """Whether the member drops units or inputs."""
        return self.keep_prob < 1.0 or self.input_keep_prob < 1.0

    def faults(self) -> Iterator[str]:
        """Yield a sentence for each knob that is out of its range."""
        for name in (entry.name for entry in fields(self)):
            if fault := HYPERPARAMETERS[name].fault(getattr(self, name)):
                yield fault

    @staticmethod
    def columns(members: Sequence["Knobs"]) -> Mapping[str, NDArray[np.float64]]:
        """Return each knob of several members, (R,), by its name."""
        return {
            entry.name: np.array([getattr(knobs, entry.name) for knobs in members], np.float64)
            for entry in fields(Knobs)
        }


@dataclass(frozen=True, slots=True)
class MemberSpec:
    """All that decides a member's bits, but for the data.

    The best epoch is the best by the `objective`: "train_loss", or a metric of dev, such as "dev_auc".
    `class_weight` is what an example of each class counts in training: one, alike in all, or so much by name.
    """

    structure: Structure
    optimizer: str
    initializer: str
    knobs: Knobs
    epochs: int
    seed: Seed
    objective: str
    patience: Patience | None = None
    decay: str = _DEFAULTS["decay"]
    decay_by: DecayUnit = _DEFAULTS["decay_by"]
    augment: Augmentation = NO_AUGMENTATION
    class_weight: ClassWeight = "none"
