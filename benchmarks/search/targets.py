"""What searches should reach, as ratios of mean regrets or of times in one run; on recorded curves over all tasks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any, Literal

import numpy as np

from benchmarks.spread import Target

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Figure:
    """What one method has over what another has, at most `most`: of regret, or of seconds of the processor."""

    above: str
    below: str
    most: float
    noise: float | None = None
    """On recorded curves with this noise; None is each table by itself."""
    of: Literal["regrets", "seconds"] = "regrets"


FIGURES = [
    Figure("gp", "Optuna TPE, integers", 0.4),
    Figure("gp", "Optuna TPE, categories", 0.6),
    Figure("gp", "Optuna GPSampler, integers", 0.7),
    Figure("gp", "Optuna GPSampler, categories", 0.7),
    *(Figure("gp", f"Optuna GPSampler, {axes}", 0.1, of="seconds") for axes in ("integers", "categories")),
    Figure("tpe", "Optuna TPE, integers", 1.0),
    Figure("tpe", "Optuna TPE, integers", 0.2, of="seconds"),
    *(
        Figure("gp + thaw", below, most, noise)
        for below, most, noise in [
            ("random", 0.1, 0.0),
            ("Optuna random + Hyperband", 0.2, 0.0),
            ("Optuna random + successive halving", 0.2, 0.0),
            ("random", 0.35, 0.1),
            ("Optuna random + Hyperband", 0.6, 0.1),
            ("Optuna random + successive halving", 0.6, 0.1),
        ]
    ),
    Figure("random + successive_halving", "random", 0.5, 0.0),
]


def verdicts(rows: Sequence[Row]) -> Iterator[list[str]]:
    """Yield each figure with what was measured and its target; one that a missing row leaves open says so."""
    for figure in FIGURES:
        for name, group in _groups(rows, figure):
            title = f"{name}: {figure.above} / {figure.below}{' in time' if figure.of == 'seconds' else ''}"
            above, below = (_mean(group, method, figure.of) for method in (figure.above, figure.below))
            if above is None or below is None:
                yield [title, "not measured: a row is missing", f"<= {figure.most:g}"]
            else:
                yield [title, f"{above / below:.2f}", Target("<=", figure.most).verdict(above / below)]


def _groups(rows: Sequence[Row], figure: Figure) -> Iterator[tuple[str, list[Row]]]:
    if figure.noise is not None:
        yield (
            f"curves, noise {figure.noise:g}",
            [row for row in rows if not row["table"] and row["noise"] == figure.noise],
        )
        return
    for task in dict.fromkeys(row["task"] for row in rows if row["table"]):
        yield task, [row for row in rows if row["task"] == task]


def _mean(rows: Sequence[Row], method: str, of: str) -> float | None:
    means = [float(np.mean(row[of])) for row in rows if row["method"] == method]
    return fmean(means) if means else None
