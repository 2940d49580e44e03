"""NumPy networks trained many at a time: the first axis of every array is the member.

Three networks that differ in their learning rate, trained in one stack, and the best of them:

>>> from engine import Knobs, MemberSpec, Patience, Seed, Structure, TrainingSet, load_builtin, train
>>> data = TrainingSet.of(load_builtin("digits"), normalize_inputs=True)
>>> shape = Structure(data.inputs, (64,), data.outputs, "relu", data.loss_name, batch_size=64)
>>> rates = [Knobs(learning_rate=rate) for rate in (0.001, 0.003, 0.01)]
>>> specs = [MemberSpec(shape, "adam", "auto", knobs, 20, Seed(7, number), "dev_error", Patience(5))
...          for number, knobs in enumerate(rates)]
>>> best = min(train(data, specs), key=lambda trained: trained.finished.metrics["dev_error"])
>>> best.finished.metrics["test_error"] < 0.05
True

`engine.estimators` has the same networks as scikit-learn estimators.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.augmentation.settings import Augmentation
    from engine.data import Dataset, Table, TableError, load_builtin, prepare, read_csv, read_npz
    from engine.early_stopping import Patience
    from engine.population import Finished, Observation
    from engine.prediction import predict
    from engine.seeds import Seed
    from engine.spec import Knobs, MemberSpec, Structure
    from engine.standalone import Trained, train
    from engine.training_set import TrainingSet

__all__ = [
    "Augmentation",
    "Dataset",
    "Finished",
    "Knobs",
    "MemberSpec",
    "Observation",
    "Patience",
    "Seed",
    "Structure",
    "Table",
    "TableError",
    "Trained",
    "TrainingSet",
    "load_builtin",
    "predict",
    "prepare",
    "read_csv",
    "read_npz",
    "train",
]

_HOMES = (
    "engine.standalone",
    "engine.spec",
    "engine.seeds",
    "engine.early_stopping",
    "engine.data",
    "engine.prediction",
)


def __getattr__(name: str) -> Any:
    """Import what is asked for, and nothing before: `engine.blas` must be importable before NumPy is."""
    if name in __all__:
        return next(getattr(home, name) for home in map(import_module, _HOMES) if hasattr(home, name))
    raise AttributeError(f'The package "engine" has no "{name}". It has {", ".join(__all__)}.')
