"""Whether an epoch costs late in training what it cost early: `python -m benchmarks.constant_epochs`.

Numbers that fade into subnormals cost many processors several times as much. Networks of every optimizer, activation,
penalty and decay are timed in their epochs 140 to 150 and, by turns, in their epochs 5 to 15.
"""

import argparse
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from statistics import median

from engine.blas import use_one_thread

use_one_thread(os.environ)  # before NumPy is imported

import numpy as np  # noqa: E402

from benchmarks.spread import Spread, Target, show_table  # noqa: E402
from engine.data import Dataset, load_builtin  # noqa: E402
from engine.layers import ACTIVATIONS  # noqa: E402
from engine.lr_decay import DECAYS  # noqa: E402
from engine.optimizers import OPTIMIZERS  # noqa: E402
from engine.population import Population  # noqa: E402
from engine.rules import CURRENT  # noqa: E402
from engine.seeds import Seed  # noqa: E402
from engine.spec import Knobs, MemberSpec, Structure  # noqa: E402
from engine.training_set import TrainingSet  # noqa: E402

EARLY, LATE, ROUNDS = 5, 140, 10
EPOCHS = LATE + ROUNDS + 1
"""One more than are timed, so that the networks are still there."""
SEEDS, KEY = 5, "alone"
TARGET = Target("<=", 1.15, "x")
"""What the epochs 140 to 150 may cost of the epochs 5 to 15, the median over the seeds."""

RATES = {"sgd": 0.3, "momentum": 0.3, "rmsprop": 0.01, "adam": 0.03}
"""High enough for rectified units to die, after which their moments fade."""
PENALTIES: Mapping[str, Mapping[str, float]] = {
    "no penalty": {}, "l1": {"l1": 0.1}, "weak l2": {"l2": 0.1}, "strong l2": {"l2": 30.0},
}  # fmt: skip
ROWS, BATCH, HIDDEN = 320, 32, (64,)
"""Rows of digits, some pixels of which never change: their weights have no gradient but that of a penalty."""


@dataclass(frozen=True, slots=True)
class Timed:
    """What epochs of a network cost, processor seconds, and how many subnormal numbers it held in the end."""

    early: Sequence[float]
    late: Sequence[float]
    subnormals: int

    @property
    def ratio(self) -> float:
        """The cost of a late epoch over that of an early one, turn by turn."""
        return Spread.of_ratios(self.late, self.early).median


def main() -> None:
    """Print the named networks under the rules of today and of before, and then every combination."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--named", action="store_true", help="the named networks alone, about half a minute")
    parser.add_argument("--rules", type=int, default=CURRENT, help="what all combinations train by")
    asked = parser.parse_args()
    print(f"Epochs {LATE} to {LATE + ROUNDS} against {EARLY} to {EARLY + ROUNDS}; medians of {asked.seeds} seeds.\n")
    header = ["network", "rules", "early, ms", "late, ms", "late/early", "subnormal numbers held", "target"]
    print(show_table(header, _named_rows(asked.seeds)), flush=True)
    if not asked.named:
        _print_all(asked.seeds, asked.rules)


def _named_rows(seeds: int) -> Iterator[list[str]]:
    digits, iris = (TrainingSet.of(load_builtin(name), normalize_inputs=True) for name in ("digits", "iris"))
    named = [("digits, [64], adam, 0.03", digits, 64, "adam", Knobs(0.03))]
    named += [(f"iris, [64], {name}, 0.1, l2 30", iris, 16, name, Knobs(0.1, l2=30.0)) for name in OPTIMIZERS]
    for name, data, batch, optimizer, knobs in named:
        spec = _spec(data, "relu", batch, optimizer=optimizer, knobs=knobs)
        for rules in (CURRENT - 1, CURRENT):
            yield [name, str(rules), *_cells(_of_seeds(data, _under(rules, spec), seeds))]


def _cells(timed: Sequence[Timed]) -> list[str]:
    early, late = (1e3 * median(map(median, (getattr(one, name) for one in timed))) for name in ("early", "late"))
    ratio = median(one.ratio for one in timed)
    held = f"{median(one.subnormals for one in timed):,.0f}"
    return [f"{early:.2f}", f"{late:.2f}", f"{ratio:.2f}x", held, TARGET.verdict(ratio)]


Combination = tuple[str, str, str, str]
"""Optimizer, activation, penalty and decay."""


def _print_all(seeds: int, rules: int) -> None:
    data = TrainingSet.of(_some_digits(), normalize_inputs=True)
    timed = {one: _of_seeds(data, _under(rules, _combined(data, *one)), seeds) for one in _combinations()}
    ratios = {combination: median(one.ratio for one in seeds) for combination, seeds in timed.items()}
    print(f"\nAll {len(ratios)} combinations under rules {rules}, {ROWS} rows of digits, [64], batches of {BATCH}:\n")
    rows = [
        _row(kind, ratios) for kind in (*OPTIMIZERS, *ACTIVATIONS, *PENALTIES, *(f"decay {name}" for name in DECAYS))
    ]
    print(show_table(["of them", "late/early, median", "worst", "which"], rows))
    worst = sorted(ratios, key=lambda combination: -ratios[combination])[:10]
    print()
    print(show_table(["the ten worst", "late/early"], [[", ".join(one), f"{ratios[one]:.2f}x"] for one in worst]))
    print(f"\nThe worst: {ratios[worst[0]]:.2f}x, {TARGET.verdict(ratios[worst[0]])}. ", end="")
    held = sum(one.subnormals for seeds in timed.values() for one in seeds)
    print(f"Subnormal numbers held in the end, in all: {held:,}.")


def _combinations() -> Iterator[Combination]:
    return product(OPTIMIZERS, ACTIVATIONS, PENALTIES, (f"decay {name}" for name in DECAYS))


def _row(kind: str, ratios: Mapping[Combination, float]) -> list[str]:
    own = {combination: ratio for combination, ratio in ratios.items() if kind in combination}
    worst = max(own, key=lambda combination: own[combination])
    return [kind, f"{median(own.values()):.2f}x", f"{own[worst]:.2f}x", ", ".join(worst)]


def _some_digits() -> Dataset:
    digits = load_builtin("digits")
    return replace(digits, x_train=digits.x_train[:ROWS], y_train=digits.y_train[:ROWS])


def _combined(data: TrainingSet, optimizer: str, activation: str, penalty: str, decay: str) -> MemberSpec:
    knobs = Knobs(RATES[optimizer], **PENALTIES[penalty])
    return _spec(data, activation, BATCH, optimizer=optimizer, knobs=knobs, decay=decay.removeprefix("decay "))


def _spec(
    data: TrainingSet, activation: str, batch: int, *, optimizer: str, knobs: Knobs, decay: str = "none"
) -> MemberSpec:
    structure = Structure(data.inputs, HIDDEN, data.outputs, activation, data.loss_name, batch)
    return MemberSpec(structure, optimizer, "auto", knobs, EPOCHS, Seed(0, 0), "dev_error", decay=decay)


def _under(rules: int, spec: MemberSpec) -> MemberSpec:
    return replace(spec, structure=replace(spec.structure, rules=rules))


def _of_seeds(data: TrainingSet, spec: MemberSpec, seeds: int) -> list[Timed]:
    return [_timed(data, replace(spec, seed=Seed(0, number))) for number in range(seeds)]


def _timed(data: TrainingSet, spec: MemberSpec) -> Timed:
    early, late = _trained(data, spec, EARLY), _trained(data, spec, LATE)
    rounds = [(_epoch(early), _epoch(late)) for _ in range(ROUNDS)]
    rows = late.checkpoint(KEY).rows.values()
    held = sum(int(np.sum((row != 0.0) & (np.abs(row) < np.finfo(row.dtype).tiny))) for row in rows)
    return Timed([pair[0] for pair in rounds], [pair[1] for pair in rounds], held)


def _trained(data: TrainingSet, spec: MemberSpec, epochs: int) -> Population:
    population = Population(time.perf_counter)
    population.join(data, [(KEY, spec)])
    for _ in range(epochs):
        population.train_epoch()
    if not len(population):
        raise SystemExit(f"A network diverged before its epoch {epochs}: {spec}")
    return population


def _epoch(population: Population) -> float:
    """Train an epoch; return its seconds of this thread, which other processes take no part of."""
    start = time.thread_time()
    population.train_epoch()
    return time.thread_time() - start


if __name__ == "__main__":
    main()
