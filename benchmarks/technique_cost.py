"""What batch norm and dropout cost a step, and what memory a training run takes from epoch to epoch."""

import os
import tracemalloc
from collections.abc import Callable

from benchmarks.shapes import SHAPES
from benchmarks.spread import Spread, Target, show_table
from engine.blas import use_one_thread

COST = Target("<=", 1.6, "x")
GROWTH = Target("<=", 1.0, " %")
EPOCHS = 20
_SHAPE = SHAPES[1]


def main() -> None:
    """Measure, and print the tables."""
    use_one_thread(os.environ)
    print(f"## Techniques: {_SHAPE.title}, a stack of {_SHAPE.stack}, one core\n")
    print(_costs())
    print("\n## Memory: peak of the traced memory in each epoch\n")
    print(_memory())


def _costs() -> str:
    # It imports NumPy, which reads the variables set by `main`.
    from benchmarks.engine_epoch import engine_epoch, random_examples  # noqa: PLC0415

    data = random_examples(_SHAPE)

    def epoch(batch_norm: bool, keep_prob: float) -> Callable[[], float]:
        return engine_epoch(_SHAPE, data, _SHAPE.stack, batch_norm=batch_norm, keep_prob=keep_prob)

    contestants = {
        "plain": epoch(False, 1.0),
        "batch norm": epoch(True, 1.0),
        "dropout": epoch(False, 0.8),
        "both": epoch(True, 0.8),
    }
    for run in contestants.values():
        run()  # the first one sets up memory, and is not counted
    rounds = [{name: run() for name, run in contestants.items()} for _ in range(_SHAPE.rounds)]
    rows = []
    for name in contestants:
        times = [times[name] for times in rounds]
        ratio = Spread.of_ratios(times, [times["plain"] for times in rounds])
        verdict = COST.verdict(ratio.median) if name == "both" else ""
        rows.append([name, Spread.of(times).show(), ratio.show("x", 2), verdict])
    return show_table(["network", "microseconds per step and network", "of the plain one", "target"], rows)


def _memory() -> str:
    from benchmarks.engine_epoch import engine_epoch, random_examples  # noqa: PLC0415  # as above

    epoch = engine_epoch(_SHAPE, random_examples(_SHAPE), _SHAPE.stack, batch_norm=True, keep_prob=0.8)
    tracemalloc.start()
    peaks = []
    for _ in range(EPOCHS):
        tracemalloc.reset_peak()
        epoch()
        peaks.append(tracemalloc.get_traced_memory()[1])
    tracemalloc.stop()
    growth = 100.0 * (max(peaks[1:]) / peaks[0] - 1.0)
    row = [f"{peaks[0]:,}", f"{max(peaks[1:]):,}", f"{growth:.2f} %", GROWTH.verdict(growth)]
    return show_table(["first epoch, bytes", f"largest of the next {EPOCHS - 1}", "growth", "target"], [row])


if __name__ == "__main__":
    main()
