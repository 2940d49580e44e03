"""What an epoch on bytes takes beside one on the numbers that they stand for, in milliseconds of the processor.

`python -m benchmarks.byte_epoch` measures on random pixels; followed by the path of an NPZ file in the layout of Keras
(x_train, y_train and so on), on the images of that file as well.
"""

import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.spread import Spread, Target, show_row, show_table
from engine.blas import use_one_thread

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.data import Dataset
    from engine.training_set import TrainingSet

TARGET = Target("<=", 1.1, "x")
ROUNDS = 7
_NEVER = 10**9
_DEV_SHARE = 6  # of so many rows, one is in the dev part


@dataclass(frozen=True, slots=True)
class _Case:
    """A network on a data set; an epoch goes over `rows` of its rows, which stay bytes unless `as_served`.

    As served, a part whose numbers take little is held as numbers.
    """

    hidden_units: tuple[int, ...]
    batch_size: int
    members: int
    rows: int
    as_served: bool = False


_CASES = (
    _Case((64,), 64, 1, 12_000),
    _Case((64,), 64, 16, 2_400),
    _Case((512, 512), 128, 1, 1_800),
    _Case((512, 512), 128, 16, 480),
    _Case((64,), 64, 1, 1_200, as_served=True),
)


def main(arguments: Sequence[str]) -> None:
    """Measure, and print the table."""
    use_one_thread(os.environ)
    print("## Bytes: an epoch beside one on the numbers that the bytes stand for, one core\n")
    header = ["data", "network, batch, stack, rows", "numbers, ms", "bytes, ms", "ratio", "target"]
    print(show_table(header, []))
    for title, data in _data(arguments):
        for case in _CASES:
            print(show_row(_row(title, data, case)), flush=True)


def _data(arguments: Sequence[str]) -> "list[tuple[str, Dataset]]":
    # It imports NumPy, which reads the variables set by `main`.
    import numpy as np  # noqa: PLC0415

    rng = np.random.default_rng(0)
    pixels = {"random pixels": (rng.integers(0, 256, (60_000, 784)).astype(np.uint8), rng.integers(0, 10, 60_000))}
    for path in arguments:
        with np.load(path, allow_pickle=False) as archive:
            images = archive["x_train"]
            pixels[Path(path).name] = images.reshape(len(images), -1), archive["y_train"].astype(np.int64)
    return [
        (f"{title}, {kind}", _dataset(x, y, card))
        for title, (x, y) in pixels.items()
        for kind, card in (("images", {"image": [28, 28, 1]}), ("plain columns", {}))
    ]


def _dataset(x: "NDArray[Any]", y: "NDArray[Any]", card: dict[str, Any]) -> "Dataset":
    from engine.data import Dataset  # noqa: PLC0415  # as above

    classes = tuple(map(str, range(10)))
    return Dataset("multiclass", classes, x, y, x[:0], y[:0], x[:0], y[:0], card)


def _row(title: str, dataset: "Dataset", case: _Case) -> list[str]:
    forms = [_epoch(data, case) for data in _forms(dataset, case)]
    for epoch in forms:
        epoch()  # the first one takes the memory, and is not counted
    rounds = [[epoch() for epoch in forms] for _ in range(ROUNDS)]
    numbers, as_bytes = (list(times) for times in zip(*rounds, strict=True))
    ratio = Spread.of_ratios(as_bytes, numbers)
    widths = "-".join(map(str, (dataset.x_train.shape[1], *case.hidden_units, 10)))
    network = f"{widths}, {case.batch_size}, {case.members}, {case.rows:,}{' as served' if case.as_served else ''}"
    verdict = TARGET.verdict(ratio.median)
    return [title, network, Spread.of(numbers).show(), Spread.of(as_bytes).show(), ratio.show("x", 2), verdict]


def _forms(dataset: "Dataset", case: _Case) -> "list[TrainingSet]":
    """Return the first rows as numbers that were made beforehand, and as bytes."""
    from dataclasses import replace  # noqa: PLC0415

    from engine import training_set  # noqa: PLC0415  # as above
    from engine.inputs import Numbers  # noqa: PLC0415  # as above

    dev = case.rows // _DEV_SHARE
    x, y = dataset.x_train[: case.rows], dataset.y_train[: case.rows]
    cut = replace(dataset, x_train=x[dev:], y_train=y[dev:], x_dev=x[:dev], y_dev=y[:dev])
    usual = training_set.SMALL
    training_set.SMALL = usual if case.as_served else 0
    as_bytes = training_set.TrainingSet.of(cut, normalize_inputs=True)
    training_set.SMALL = usual

    def numbers(part: training_set.Part) -> training_set.Part:
        return training_set.Part(Numbers(part.x), part.targets, part.y)

    return [replace(as_bytes, train=numbers(as_bytes.train), dev=numbers(as_bytes.dev)), as_bytes]


def _epoch(data: "TrainingSet", case: _Case) -> Callable[[], float]:
    from engine.population import Population  # noqa: PLC0415  # as above
    from engine.seeds import Seed  # noqa: PLC0415  # as above
    from engine.spec import Knobs, MemberSpec, Structure  # noqa: PLC0415  # as above

    structure = Structure(data.inputs, case.hidden_units, data.outputs, "relu", "softmax", case.batch_size)
    population = Population(time.process_time)
    members = [
        (str(number), MemberSpec(structure, "adam", "auto", Knobs(1e-3), _NEVER, Seed(0, number), "dev_loss"))
        for number in range(case.members)
    ]
    population.join(data, members)

    def epoch() -> float:
        start = time.process_time()
        report = population.train_epoch()
        seconds = time.process_time() - start
        if len(report.observations) != case.members or report.stopped:
            raise RuntimeError(f"The epoch should train {case.members} members and end none: {report.stopped}.")
        return 1e3 * seconds

    return epoch


if __name__ == "__main__":
    main(sys.argv[1:])
