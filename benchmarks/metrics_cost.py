"""What metrics cost a worker: those of curves and of ends, as shares of its processor time for 64 small trials.

The share of a whole sweep is smaller: a server, a database and requests come to the training that is counted here.
"""

import os
import time
from collections.abc import Mapping, Sequence

from engine.blas import use_one_thread

use_one_thread(os.environ)  # before NumPy is imported

import numpy as np  # noqa: E402

from app.domain.work import EarlyStopping, Lease, LeasedRun  # noqa: E402
from app.trainer.loading import ReadyRun  # noqa: E402
from app.trainer.trainer import Trainer  # noqa: E402
from benchmarks.spread import Spread, Target, show_table  # noqa: E402
from benchmarks.timed_worker import PhaseClock  # noqa: E402
from engine import Knobs, MemberSpec, Patience, Seed, Structure, TrainingSet, load_builtin  # noqa: E402
from engine.kernels import choose, ready  # noqa: E402
from engine.population import evaluation, scoring  # noqa: E402

MEMBERS, EPOCHS, ROUNDS = 64, 20, 5
SHARE = Target("<=", 2.0, " %")
_METRICS, _PASSES = "metrics of answers", "passes over dev, and over all parts at the end"


def main() -> None:
    """Train on each data set, round after round, and print the table."""
    choose("auto")
    ready()
    clock = PhaseClock()
    clock.count(_PASSES, evaluation.Answering, "run")
    for module in (evaluation, scoring):
        clock.count(_METRICS, module, "measure")
    rows = [row for name in ("digits", "breast_cancer", "diabetes") for row in _rows(name, clock)]
    print(show_table(["data set", "phase", "share of training", "target"], rows))


def _rows(name: str, clock: PhaseClock) -> list[list[str]]:
    data = TrainingSet.of(load_builtin(name), normalize_inputs=True)
    _train(name, data)  # warm
    clock.take()
    rounds = [_round(name, data, clock) for _ in range(ROUNDS)]
    shares = {phase: Spread.of(one[phase] for one in rounds) for phase in (_METRICS, _PASSES)}
    verdict = SHARE.verdict(shares[_METRICS].median)
    return [[name, phase, share.show(" %"), verdict if phase == _METRICS else ""] for phase, share in shares.items()]


def _round(name: str, data: TrainingSet, clock: PhaseClock) -> Mapping[str, float]:
    start = time.thread_time()
    _train(name, data)
    total = time.thread_time() - start
    return {phase: 100.0 * seconds / total for phase, seconds in clock.take().items()}


def _train(name: str, data: TrainingSet) -> None:
    trainer = Trainer(time.perf_counter)
    trainer.add(ReadyRun(_leased(name, number, spec), spec, data) for number, spec in enumerate(_members(data)))
    while len(trainer):
        trainer.train({})


def _leased(name: str, number: int, spec: MemberSpec) -> LeasedRun:
    return LeasedRun(
        lease=Lease(number, 1),
        sweep=name,
        trial=number,
        replicate=0,
        dataset=name,
        dataset_sha256=name,
        seed=spec.seed.entropy,
        params={},
        metric=spec.objective,
        direction="minimize",
        early_stopping=EarlyStopping(5),
        to_epoch=spec.epochs,
        cohort=name,
        rules=spec.structure.rules,
    )


def _members(data: TrainingSet) -> Sequence[MemberSpec]:
    rng = np.random.default_rng(0)
    return [_member(data, number, rng) for number in range(MEMBERS)]


def _member(data: TrainingSet, number: int, rng: np.random.Generator) -> MemberSpec:
    hidden, batch = ((32,), (64,), (64, 32))[rng.integers(3)], (32, 64, 128)[rng.integers(3)]
    structure = Structure(data.inputs, hidden, data.outputs, "relu", data.loss_name, batch)
    optimizer, knobs = ("momentum", "rmsprop", "adam")[rng.integers(3)], Knobs(float(10 ** rng.uniform(-4, 0)))
    objective = f"dev_{data.error_name()}"
    return MemberSpec(structure, optimizer, "auto", knobs, EPOCHS, Seed(7, number), objective, Patience(5))


if __name__ == "__main__":
    main()
