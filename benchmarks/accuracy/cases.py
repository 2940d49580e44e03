"""The cases: a data set, a network with all its settings, and the figure that it should reach."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.accuracy.tables import mnist, table
from benchmarks.spread import Target
from engine.augmentation.settings import Augmentation
from engine.data import Dataset
from engine.seeds import Seed
from engine.spec import NO_AUGMENTATION, BatchSize, Knobs, MemberSpec, Structure
from engine.training_set import TrainingSet


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a network is trained; what is not here is at the engine's default."""

    hidden_units: tuple[int, ...]
    batch_size: BatchSize
    epochs: int
    knobs: Knobs
    activation: str = "relu"
    optimizer: str = "adam"
    decay: str = "exponential"
    batch_norm: bool = False
    augment: Augmentation = NO_AUGMENTATION

    def member(self, data: TrainingSet, number: int) -> MemberSpec:
        """Return the member with the seed `number`; the best epoch is that of the lowest dev error."""
        shape = data.inputs, self.hidden_units, data.outputs
        structure = Structure(*shape, self.activation, data.loss_name, self.batch_size, self.batch_norm)
        objective: str = "dev_rmse" if data.error_name() == "rmse" else "dev_error"
        return MemberSpec(
            structure, self.optimizer, "auto", self.knobs, self.epochs, Seed(0, number), objective,
            decay=self.decay, augment=self.augment,
        )  # fmt: skip  # a line for what every member has, one for what varies


@dataclass(frozen=True, slots=True)
class Case:
    """A figure to measure: the test error, or the root mean square error divided by `unit`.

    On a table each seed is a random split of its own, by `fractions`; on images, which have their test set, it is
    another network, and all seeds train in one stack.
    """

    recipe: Recipe
    target: Target
    seeds: int
    fractions: tuple[float, float, float] | None = None
    unit: float = 1.0

    def datasets(self, folder: Path, name: str) -> Sequence[tuple[Dataset, Sequence[int]]]:
        """Return the data sets with the seeds of the networks that train on each."""
        if self.fractions is None:
            return [(mnist(folder), range(self.seeds))]
        source = name.split(",", maxsplit=1)[0]
        return [(table(folder, source, seed, self.fractions), [seed]) for seed in range(self.seeds)]


_NINETY_TEN = (0.8, 0.1, 0.1)  # 90 for train and dev together
_ADULT = (28_461 / 48_842, 4_100 / 48_842, 16_281 / 48_842)  # the official test set has 16,281 rows

CASES: Mapping[str, Case] = {
    "mnist, 800": Case(Recipe((800,), 128, 12, Knobs(1e-3, decay_rate=0.85, l2=0.01)), Target("<=", 0.018), 3),
    "mnist, 800, dropout": Case(
        Recipe((800,), 128, 80, Knobs(1e-3, decay_rate=0.96, keep_prob=0.5, input_keep_prob=0.6)),
        Target("<=", 0.013),
        3,
    ),
    "mnist, 800, augmentation": Case(
        Recipe(
            (800,),
            128,
            60,
            Knobs(1e-3, decay_rate=0.95),
            augment=Augmentation(tilt=10.0, shift=1.5, zoom=0.1, elastic=1.2),
        ),
        Target("<=", 0.00995),
        3,
    ),
    "concrete": Case(
        Recipe((64, 64), 32, 300, Knobs(0.005, decay_rate=0.99, l2=0.03)), Target("<=", 5.0), 5, _NINETY_TEN
    ),
    "energy": Case(
        Recipe((64, 64), 32, 600, Knobs(0.005, decay_rate=0.995), activation="tanh"), Target("<=", 0.6), 5, _NINETY_TEN
    ),
    "adult": Case(
        Recipe((256,), 256, 25, Knobs(0.002, decay_rate=0.9, l1=0.02, keep_prob=0.5, input_keep_prob=0.95)),
        Target("<=", 0.145),
        5,
        _ADULT,
    ),
    "california_housing": Case(
        Recipe((128, 128), 128, 100, Knobs(0.003, decay_rate=0.97, l2=0.02, keep_prob=0.95)),
        Target("<=", 0.52),
        5,
        (0.72, 0.08, 0.2),
        unit=100_000.0,
    ),
    "letter": Case(
        Recipe((256, 256), 128, 60, Knobs(0.004, decay_rate=0.95, keep_prob=0.85), batch_norm=True),
        Target("<=", 0.035),
        5,
        (0.7, 0.1, 0.2),
    ),
}
