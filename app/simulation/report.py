"""What a simulation found, as JSON and as lines for a terminal."""

from collections.abc import Iterator, Sequence
from typing import Any

from app.simulation.clock import Moment, Simulation

WIDTH, HEIGHT = 60, 10
"""The columns and rows of a plot."""


def as_json(found: Simulation) -> dict[str, Any]:
    """Return all of a simulation as plain JSON; `seconds` are virtual."""
    sweep = found.sweep
    return {
        "task": found.task.name,
        "sampler": sweep.spec.sampler,
        "scheduler": sweep.spec.scheduler,
        "seed": sweep.spec.seed,
        "speeds": list(found.speeds),
        "trials": len(sweep.trials),
        "epochs": sum(run.epochs for run in sweep.runs.values()),
        "seconds": found.seconds,
        "utilisation": found.utilisation,
        "regret": found.regret if found.moments else None,
        "reason": sweep.reason,
        "moments": [
            {"seconds": one.seconds, "epochs": one.epochs, "trial": one.trial, "regret": one.regret}
            for one in found.moments
        ],
        "decisions": sweep.decisions,
        "runs": [
            {"trial": run.trial, "replicate": run.replicate, "state": run.state.value, "epochs": run.epochs}
            | {"cost": run.value, "params": sweep.trials[run.trial].params}
            for run in sweep.runs.values()
        ],
    }


def plot(moments: Sequence[Moment]) -> Iterator[str]:
    """Yield the lines of a plot of regret over epochs: a mark in each column for the regret at its end."""
    if not moments:
        return
    last = moments[-1].epochs
    reached = [_at(moments, (column + 1) * last / WIDTH) for column in range(WIDTH)]
    top, bottom = max(reached), min(0.0, *reached)
    for row in range(HEIGHT):
        level = top - (top - bottom) * row / (HEIGHT - 1)
        marks = "".join("*" if _row(regret, top, bottom) == row else " " for regret in reached)
        yield f"{level:8.4f} |{marks.rstrip()}"
    yield f"{'regret':>8} +{'-' * WIDTH}"
    yield f"{'':8}  0{f'{last:,} epochs':>{WIDTH - 1}}"


def _at(moments: Sequence[Moment], epochs: float) -> float:
    """Return the regret when so many epochs were spent; before the first run stopped, that of the first."""
    return next((one.regret for one in reversed(moments) if one.epochs <= epochs), moments[0].regret)


def _row(regret: float, top: float, bottom: float) -> int:
    return round((top - regret) / ((top - bottom) or 1.0) * (HEIGHT - 1))
