"""The engine's speed on one core, against PyTorch eager and scikit-learn, and what stacking gains."""

import os
from collections.abc import Mapping, Sequence

from benchmarks.machine import show_kernel
from benchmarks.shapes import SHAPES, Shape
from benchmarks.spread import Spread, Target, show_table
from engine.blas import use_one_thread

Rounds = Mapping[str, Sequence[float]]
"""Of each contestant ("alone", "stack", "pytorch", "scikit-learn"): microseconds per step and network, by round."""


def main() -> None:
    """Measure, and print the tables."""
    use_one_thread(os.environ)
    measured = [(shape, _side_by_side(shape)) for shape in SHAPES]
    print("## Engine: one core, Adam, ReLU, softmax\n")
    print(f"NumPy multiplies with OpenBLAS's {show_kernel(os.environ)} kernels, here and in scikit-learn.\n")
    print("Microseconds per step and network, median (lowest..highest round):\n")
    print(_times(measured))
    print("\nHow many times faster than the rival, round by round:\n")
    print(_ratios(measured))
    print("\nWhat a network gains by its stack:\n")
    print(_stacking(measured))


def _side_by_side(shape: Shape) -> Rounds:
    """Train an epoch of each contestant in turn, round after round."""
    # These import NumPy, which reads the variables set by `main`.
    import torch  # noqa: PLC0415

    from benchmarks.engine_epoch import engine_epoch, random_examples  # noqa: PLC0415
    from benchmarks.rival_epochs import pytorch_epoch, scikit_learn_epoch  # noqa: PLC0415

    torch.set_num_threads(1)
    data = random_examples(shape)
    contestants = {
        "alone": engine_epoch(shape, data, 1),
        "stack": engine_epoch(shape, data, shape.stack),
        "pytorch": pytorch_epoch(shape, data),
        "scikit-learn": scikit_learn_epoch(shape, data),
    }
    for epoch in contestants.values():
        epoch()  # the first one sets up memory, and is not counted
    rounds = [{name: epoch() for name, epoch in contestants.items()} for _ in range(shape.rounds)]
    return {name: [times[name] for times in rounds] for name in contestants}


def _times(measured: Sequence[tuple[Shape, Rounds]]) -> str:
    header = ["network", "logsweep, alone", "logsweep, in a stack of", "PyTorch eager", "scikit-learn"]
    rows = [
        [
            shape.title,
            Spread.of(rounds["alone"]).show(),
            f"{shape.stack}: {Spread.of(rounds['stack']).show()}",
            Spread.of(rounds["pytorch"]).show(),
            Spread.of(rounds["scikit-learn"]).show(),
        ]
        for shape, rounds in measured
    ]
    return show_table(header, rows)


def _ratios(measured: Sequence[tuple[Shape, Rounds]]) -> str:
    header = ["network", "logsweep", "than PyTorch eager", "target", "than scikit-learn"]
    rows = []
    for shape, rounds in measured:
        rows.append([shape.title, "alone", *_ratio(rounds, "alone", shape.alone)])
        rows.append([shape.title, f"in a stack of {shape.stack}", *_ratio(rounds, "stack", shape.stacked)])
    return show_table(header, rows)


def _ratio(rounds: Rounds, ours: str, target: Target | None) -> list[str]:
    pytorch = Spread.of_ratios(rounds["pytorch"], rounds[ours])
    scikit_learn = Spread.of_ratios(rounds["scikit-learn"], rounds[ours])
    return [pytorch.show("x"), target.verdict(pytorch.median) if target else "", scikit_learn.show("x")]


def _stacking(measured: Sequence[tuple[Shape, Rounds]]) -> str:
    rows = [
        [shape.title, Spread.of_ratios(rounds["alone"], rounds["stack"]).show("x", 2)] for shape, rounds in measured
    ]
    return show_table(["network", "gain"], rows)


if __name__ == "__main__":
    main()
