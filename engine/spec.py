"""What a member is made of: the structure that fixes array shapes, and the knobs that may differ in a stack."""

from dataclasses import dataclass
from typing import Literal

from engine.augmentation.settings import Augmentation
from engine.early_stopping import Patience
from engine.lr_decay import DecayUnit
from engine.rules import CURRENT
from engine.seeds import Seed

BatchSize = int | Literal["full"]
NO_AUGMENTATION = Augmentation()
Metric = Literal["train_loss", "dev_loss", "dev_error", "dev_rmse"]


@dataclass(frozen=True, slots=True)
class Structure:
    """What fixes the array shapes and the code path of a network; members of equal structure share a stack."""

    inputs: int
    hidden_units: tuple[int, ...]
    outputs: int
    activation: str
    loss: str
    batch_size: BatchSize
    batch_norm: bool = False
    rules: int = CURRENT


@dataclass(frozen=True, slots=True)
class Knobs:
    """The plain numbers of one member; they may differ from row to row of a stack.

    Zero leaves out a penalty, the warm-up and the clipping; a keep probability of one leaves out dropout.
    """

    learning_rate: float
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    l1: float = 0.0
    l2: float = 0.0
    keep_prob: float = 1.0
    input_keep_prob: float = 1.0
    batch_norm_beta: float = 0.9
    decay_rate: float = 0.95
    decay_every: float = 1.0
    warmup_epochs: float = 0.0
    clip_norm: float = 0.0

    @property
    def drops(self) -> bool:
        """Whether the member drops units or inputs."""
        return self.keep_prob < 1.0 or self.input_keep_prob < 1.0


@dataclass(frozen=True, slots=True)
class MemberSpec:
    """All that decides a member's bits, but for the data.

    `class_weights` is what an example of each class counts in training, in the order of the classes; none of them:
    every example counts one.
    """

    structure: Structure
    optimizer: str
    initializer: str
    knobs: Knobs
    epochs: int
    seed: Seed
    objective: Metric
    patience: Patience | None = None
    decay: str = "none"
    decay_by: DecayUnit = "epoch"
    augment: Augmentation = NO_AUGMENTATION
    class_weights: tuple[float, ...] = ()
