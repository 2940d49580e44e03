"""The rival of a whole sweep: scikit-learn's RandomizedSearchCV over MLPClassifier, on the same data and split."""

import time
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import PredefinedSplit, RandomizedSearchCV
from sklearn.neural_network import MLPClassifier

from engine.data import Dataset, Normalization

TRAIN, DEV = -1, 0
"""PredefinedSplit's marks: rows that are never scored, and the rows of the only fold."""


@dataclass(frozen=True, slots=True)
class LogUniform:
    """Uniform in log10(x)."""

    low: float
    high: float

    def rvs(self, random_state: np.random.RandomState) -> float:
        """Draw one value, as scikit-learn's ParameterSampler asks for it."""
        return float(10.0 ** random_state.uniform(np.log10(self.low), np.log10(self.high)))


@dataclass(frozen=True, slots=True)
class ReverseLogUniform:
    """Uniform in log10(1 - x)."""

    low: float
    high: float

    def rvs(self, random_state: np.random.RandomState) -> float:
        """Draw one value, as scikit-learn's ParameterSampler asks for it."""
        return 1.0 - LogUniform(1.0 - self.high, 1.0 - self.low).rvs(random_state)


def random_search(dataset: Dataset, trials: int, epochs: int, jobs: int, seed: int) -> tuple[float, float]:
    """Search, and return the seconds it took and the best dev error."""
    x, y, part = _train_and_dev(dataset)
    search = RandomizedSearchCV(
        MLPClassifier(max_iter=epochs, early_stopping=False, nesterovs_momentum=False, random_state=seed),
        _distributions(),
        n_iter=trials,
        cv=PredefinedSplit(part),
        n_jobs=jobs,
        refit=False,
        random_state=seed,
    )
    with warnings.catch_warnings():
        # The epochs are meant to be too few for some trials, and the largest learning rates to make others diverge.
        warnings.simplefilter("ignore", UserWarning)
        warnings.simplefilter("ignore", RuntimeWarning)
        start = time.perf_counter()
        search.fit(x, y)
        seconds = time.perf_counter() - start
    return seconds, 1.0 - float(np.nanmax(search.cv_results_["mean_test_score"]))


def _train_and_dev(dataset: Dataset) -> tuple[NDArray[np.float32], NDArray[Any], NDArray[np.int64]]:
    """Return the normalised inputs and labels of train and dev, and which rows belong to which."""
    normalization = Normalization.fit(dataset.x_train, dataset.image)
    x = normalization.apply(np.concatenate([dataset.x_train, dataset.x_dev]))
    y = np.concatenate([dataset.y_train, dataset.y_dev])
    return x, y, np.repeat([TRAIN, DEV], [len(dataset.y_train), len(dataset.y_dev)])


def _distributions() -> list[dict[str, Any]]:
    """Return the space of the example sweep as far as scikit-learn has it: there is no RMSprop."""
    beta = ReverseLogUniform(0.9, 0.999)
    shared = {
        "learning_rate_init": LogUniform(1e-4, 1.0),
        "hidden_layer_sizes": [(32,), (64,), (64, 32)],
        "batch_size": [32, 64, 128],
    }
    return [{**shared, "solver": ["sgd"], "momentum": beta}, {**shared, "solver": ["adam"], "beta_1": beta}]
