"""The engine's speed on one core, against PyTorch eager, JAX and scikit-learn, and what stacks and kernels gain."""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.machine import show_kernel
from benchmarks.one_core import use_one_core
from benchmarks.shapes import SHAPES, Shape
from benchmarks.spread import Spread, Target, show_table

TITLES: Mapping[str, str] = {
    "alone": "logsweep, alone",
    "stack": "logsweep, in a stack",
    "numpy": "logsweep, in a stack, kernels in NumPy",
    "pytorch": "PyTorch eager",
    "scikit-learn": "scikit-learn",
    "jax alone": "JAX, `jit` of a `scan`",
    "jax stack": "JAX, `vmap` in a `scan`",
    "jax shuffled": "JAX, `vmap` in a `scan`, shuffled there too",
}
"""The contestants, in the order of their turns and of the tables."""

ONE_CORE = Target("<=", 1.05)
"""Processor time over time; clocks differ by a little."""

Run = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured of one shape, by contestant; a round is an epoch."""

    shape: Shape
    rounds: Mapping[str, Sequence[float]]
    """Microseconds per step and network."""
    cores: Mapping[str, float]
    """The most cores that a round used: its processor time over its time."""
    compilation: Mapping[str, float]
    """Seconds."""


def main() -> None:
    """Measure, and print the tables."""
    use_one_core()
    measured = [_side_by_side(shape) for shape in SHAPES]
    print("## Engine: one core, Adam, ReLU, softmax\n")
    print(f"NumPy multiplies with OpenBLAS's {show_kernel(os.environ)} kernels, here and in scikit-learn.")
    print(f"Where not said otherwise, logsweep runs {_kernels()}.\n")
    print(f"Stacks hold {', '.join(str(shape.stack) for shape in SHAPES)} networks. ", end="")
    print("Microseconds per step and network, median (lowest..highest round):\n")
    print(_times(measured))
    print("\nWhat JAX took to trace and compile an epoch, in seconds, which is in no time above:\n")
    print(_compilation(measured))
    print(f"\n{_cores(measured)}")
    print("\nHow many times faster than the rival, round by round; JAX too has one network, or a stack:\n")
    print(_ratios(measured))
    print("\nWhat a network gains by its stack, and a stack by compiled kernels:\n")
    print(_gains(measured))


def _kernels() -> str:
    from engine.kernels import ready  # noqa: PLC0415  # it imports NumPy, which reads the variables set by `main`

    return "compiled kernels" if ready() else "kernels in NumPy, since there are no compiled ones here"


def _side_by_side(shape: Shape) -> Measured:
    """Train an epoch of each contestant in turn, round after round."""
    contestants, compilation = _contestants(shape)
    rounds: dict[str, list[float]] = {name: [] for name in TITLES}
    cores = dict.fromkeys(TITLES, 0.0)
    for _ in range(shape.rounds):
        for name in TITLES:
            figure, used = _watched(contestants[name])
            rounds[name].append(figure)
            cores[name] = max(cores[name], used)
    return Measured(shape, rounds, cores, compilation)


def _watched(run: Run) -> tuple[float, float]:
    """Return what `run` returns, and how many cores all threads of this process used meanwhile."""
    start, processor_start = time.perf_counter(), time.process_time()
    figure = run()
    return figure, (time.process_time() - processor_start) / (time.perf_counter() - start)


def _contestants(shape: Shape) -> tuple[Mapping[str, Run], Mapping[str, float]]:
    """Return an epoch of each contestant, which has run once, and the seconds of compilation of those that compile."""
    # These import NumPy, which reads the variables set by `main`.
    import torch  # noqa: PLC0415

    from benchmarks.engine_epoch import engine_epoch, random_examples, started  # noqa: PLC0415
    from benchmarks.jax_epochs import jax_epoch, jax_stack_epoch  # noqa: PLC0415
    from benchmarks.rival_epochs import pytorch_epoch, scikit_learn_epoch  # noqa: PLC0415

    torch.set_num_threads(1)
    data = random_examples(shape)
    ours = {
        "alone": started(lambda: engine_epoch(shape, data, 1)),
        "numpy": started(lambda: engine_epoch(shape, data, shape.stack), "numpy"),
        "stack": started(lambda: engine_epoch(shape, data, shape.stack)),
    }
    compiled = {
        "jax alone": jax_epoch(shape, data),
        "jax stack": jax_stack_epoch(shape, data, "numpy"),
        "jax shuffled": jax_stack_epoch(shape, data, "jax"),
    }
    rivals = {"pytorch": pytorch_epoch(shape, data), "scikit-learn": scikit_learn_epoch(shape, data)}
    rivals |= {name: epoch.run for name, epoch in compiled.items()}
    for epoch in rivals.values():
        epoch()  # the first one sets up memory, and is not counted
    return ours | rivals, {name: epoch.compilation for name, epoch in compiled.items()}


def _times(measured: Sequence[Measured]) -> str:
    rows = [[title, *(Spread.of(one.rounds[name]).show() for one in measured)] for name, title in TITLES.items()]
    return show_table(["", *_networks(measured)], rows)


def _compilation(measured: Sequence[Measured]) -> str:
    names = measured[0].compilation
    rows = [[TITLES[name], *(f"{one.compilation[name]:.2f}" for one in measured)] for name in names]
    return show_table(["", *_networks(measured)], rows)


def _networks(measured: Sequence[Measured]) -> list[str]:
    return [one.shape.title for one in measured]


def _cores(measured: Sequence[Measured]) -> str:
    """Return the most cores that each contestant used in any round, with the verdict."""
    most = {TITLES[name]: max(one.cores[name] for one in measured) for name in TITLES}
    each = "; ".join(f"{title}: {used:.2f}" for title, used in most.items())
    return f"Cores used at most (processor time over time): {each}; {ONE_CORE.verdict(max(most.values()))}."


def _ratios(measured: Sequence[Measured]) -> str:
    header = [
        "network",
        "logsweep",
        "than PyTorch eager",
        "",
        "than JAX",
        "",
        "shuffled there too",
        "than scikit-learn",
    ]
    rows = []
    for one in measured:
        shape, stack = one.shape, f"in a stack of {one.shape.stack}"
        alone_jax, stack_jax = _ratio(one, "jax alone", "alone"), _ratio(one, "jax stack", "stack", shape.stack_jax)
        alone = [*_ratio(one, "pytorch", "alone", shape.alone_pytorch), *alone_jax, ""]
        stacked = [*_ratio(one, "pytorch", "stack", shape.stack_pytorch), *stack_jax]
        stacked.append(_ratio(one, "jax shuffled", "stack")[0])
        rows.append([shape.title, "alone", *alone, _ratio(one, "scikit-learn", "alone")[0]])
        rows.append([shape.title, stack, *stacked, _ratio(one, "scikit-learn", "stack")[0]])
    return show_table(header, rows)


def _ratio(one: Measured, rival: str, ours: str, targets: Sequence[Target] = ()) -> list[str]:
    ratio = Spread.of_ratios(one.rounds[rival], one.rounds[ours])
    return [ratio.show("x", 2), "; ".join(target.verdict(ratio.median) for target in targets)]


def _gains(measured: Sequence[Measured]) -> str:
    def gain(one: Measured, before: str) -> str:
        return Spread.of_ratios(one.rounds[before], one.rounds["stack"]).show("x", 2)

    rows = [[one.shape.title, gain(one, "alone"), gain(one, "numpy")] for one in measured]
    return show_table(["network", "by its stack", "by compiled kernels"], rows)


if __name__ == "__main__":
    main()
