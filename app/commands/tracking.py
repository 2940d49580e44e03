"""`logsweep export --to`: a sweep goes over to another tool's store."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from app.commands.trackers.told import OPEN, ToldTrial, told_trials
from app.domain.errors import NotInstalled, Unavailable

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
    """Write the trials of a sweep that fit and have ended.

    Raises NotInstalled where the tool's package is missing; Conflict; Unavailable where its store cannot be written.
    """
    tool = _TOOLS[kind]()
    with _in_words(kind, tool):
        tracker = tool.open(sweep.now, place)
    counts = {"written": 0, "unchanged": 0, "left": 0}
    for trial in told_trials(sweep, where):
        with _in_words(kind, tool):
            counts[_written(tracker, trial)] += 1
    with _in_words(kind, tool):
        tracker.close()
    return Tracked(tracker.place, **counts)


def _written(tracker: Tracker, trial: ToldTrial) -> str:
    if trial.answer.state in OPEN:
        return "left"
    if tracker.has(trial):
        return "unchanged"
    tracker.write(trial)
    return "written"


@dataclass(frozen=True, slots=True)
class Tool:
    """How the store of a tool is opened, and what it raises where it cannot be written: its package has to be there."""

    open: Callable[["SweepAnswer", str | None], Tracker]
    failures: Callable[[], tuple[type[Exception], ...]]


@contextmanager
def _in_words(kind: Kind, tool: Tool) -> Iterator[None]:
    try:
        yield
    except ModuleNotFoundError as error:
        way = f"pip install '.[{kind}]' in the checkout"
        raise NotInstalled(f"--to {kind} needs the package {error.name}, which is not here: {way}.") from None
    except tool.failures() as error:
        way = "What was written stays; export again to go on"
        raise Unavailable(f"--to {kind} cannot write there: {_said(error)}. {way}.") from error


def _said(error: Exception) -> str:
    """Return the first line of what a tool says, without what SQLAlchemy says to programmers before it."""
    lines = [line for line in str(error).splitlines() if line.strip() and not line.startswith("(raised as a result")]
    return lines[0].strip().rstrip(".") if lines else type(error).__name__


def _mlflow() -> Tool:
    from app.commands.trackers import mlflow  # noqa: PLC0415  # none needs the other's

    return Tool(mlflow.MlflowTracker, mlflow.failures)


def _tensorboard() -> Tool:
    from app.commands.trackers import tensorboard  # noqa: PLC0415

    return Tool(tensorboard.TensorboardTracker, tensorboard.failures)


_TOOLS: Mapping[Kind, Callable[[], Tool]] = {"mlflow": _mlflow, "tensorboard": _tensorboard}
