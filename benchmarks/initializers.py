"""What initial weights do to the error, table by table: `python -m benchmarks.initializers FOLDER`.

Each start is tuned by itself: of ten learning rates the one with the best dev error counts, by its test error. All
starts of a seed have the same split, the same learning rates and the same order of the examples, in one stack.
"""

import argparse
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from importlib.resources import files as files_of
from pathlib import Path
from statistics import fmean, stdev

from engine.blas import use_one_thread

use_one_thread(os.environ)  # before NumPy is imported

import numpy as np  # noqa: E402
from numpy.typing import NDArray  # noqa: E402
from threadpoolctl import threadpool_limits  # noqa: E402

from benchmarks.accuracy.tables import read_table  # noqa: E402
from benchmarks.spread import show_table  # noqa: E402
from engine.arrays import Array  # noqa: E402
from engine.data import NAMES, Cut, Dataset, Table, prepare  # noqa: E402
from engine.data.table import take_rows  # noqa: E402
from engine.early_stopping import Patience  # noqa: E402
from engine.network import Network  # noqa: E402
from engine.population import Checkpoint, Departure, Finished, Paused, Population, score  # noqa: E402
from engine.seeds import Purpose, Seed  # noqa: E402
from engine.spec import Knobs, MemberSpec, Structure  # noqa: E402
from engine.training_set import TrainingSet  # noqa: E402

SEEDS, DRAWS = 10, 10
FRACTIONS = (0.6, 0.2, 0.2)
MOST_ROWS = 6_600
"""Rows of a table that a seed takes, at random: about 4,000 to train on."""
RATES = (1e-4, 1e-1)
STEPS, EPOCHS = 2_500, (40, 200)
"""Mini-batches of a training, about, and the epochs that it has at least and at most; a fifth of them is patience."""
HIDDEN, BATCH = (64,), 64

BUILTIN = [Path(str(files_of("engine.data.builtin") / f"{name}.csv.gz")) for name in NAMES]

Draw = Callable[[np.random.Generator, int, int], NDArray[np.float64]]
Start = Callable[[np.random.Generator, int, int, bool], NDArray[np.float64]]
"""From generator, numbers of inputs and outputs, and whether the layer is the last: weights, and biases as last row."""


def _normal(variance: Callable[[int, int], float]) -> Draw:
    return lambda rng, n_in, n_out: _with_zeros(rng.standard_normal((n_in, n_out)) * variance(n_in, n_out) ** 0.5)


def _with_zeros(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.vstack([weights, np.zeros(weights.shape[1])])


def _uniform(rng: np.random.Generator, n_in: int, n_out: int) -> NDArray[np.float64]:
    bound = (6.0 / (n_in + n_out)) ** 0.5
    return rng.uniform(-bound, bound, (n_in + 1, n_out))


def _uniform_weights(rng: np.random.Generator, n_in: int, n_out: int) -> NDArray[np.float64]:
    return _with_zeros(_uniform(rng, n_in, n_out)[:-1])


def _pytorch(rng: np.random.Generator, n_in: int, n_out: int) -> NDArray[np.float64]:
    return rng.uniform(-(n_in**-0.5), n_in**-0.5, (n_in + 1, n_out))


def _everywhere(draw: Draw) -> Start:
    return lambda rng, n_in, n_out, _: draw(rng, n_in, n_out)


_HE, _GLOROT = _normal(lambda n_in, _: 2.0 / n_in), _normal(lambda n_in, n_out: 2.0 / (n_in + n_out))


def _he_biased(rng: np.random.Generator, n_in: int, n_out: int, last: bool) -> NDArray[np.float64]:
    """Return the start of today, with the biases of scikit-learn."""
    drawn = (_GLOROT if last else _HE)(rng, n_in, n_out)
    drawn[-1] = _uniform(rng, n_in, n_out)[-1]
    return drawn


STARTS: Mapping[str, Start] = {
    "auto: he, glorot for the output": lambda rng, n_in, n_out, last: (_GLOROT if last else _HE)(rng, n_in, n_out),
    "he, output a tenth of glorot": lambda rng, n_in, n_out, last: (
        0.1 * _GLOROT(rng, n_in, n_out) if last else _HE(rng, n_in, n_out)
    ),
    "he, biases as scikit-learn": _he_biased,
    "xavier": _everywhere(_normal(lambda n_in, _: 1.0 / n_in)),
    "glorot": _everywhere(_GLOROT),
    "glorot, uniform": _everywhere(_uniform_weights),
    "scikit-learn: glorot, uniform, biases too": _everywhere(_uniform),
    "PyTorch: uniform by inputs, biases too": _everywhere(_pytorch),
}
AUTO = next(iter(STARTS))


def main() -> None:
    """Train every start on every table, and print a row for each table and the summary."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="the folder with tabular/")
    parser.add_argument("tables", nargs="*", metavar="TABLE", help="all of them, and those built in, if none is named")
    asked = parser.parse_args()
    files = {path.name.removesuffix(".csv.gz"): path for path in (*BUILTIN, *sorted(asked.folder.glob("tabular/*")))}
    print(show_table(["table", *STARTS, "seconds"], []), flush=True)
    ratios: dict[str, list[float]] = {start: [] for start in STARTS}
    for name in asked.tables or files:
        began = time.perf_counter()
        means = {start: fmean(errors) for start, errors in test_errors(read_table(files[name])).items()}
        for start, mean in means.items():
            ratios[start].append(mean / means[AUTO])
        cells = [f"{mean:.4g} ({mean / means[AUTO]:.3f})" for mean in means.values()]
        print(f"| {' | '.join([name, *cells, f'{time.perf_counter() - began:.0f}'])} |", flush=True)
    if len(ratios[AUTO]) > 1:
        print(f"| geometric mean | {' | '.join(_summary(found) for found in ratios.values())} | |")


def _summary(ratios: Sequence[float]) -> str:
    """Return the geometric mean over tables, two standard errors to each side; * if all of it is below 0.97."""
    logs = np.log(ratios)
    middle, error = fmean(logs), stdev(logs) / len(logs) ** 0.5
    ratio, low, high = np.exp([middle, middle - 2 * error, middle + 2 * error])
    return f"{ratio:.3f} ({low:.3f}..{high:.3f}){' *' if high < 0.97 else ''}"


def test_errors(table: Table) -> Mapping[str, Sequence[float]]:
    """Return for each start the test error of each seed, its learning rate tuned."""
    errors: dict[str, list[float]] = {start: [] for start in STARTS}
    for seed in range(SEEDS):
        data = TrainingSet.of(_split(table, seed), normalize_inputs=True)
        for start, ends in _trained(data, seed).items():
            # A diverged draw has no metrics: it is none to choose.
            tuned = min(ends, key=lambda end: end.metrics.get(f"dev_{data.error_name()}", np.inf))
            errors[start].append(tuned.metrics[f"test_{data.error_name()}"])
    return errors


def _split(table: Table, seed: int) -> Dataset:
    rows = np.random.default_rng(seed).permutation(len(table))[:MOST_ROWS]
    columns = tuple(take_rows(column, rows) for column in table.columns)
    some = replace(table, columns=columns, numbers=[table.numbers[row] for row in rows])
    return prepare(some, target="target", cut=Cut(FRACTIONS, seed))


def _trained(data: TrainingSet, seed: int) -> Mapping[str, Sequence[Finished | Paused]]:
    """Return for each start the ends of its draws."""
    low, high = np.log10(RATES)
    rates = 10.0 ** np.random.default_rng(seed).uniform(low, high, DRAWS)
    structure = Structure(data.inputs, HIDDEN, data.outputs, "relu", data.loss_name, BATCH)
    population, departures = Population(time.perf_counter), list[Departure]()
    specs = {
        f"{start}/{draw}": _member(data, structure, seed, rate) for start in STARTS for draw, rate in enumerate(rates)
    }
    rows = {start: _row(structure, draw, Seed(seed, 0)) for start, draw in STARTS.items()}
    with threadpool_limits(1, user_api="blas"):
        population.join(data, list(specs.items()))
        fresh = {key: population.checkpoint(key) for key in specs}
        population.leave(list(specs))
        started = {key: _from(fresh[key], rows[key.split("/")[0]]) for key in specs}
        population.join(data, list(specs.items()), started)
        while len(population):
            departures += population.train_epoch().stopped
        ends = dict(score(departures))
    return {start: [ends[f"{start}/{draw}"] for draw in range(DRAWS)] for start in STARTS}


def _member(data: TrainingSet, structure: Structure, seed: int, rate: float) -> MemberSpec:
    objective: str = "dev_rmse" if data.error_name() == "rmse" else "dev_error"
    epochs = int(np.clip(STEPS * BATCH // len(data.train), *EPOCHS))
    patience = Patience(epochs // 5)
    return MemberSpec(structure, "adam", "auto", Knobs(float(rate)), epochs, Seed(seed, 0), objective, patience)


def _row(structure: Structure, start: Start, seed: Seed) -> Array:
    """Return the numbers of a member (1, size) at its start."""
    rng, layout = seed.generator(Purpose.INITIAL_WEIGHTS), Network(structure).layout
    row = np.zeros(layout.size, np.float32)
    for layer in layout.layers:
        drawn = start(rng, layer.n_in, layer.n_out, layer is layout.layers[-1])
        row[layer.dense.columns] = drawn.reshape(-1)
    return row[np.newaxis]


def _from(fresh: Checkpoint, row: Array) -> Checkpoint:
    """Return the checkpoint of a member that has not trained yet, and starts with other weights."""
    return replace(fresh, rows={**fresh.rows, "weights": row, "best": row})


if __name__ == "__main__":
    main()
