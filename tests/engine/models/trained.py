"""Networks trained on small tables with words and missing cells, as models, with what training said of them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.data import Dataset, Table, prepare
from engine.data.encoding import encode
from engine.data.parts.split import split_rows
from engine.data.rows import arrange
from engine.data.table import CategoricalColumn, Column, NumericColumn, take_rows
from engine.data.target import read_target
from engine.models import Model, Predictor
from engine.population import Finished
from engine.training_set import TrainingSet
from tests.engine.stacks import member, train_alone

TASKS = ("binary", "multiclass", "regression")
ABOUT = {"seed": 7, "dataset_sha256": "00ff", "metrics": {"dev_error": 0.25}}


@dataclass(frozen=True, slots=True)
class Trained:
    """A model, how its training ended, and the rows and the targets of its dev part as they were in the table."""

    model: Model
    ending: Finished
    rows: Table
    y: np.ndarray


FAR = 1e5


def table(task: str, offset: float = FAR) -> Table:
    """Return 240 rows whose target follows from a number with an offset, one with gaps, and words with gaps."""
    rows = 240
    rng = np.random.default_rng(5)
    far, gaps = rng.normal(offset, 3.0, rows), rng.normal(size=rows)
    words = rng.choice(np.array(["red", "green", "ä,b", None], np.object_), rows)
    score = (far - offset) / 3.0 + gaps + (words == "red")
    target: Column
    if task == "regression":
        target = NumericColumn("y", 5000.0 + 800.0 * score)
    else:
        kinds = np.array(["no", "perhaps", "yes"], np.object_)[:: 2 if task == "binary" else 1]
        target = CategoricalColumn("y", kinds[np.digitize(score, [0.0] if task == "binary" else [-0.5, 1.0])])
    gaps = np.where(rng.random(rows) < 0.2, np.nan, gaps)
    columns = (NumericColumn("far", far), NumericColumn("gaps", gaps), CategoricalColumn("words", words), target)
    return Table(columns, range(rows), "row")


def dataset(task: str, offset: float = FAR) -> Dataset:
    """Return the table, prepared."""
    return prepare(table(task, offset), target="y")


def raw_inputs(model: Predictor, rows: Table) -> NDArray[Any]:
    """Return what the card makes of rows, as a model's formula and ONNX read them: float64 if a column is double."""
    return encode(model.encodings, arrange(rows, model.encodings)).numbers()


def trained(
    task: str,
    hidden: tuple[int, ...] = (6,),
    activation: str = "tanh",
    *,
    normalize: bool = True,
    batch_norm: bool = False,
) -> Trained:
    """Train a network for a few epochs. Inputs that nobody normalises have no offset: float32 has seven digits."""
    offset = FAR if normalize else 0.0
    data = dataset(task, offset)
    ready = TrainingSet.of(data, normalize_inputs=normalize)
    spec = member(ready, hidden=hidden, activation=activation, epochs=5, batch_norm=batch_norm)
    _, ending = train_alone(ready, spec)
    assert ending.weights is not None, ending.reason
    model = Model.of(spec.structure, ending.weights, data, normalize_inputs=normalize, about=ABOUT)
    target, features = table(task, offset).take("y")
    dev = split_rows(read_target(target, features, None), 0).dev
    rows = Table(tuple(take_rows(column, dev) for column in features.columns), range(len(dev)), "row")
    return Trained(model, ending, rows, target.values[dev])
