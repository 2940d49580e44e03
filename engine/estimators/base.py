"""What both estimators share: their parameters, the fit of a stack of members, and the mean of their answers."""

import warnings
from abc import ABC
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from engine.class_weights import ClassWeight
from engine.data import Dataset, TableError
from engine.data.columns.whole_numbers import merged_fault, merged_integers
from engine.data.dataset import Doubles
from engine.data.encoded import Encoded
from engine.data.parts.split import Rows, split_rows
from engine.data.quoting import quoted
from engine.data.rounding import float32_merges
from engine.data.table import LARGEST_NUMBER
from engine.data.target import Target
from engine.early_stopping import Patience
from engine.estimators import parameters as rule
from engine.estimators.parameters import hyperparameter, parameter, refuse_faults
from engine.hyperparameters import Bounds
from engine.prediction import predict
from engine.seeds import Seed
from engine.spec import BatchSize, Knobs, MemberSpec, Structure
from engine.standalone import Trained, train
from engine.training_set import TrainingSet, raw_doubles

INPUTS = (np.float64, np.float32)
"""The types of inputs that stay as they are; all others become the first."""

_Spec = TypeVar("_Spec", Structure, Knobs, MemberSpec)


@dataclass(kw_only=True, eq=False, repr=False)
class StackedMLP(BaseEstimator, ABC):  # type: ignore[misc]  # scikit-learn ships no types
    """The parameters are fields: one named like a field of Structure, Knobs or MemberSpec finds its way there."""

    hidden_units: Sequence[int] = hyperparameter("hidden_units")
    activation: str = hyperparameter("activation")
    initializer: str = hyperparameter("initializer")
    optimizer: str = hyperparameter("optimizer")
    learning_rate: float = hyperparameter("learning_rate")
    beta1: float = hyperparameter("beta1")
    beta2: float = hyperparameter("beta2")
    epsilon: float = hyperparameter("epsilon")
    batch_size: BatchSize = hyperparameter("batch_size")  # noqa: RUF009  # it is a field
    epochs: int = hyperparameter("epochs")
    l1: float = hyperparameter("l1")
    l2: float = hyperparameter("l2")
    keep_prob: float = hyperparameter("keep_prob")
    input_keep_prob: float = hyperparameter("input_keep_prob")
    batch_norm: bool = hyperparameter("batch_norm")
    batch_norm_beta: float = hyperparameter("batch_norm_beta")
    decay: str = hyperparameter("decay")
    decay_rate: float = hyperparameter("decay_rate")
    decay_every: float = hyperparameter("decay_every")
    decay_by: str = hyperparameter("decay_by")
    warmup_epochs: float = hyperparameter("warmup_epochs")
    clip_norm: float = hyperparameter("clip_norm")
    normalize_inputs: bool = hyperparameter("normalize_inputs")
    patience: int | None = parameter(10, rule.COUNT_OR_NONE, "the epochs without a better loss that end a member")
    min_delta: float = parameter(0.0, rule.number(Bounds(0.0)), "how much lower a loss must be to renew the patience")
    dev_fraction: float = parameter(
        0.0,
        rule.number(Bounds(0.0, 1.0, high_open=True)),
        "the share of the rows that do not train, and whose loss decides which epoch is best; classes keep their\n"
        "    shares. With 0, or too few rows to hold out, all rows train and the loss of training decides",
    )
    members: int = parameter(1, rule.COUNT, "the networks trained in one stack from different seeds, and averaged")
    random_state: int | np.random.RandomState | None = parameter(  # noqa: RUF009  # it is a field
        None, rule.RANDOM_STATE, "the seed of the split, the initial weights and the order of the examples"
    )

    def _fit(self, x: NDArray[Any], target: Target) -> None:
        """Train the members on inputs (m, n) and `target`, and keep what came of them."""
        refuse_faults(self)
        seed = self._seed()
        train_rows, dev_rows = hold_out(target, self.dev_fraction, seed)
        objective: str = "dev_loss" if len(dev_rows) else "train_loss"
        self.double_inputs_ = self._double_inputs(x, train_rows)
        dataset = _dataset(Encoded.of(x, self.double_inputs_), target, train_rows, dev_rows)
        data = TrainingSet.of(dataset, normalize_inputs=self.normalize_inputs)
        # Like scikit-learn's early stopping: what was said of the classes holds for the rows that choose, too.
        data = replace(data, dev=replace(data.dev, class_weight=self._class_weight()))
        self.trained_ = train(data, self._specs(data, objective, seed))
        self.normalization_ = data.normalization
        self.target_moments_ = data.target_mean, data.target_scale
        self._keep(self._converged(self.trained_), objective)

    def _double_inputs(self, x: NDArray[Any], train_rows: Rows) -> NDArray[np.intp]:
        """Return the places of the inputs that stay in float64 until they are normalised, (k,)."""
        columns = x.T if x.dtype == np.float64 else ()
        double = [place for place, column in enumerate(columns) if float32_merges(column[train_rows], column)]
        if double and not self.normalize_inputs:
            names = getattr(self, "feature_names_in_", np.arange(x.shape[1]))
            raise ValueError(raw_doubles([quoted(str(name)) for name in names[double]]))
        return np.array(double, np.intp)

    def _seed(self) -> int:
        if isinstance(self.random_state, int | np.integer):
            return int(self.random_state)
        return int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))

    def _specs(self, data: TrainingSet, objective: str, seed: int) -> list[MemberSpec]:
        widths = tuple(self.hidden_units)
        self.structure_ = self._filled(
            Structure, inputs=data.inputs, outputs=data.outputs, loss=data.loss_name, hidden_units=widths
        )
        common = {
            "structure": self.structure_,
            "knobs": self._filled(Knobs),
            "class_weight": self._class_weight(),
            "objective": objective,
            "patience": None if self.patience is None else Patience(self.patience, self.min_delta),
        }
        return [self._filled(MemberSpec, seed=Seed(seed, number), **common) for number in range(self.members)]

    def _class_weight(self) -> ClassWeight:
        """Return what the examples of each class count."""
        return "none"

    def _filled(self, kind: type[_Spec], **own: Any) -> _Spec:
        """Return a `kind` with the fields `own`, and the others from the parameters of the same names."""
        known = self.get_params(deep=False) | own
        return kind(**{entry.name: known[entry.name] for entry in fields(kind) if entry.name in known})

    def _converged(self, trained: Sequence[Trained]) -> Sequence[Trained]:
        """Return the members that did not diverge, and warn of the others. Raises ValueError if there are none."""
        converged = [member for member in trained if member.finished.state == "completed"]
        if len(converged) == len(trained):
            return converged
        lost = next(number for number, member in enumerate(trained) if member.finished.state != "completed")
        what = f"Member {lost} of {self.members} diverged: {trained[lost].finished.reason}"
        way = f"Lower learning_rate, which is {self.learning_rate:g}, or set clip_norm."
        if not converged:
            raise ValueError(f"{what}. {way}")
        left = f"{len(trained) - len(converged)} of {self.members} members are left out"
        warnings.warn(f"{left}. {what}. {way}", ConvergenceWarning, stacklevel=4)
        return converged

    def _keep(self, trained: Sequence[Trained], objective: str) -> None:
        """Keep the weights of `trained`, and what is told of the best of them."""
        self.weights_ = np.stack([member.finished.weights for member in trained if member.finished.weights is not None])
        best = min(trained, key=lambda member: member.finished.metrics[objective])
        self.curve_ = [
            # Without dev rows, what the engine says of a dev part means nothing.
            {"epoch": seen.epoch, **{k: v for k, v in seen.values.items() if objective in ("dev_loss", k)}}
            for seen in best.curve
        ]
        self.n_iter_ = best.finished.epochs
        self.best_epoch_ = best.finished.best_epoch
        self.loss_ = best.finished.metrics[objective]

    def _answers(self, x: Any) -> NDArray[np.float64]:
        """Return the mean of the members' answers, (m, outputs)."""
        check_is_fitted(self)
        encoded = Encoded.of(in_range(validate_data(self, x, reset=False, dtype=INPUTS)), self.double_inputs_)
        inputs = encoded.x if self.normalization_ is None else self.normalization_.apply(encoded)
        mean: NDArray[np.float64] = predict(self.structure_, self.weights_, inputs).mean(axis=0)
        return mean


def hold_out(target: Target, dev_fraction: float, seed: int) -> tuple[Rows, Rows]:
    """Return the rows to train on, and those to choose by: none where `dev_fraction` is 0 or there are too few."""
    rows = np.arange(len(target.values))
    if dev_fraction == 0.0:
        return rows, rows[:0]
    try:
        split = split_rows(target, seed, (1.0 - dev_fraction, dev_fraction, 0.0))
    except TableError:
        return rows, rows[:0]
    return split.train, split.dev


def refuse_merged(x: Any) -> None:
    """Raise ValueError if a column of an array or a data frame has whole numbers that are one in float64."""
    columns: Mapping[str, Any] = {}
    if hasattr(x, "columns"):
        columns = {str(name): x[name].to_numpy() for name in x.columns}
    elif isinstance(x, np.ndarray) and x.ndim == 2:
        columns = {str(place): column for place, column in enumerate(x.T)}
    for name, values in columns.items():
        if pair := merged_integers(values):
            raise ValueError(merged_fault(f"The column {quoted(name)}", pair, "or leave the column out"))


def in_range(x: NDArray[Any]) -> NDArray[Any]:
    """Return inputs that float32 can hold, if only roughly. Raises ValueError for others."""
    if len(x) and max(x.max(), -x.min()) > LARGEST_NUMBER:
        raise ValueError(f"Input X contains a value too large for float32, beyond {LARGEST_NUMBER:.2g}. Rescale it.")
    return x


def _dataset(inputs: Encoded, target: Target, train_rows: Rows, dev_rows: Rows) -> Dataset:
    # The engine scores a dev part after each epoch: without dev rows, one example costs least.
    dev = dev_rows if len(dev_rows) else train_rows[:1]
    x, y, double = inputs.x, target.values, inputs.double
    return Dataset(
        task=target.task,
        classes=target.classes,
        x_train=x[train_rows],
        y_train=y[train_rows],
        x_dev=x[dev],
        y_dev=y[dev],
        x_test=x[:0],
        y_test=y[:0],
        card={},
        doubles=Doubles(inputs.places, double[train_rows], double[dev], double[:0]) if len(inputs.places) else None,
    )
