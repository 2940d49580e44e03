"""`logsweep export --to`: a sweep goes over to another tool's store."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from app.commands.trackers.told import OPEN, ToldTrial, told_trials
from app.domain.errors import NotInstalled

if TYPE_CHECKING:
    from logsweep import Sweep
    from logsweep.answers.sweeps import SweepAnswer

Kind = Literal["mlflow", "tensorboard"]


class Tracker(Protocol):
    """The store of another tool, as it is for one sweep."""

    place: str

    def has(self, trial: ToldTrial) -> bool:
        """Return whether the trial is there as it is."""

    def write(self, trial: ToldTrial) -> None:
        """Write a trial in place of what was there of it."""

    def close(self) -> None:
        """Write what is known once all trials were told."""


@dataclass(frozen=True, slots=True)
class Tracked:
    """How many trials were written, were there already, or have not ended and are left for another time."""

    place: str
    written: int
    unchanged: int
    left: int


def track(sweep: "Sweep", kind: Kind, place: str | None, where: Sequence[str]) -> Tracked:
    """Write the trials of a sweep that fit and have ended. Raises NotInstalled where the tool's package is missing."""
    tracker = _tracker(kind, sweep.now, place)
    counts = {"written": 0, "unchanged": 0, "left": 0}
    for trial in told_trials(sweep, where):
        counts[_written(tracker, trial)] += 1
    tracker.close()
    return Tracked(tracker.place, **counts)


def _written(tracker: Tracker, trial: ToldTrial) -> str:
    if trial.answer.state in OPEN:
        return "left"
    if tracker.has(trial):
        return "unchanged"
    tracker.write(trial)
    return "written"


def _tracker(kind: Kind, sweep: "SweepAnswer", place: str | None) -> Tracker:
    try:
        return _KINDS[kind]()(sweep, place)
    except ModuleNotFoundError as error:
        raise NotInstalled(
            f"--to {kind} needs the package {error.name}, which is not here: pip install 'logsweep[{kind}]'."
        ) from None


Open = Callable[["SweepAnswer", str | None], Tracker]


def _mlflow() -> Open:
    from app.commands.trackers.mlflow import MlflowTracker  # noqa: PLC0415  # none needs the other's

    return MlflowTracker


def _tensorboard() -> Open:
    from app.commands.trackers.tensorboard import TensorboardTracker  # noqa: PLC0415

    return TensorboardTracker


_KINDS: Mapping[Kind, Callable[[], Open]] = {"mlflow": _mlflow, "tensorboard": _tensorboard}
