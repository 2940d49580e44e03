"""A data set made ready for a stack: inputs with their column of ones, targets as the loss gathers them."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from engine.arrays import Array, Workspace
from engine.class_weights import ClassWeight, stacked
from engine.data import Dataset, Image, Normalization
from engine.data.encoded import Encoded
from engine.data.part_tables import PARTS
from engine.data.quoting import listed, quoted
from engine.data.target import Task
from engine.inputs import Inputs, Numbers, ScaledBytes
from engine.losses import LOSSES, Loss
from engine.losses.base import Targets
from engine.metrics import usual_error
from engine.rules import CURRENT

_MOST_NAMED = 5

LOSS_OF_TASK: Mapping[str, str] = {"binary": "logistic", "multiclass": "softmax", "regression": "squared"}

SMALL = 32 << 20
"""A part of bytes whose numbers take no more than this is held as numbers: they are fetched faster."""


@dataclass(frozen=True, slots=True)
class Part:
    """The examples of train, dev or test: their inputs, and their targets (n,).

    These are `targets` as the loss gathers them, and `y` as the data set has them: labels, or numbers in their unit.
    `class_weight` is what they count in the loss that networks are judged by on this part.
    """

    inputs: Inputs
    targets: Targets
    y: Targets
    class_weight: ClassWeight = "none"

    def __len__(self) -> int:
        return len(self.inputs)

    @property
    def x(self) -> Array:
        """All inputs as numbers, (n, n_in + 1), with a one after each row; made anew where they are held as bytes."""
        return self.inputs.chunk(slice(None), Workspace(self.inputs.dtype)).loaded()


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """The three parts, as one kind of network reads them.

    The target of a regression is standardised by `target_mean` and `target_scale`, from the training part; for
    classes these are 0 and 1. `normalization` is what the inputs went through, if anything. For rows that are images,
    `fill` (channels,) is what a pixel of 0 is after normalisation. `class_counts` are the training examples of each of
    the `classes`; a regression has neither.
    """

    task: Task
    train: Part
    dev: Part
    test: Part
    loss: Loss
    loss_name: str
    inputs: int
    outputs: int
    target_mean: float
    target_scale: float
    normalization: Normalization | None
    image: Image | None
    fill: Array | None
    classes: tuple[str, ...]
    class_counts: tuple[int, ...]

    @classmethod
    def of(
        cls, dataset: Dataset, *, normalize_inputs: bool, rules: int = CURRENT, dtype: DTypeLike = np.float32
    ) -> "TrainingSet":
        """Prepare `dataset`; mean and deviation come from its training part alone, by these rules.

        Raises ValueError if there is nothing to train on or nothing to choose by, if targets do not fit, or if an input
        has to be normalised and is not to be.
        """
        if not len(dataset.y_train) or not len(dataset.y_dev):
            raise ValueError("A data set needs examples in its training and in its dev part.")
        if faults := list(_target_faults(dataset)):
            raise ValueError(" ".join(faults))
        if dataset.doubles is not None and not normalize_inputs:
            raise ValueError(raw_doubles(double_names(dataset.card) or [str(one) for one in dataset.doubles.places]))
        loss_name = LOSS_OF_TASK[dataset.task]
        mean, scale = target_moments(dataset)
        normalization = normalization_of(dataset, rules) if normalize_inputs else None
        workspace = Workspace(dtype)

        def part(encoded: Encoded, y: Targets) -> Part:
            targets = (y - mean) / scale if dataset.task == "regression" else y
            inputs = _inputs(encoded, normalization, dtype)
            return Part(inputs, LOSSES[loss_name].encode(targets, workspace), y)

        return cls(
            task=dataset.task,
            train=part(dataset.inputs("train"), dataset.y_train),
            dev=part(dataset.inputs("dev"), dataset.y_dev),
            test=part(dataset.inputs("test"), dataset.y_test),
            loss=LOSSES[loss_name],
            loss_name=loss_name,
            inputs=dataset.x_train.shape[1],
            outputs=outputs_of(dataset),
            target_mean=mean,
            target_scale=scale,
            normalization=normalization,
            image=dataset.image,
            fill=_fill(dataset, normalization, dtype),
            classes=dataset.classes,
            class_counts=_class_counts(dataset),
        )

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of the numbers that the networks compute with."""
        return self.train.inputs.dtype

    def class_weights(self, said: Sequence[ClassWeight]) -> Array | None:
        """Return what the examples of each class count for members who say so, (R, classes); None if that is one."""
        return stacked(said, self.classes, self.class_counts, self.dtype)

    def error_name(self) -> str:
        """Return what the error of this task is called: "error" (a share) or "rmse" (in the target's unit)."""
        return usual_error(self.task)


def _target_faults(dataset: Dataset) -> Iterator[str]:
    """Yield a sentence for each part with too few targets or a label of no class: kernels would read beside them."""
    labels = len(dataset.classes) if dataset.task == "multiclass" else 0
    for name in PARTS:
        x, y = getattr(dataset, f"x_{name}"), getattr(dataset, f"y_{name}")
        if len(x) != len(y):
            yield f"The {name} part has {len(x)} rows of inputs and {len(y)} targets, but each row needs one."
        elif labels and len(y) and not (y.min() >= 0 and y.max() < labels):
            found = f"labels from {y.min()} to {y.max()}"
            yield f"The {name} part has {found}, but those of {labels} classes are 0 to {labels - 1}."


def _inputs(encoded: Encoded, normalization: Normalization | None, dtype: DTypeLike) -> Inputs:
    """Return the inputs as the network reads them; bytes stay bytes unless their numbers take next to nothing."""
    x = encoded.x
    if x.dtype != np.uint8 or x.size * np.dtype(dtype).itemsize <= SMALL:
        return Numbers(_with_ones(encoded, normalization, dtype))
    if normalization is None:
        return ScaledBytes(x, np.zeros(x.shape[1]), np.ones(x.shape[1]), dtype)
    constant = normalization.constant
    mean, scale = np.where(constant, 0.0, normalization.mean), np.where(constant, np.inf, normalization.scale)
    return ScaledBytes(x, mean, scale, dtype)


def _with_ones(encoded: Encoded, normalization: Normalization | None, dtype: DTypeLike) -> Array:
    """Return the inputs as the network reads them; beside them and the answer, no more than a piece is in memory."""
    rows, width = encoded.x.shape
    inputs = np.ones((rows, width + 1), dtype)
    if normalization is None:
        inputs[:, :-1] = encoded.x
    else:
        normalization.apply(encoded, out=inputs[:, :-1])
    return inputs


def _fill(dataset: Dataset, normalization: Normalization | None, dtype: DTypeLike) -> Array | None:
    if dataset.image is None:
        return None
    black = np.zeros((1, dataset.x_train.shape[1]), np.float32)
    pixels = black if normalization is None else normalization.apply(black)
    return pixels[0, : dataset.image[2]].astype(dtype)


def _class_counts(dataset: Dataset) -> tuple[int, ...]:
    if dataset.task == "regression":
        return ()
    return tuple(np.bincount(dataset.y_train, minlength=len(dataset.classes)).tolist())


def outputs_of(dataset: Dataset) -> int:
    """Return how many outputs a network for `dataset` has."""
    return len(dataset.classes) if dataset.task == "multiclass" else 1


def normalization_of(dataset: Dataset, rules: int = CURRENT) -> Normalization:
    """Return how the inputs of a data set are normalised, learned from its training part."""
    return Normalization.fit(dataset.inputs("train"), dataset.image, rules)


def double_names(card: Mapping[str, Any]) -> list[str]:
    """Return the columns of a data set with this card that have to be normalised, in quotes."""
    return [quoted(column["name"]) for column in card.get("columns", ()) if column.get("double")]


def raw_doubles(names: Sequence[str]) -> str:
    """Return the sentence that refuses to leave columns as they are."""
    columns = listed(names, _MOST_NAMED)
    rule = "networks compute in float32, which takes different values there for one and the same"
    return f"Inputs cannot stay as they are in these columns: {columns}; {rule}. Set normalize_inputs to true."


def target_moments(dataset: Dataset) -> tuple[float, float]:
    """Return mean and deviation of a regression's training targets; 0 and 1 for classes."""
    if dataset.task != "regression":
        return 0.0, 1.0
    deviation = float(dataset.y_train.std())
    return float(dataset.y_train.mean()), deviation if deviation > 0.0 and math.isfinite(deviation) else 1.0
