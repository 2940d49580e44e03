"""A trained model: named arrays, and the card that says how rows become inputs and outputs become answers."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.arrays import Array, Workspace
from engine.data import Dataset, Normalization, Table
from engine.data.encoding import encode
from engine.data.rows import arrange
from engine.data.table import take_rows
from engine.losses import LOSSES
from engine.metrics import Answers
from engine.models.predictions import Predictions
from engine.models.predictor import ModelError, Predictor, require_finite
from engine.network import Network
from engine.population.evaluation import chunks
from engine.prediction import bind, logits
from engine.rules import FIRST
from engine.spec import Structure
from engine.subnormals import flushing
from engine.training_set import normalization_of, target_moments

FORMAT = 1
"""The version of the card and of the arrays' names."""

_HOW_TO_READ = (
    "W1 (n_in, n_out) and b1 (n_out,) belong to the first layer, and so on. The first layer reads (x - input_mean)"
    "/input_scale, where x is float64 if its column is double, and float32 otherwise; ONNX takes all inputs as double "
    "if one is. An input that did not vary in training has zeros in W1. A layer with gamma1, beta1, mean1 and "
    "variance1 has no b1: its activation reads (z - mean1)/sqrt(variance1 + 1e-5)*gamma1 + beta1, where z is x W1. "
    "The answer of a regression is its output times target_scale, plus target_mean."
)


@dataclass(frozen=True, eq=False)
class Model(Predictor):
    """A trained network with all it needs to answer.

    `arrays` are those of the network, float32: W1 (n_in, n_out), b1 (n_out,) and so on; and float64: input_mean,
    input_scale (inputs,), target_mean, target_scale (). `card` is plain JSON: `format`, `structure`, `data` (the
    encoding of each column, the target, its task and its classes), and what is known of the training.
    """

    card: Mapping[str, Any]
    arrays: Mapping[str, NDArray[Any]]

    @classmethod
    def of(
        cls,
        structure: Structure,
        row: Array,
        dataset: Dataset,
        *,
        normalize_inputs: bool,
        about: Mapping[str, Any],
    ) -> "Model":
        """Return the model of a network trained on `dataset`, from its numbers `row` (size,).

        `about` is added to the card. Raises ModelError if the numbers do not fit the structure.
        """
        network = Network(structure)
        if len(row) != network.layout.size:
            raise ModelError([f"There are {len(row):,} numbers, and the network has {network.layout.size:,}."])
        card = {
            **about,
            "format": FORMAT,
            "rules": structure.rules,
            "structure": {
                "inputs": structure.inputs,
                "hidden_units": list(structure.hidden_units),
                "outputs": structure.outputs,
                "activation": structure.activation,
                "loss": structure.loss,
                "batch_norm": structure.batch_norm,
            },
            "data": dict(dataset.card),
            "arrays": _HOW_TO_READ,
        }
        normalization = _normalization(dataset, normalize_inputs=normalize_inputs, rules=structure.rules)
        arrays = {**network.named_arrays(row), **_moments(normalization, dataset)}
        # A file has no word for constant inputs, and needs none: without weights they contribute as little.
        arrays["W1"] = np.where(normalization.constant[:, None], np.float32(0.0), arrays["W1"])
        return cls(card, arrays)

    @property
    def network(self) -> Network:
        """The network that the card describes."""
        about = self.card["structure"]
        return Network(
            Structure(
                inputs=about["inputs"],
                hidden_units=tuple(about["hidden_units"]),
                outputs=about["outputs"],
                activation=about["activation"],
                loss=about["loss"],
                batch_size="full",
                batch_norm=about["batch_norm"],
                rules=self.rules,
            )
        )

    @property
    def rules(self) -> int:
        """The version of the rules that it was trained by."""
        rules: int = self.card.get("rules", FIRST)
        return rules

    def named_arrays(self) -> Mapping[str, NDArray[Any]]:
        """Return all its numbers, as files name them."""
        return self.arrays

    def predict(self, table: Table) -> Predictions:
        """Predict each row of a table that has the columns of training, in any order.

        Words that training did not have are taken as missing. Raises TableError.
        """
        with np.errstate(all="ignore"):  # numbers far from those of training may overflow
            z = self.logits(table)
            answer = (
                LOSSES[self.card["structure"]["loss"]]
                .probabilities(z.astype(np.float64))
                .astype(np.float64, copy=False)
            )
        require_finite(answer, table)
        classes = self.classes
        if not classes:
            return Predictions(answer[:, 0] * self.arrays["target_scale"] + self.arrays["target_mean"], (), None)
        if len(classes) > 2:
            labels = z.argmax(axis=1)
        else:
            labels, answer = (z[:, 0] > 0.0).astype(np.intp), np.concatenate([1.0 - answer, answer], axis=1)
        return Predictions(np.array(classes, np.object_)[labels], classes, answer)

    def answers(self, features: Table, y: NDArray[Any]) -> Answers:
        """Return what it answers to rows with the targets `y` (rows,), alone in its stack."""
        network, row, workspace = self.network, self.row(), Workspace(np.float32)
        mean, scale = float(self.arrays["target_mean"]), float(self.arrays["target_scale"])
        output = LOSSES[network.structure.loss]
        targets = output.encode((y - mean) / scale if y.dtype.kind == "f" else y, workspace)
        loss, misses = np.zeros(1), np.zeros(1)
        kept = np.zeros((1, network.structure.outputs, len(y)), np.float32)
        for chunk, inputs in self.inputs(features):
            program, bound = bind(network, row, inputs, targets[chunk], workspace)
            with flushing(self.rules):
                program.forward()
                kept[..., chunk] = bound.logits.values.swapaxes(1, 2)  # computing the loss writes over them
                bound.load()
                loss += bound.total()[:, 0, 0]
                misses += bound.misses()
        return Answers(output, y, loss / len(y), misses, kept, mean, scale)

    def logits(self, table: Table) -> NDArray[np.float32]:
        """Return the logits (rows, outputs) for a table that has the columns of training."""
        network, row, workspace = self.network, self.row(), Workspace(np.float32)
        answer = np.zeros((len(table), network.structure.outputs), np.float32)
        for chunk, inputs in self.inputs(table):
            answer[chunk] = logits(network, row, inputs, workspace)[0]
        return answer

    def row(self) -> NDArray[np.float32]:
        """Return the numbers of the network in one row, (1, size)."""
        network = self.network
        row = np.zeros((1, network.layout.size), np.float32)
        for name, view in network.named_arrays(row[0]).items():
            view[...] = self.arrays[name]
        return row

    def inputs(self, table: Table) -> Iterator[tuple[slice, NDArray[np.float32]]]:
        """Yield what the network reads of a table, chunk by chunk: a one for each category could fill the memory."""
        encodings = self.encodings
        columns = arrange(table, encodings)
        idle = np.all(self.arrays["W1"] == 0.0, axis=1)
        normalization = Normalization(self.arrays["input_mean"], self.arrays["input_scale"], idle)
        for chunk in chunks(len(table)):
            rows = np.arange(chunk.start, chunk.stop)
            yield chunk, normalization.apply(encode(encodings, [take_rows(column, rows) for column in columns]))


def _normalization(dataset: Dataset, *, normalize_inputs: bool, rules: int) -> Normalization:
    """Return what the inputs went through in training: mean 0 and scale 1 where they stayed as they were."""
    if normalize_inputs:
        return normalization_of(dataset, rules)
    inputs = dataset.x_train.shape[1]
    return Normalization(np.zeros(inputs), np.ones(inputs), np.zeros(inputs, np.bool_))


def _moments(normalization: Normalization, dataset: Dataset) -> dict[str, NDArray[np.float64]]:
    mean, scale = target_moments(dataset)
    return {
        "input_mean": normalization.mean,
        "input_scale": normalization.scale,
        "target_mean": np.array(mean),
        "target_scale": np.array(scale),
    }
