"""What batch norm and dropout cost a step, with kernels in NumPy and compiled, and what memory a run takes by epoch."""

import tracemalloc
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from statistics import median
from typing import Literal, TypeAlias

from benchmarks.one_core import use_one_core
from benchmarks.shapes import SHAPES
from benchmarks.spread import Spread, Target, show_table

COST = Target("<=", 1.6, "x")
ADDED = Target("<=", 0.5, "x")
GROWTH = Target("<=", 1.0, " %")
EPOCHS = 20
TECHNIQUES: Mapping[str, tuple[bool, float]] = {
    "plain": (False, 1.0),
    "batch norm": (True, 1.0),
    "dropout": (False, 0.8),
    "both": (True, 0.8),
}
"""Whether there is batch norm, and `keep_prob`."""
_SHAPE = SHAPES[1]

Kernels: TypeAlias = Literal["numpy", "auto"]
Rounds: TypeAlias = Mapping[Kernels, Mapping[str, Sequence[float]]]
"""Microseconds per step and network of each round, by kernels and technique; `auto` is compiled where that can be."""


def main() -> None:
    """Measure, and print the tables."""
    use_one_core()
    rounds = _measure()
    print(f"## Techniques: {_SHAPE.title}, a stack of {_SHAPE.stack}, one core\n")
    print("Microseconds per step and network, median (lowest..highest round):\n")
    print(_costs(rounds))
    print(
        "\nWhat a technique adds to the plain network, in microseconds, and that with compiled kernels over NumPy's:\n"
    )
    print(_added(rounds))
    print("\n## Memory: peak of the traced memory in each epoch\n")
    print(_memory())


def _measure() -> Rounds:
    """Train an epoch of each kind in turn, round after round."""
    # It imports NumPy, which reads the variables set by `main`.
    from benchmarks.engine_epoch import engine_epoch, random_examples, started  # noqa: PLC0415

    data = random_examples(_SHAPE)

    def epoch(technique: str) -> Callable[[], float]:
        batch_norm, keep_prob = TECHNIQUES[technique]
        return engine_epoch(_SHAPE, data, _SHAPE.stack, batch_norm=batch_norm, keep_prob=keep_prob)

    forms: tuple[Kernels, Kernels] = ("numpy", "auto")
    contestants = {form: {name: started(partial(epoch, name), form) for name in TECHNIQUES} for form in forms}
    rounds: dict[Kernels, dict[str, list[float]]] = {form: {name: [] for name in TECHNIQUES} for form in forms}
    for _ in range(_SHAPE.rounds):
        for name in TECHNIQUES:
            for form in forms:
                rounds[form][name].append(contestants[form][name]())
    return rounds


def _costs(rounds: Rounds) -> str:
    rows = []
    for name in TECHNIQUES:
        ratio = Spread.of_ratios(rounds["auto"][name], rounds["auto"]["plain"])
        times = [Spread.of(rounds[form][name]).show() for form in ("numpy", "auto")]
        rows.append([name, *times, ratio.show("x", 2), COST.verdict(ratio.median) if name == "both" else ""])
    return show_table(["network", "kernels in NumPy", "compiled kernels", "of the plain one", ""], rows)


def _added(rounds: Rounds) -> str:
    rows = []
    for name in list(TECHNIQUES)[1:]:
        before, after = (_beyond_plain(rounds[form], name) for form in ("numpy", "auto"))
        ratio = median(after) / median(before)  # of medians: a difference within one round may be next to nothing
        verdict = ADDED.verdict(ratio) if name == "both" else ""
        rows.append([name, Spread.of(before).show(), Spread.of(after).show(), f"{ratio:.2f}x", verdict])
    return show_table(["technique", "kernels in NumPy", "compiled kernels", "ratio", ""], rows)


def _beyond_plain(times: Mapping[str, Sequence[float]], name: str) -> list[float]:
    """Return what each round took beyond the plain network."""
    return [with_it - plain for with_it, plain in zip(times[name], times["plain"], strict=True)]


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
