"""The interface of schedulers: how far trials train before they are compared, and which go on, purely."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from app.domain.errors import Fault
from app.domain.options import Options, option_faults
from app.domain.plan import Need
from app.domain.sweeps import Objective
from app.domain.values import Value


@dataclass(frozen=True, slots=True)
class Contender:
    """A trial as a scheduler compares it: `epochs` trained, and the mean over its replicates of their lowest costs.

    `cost` is None if a replicate has none that can be compared. It is `open` if it can go on: a replicate is paused.
    """

    trial: int
    epochs: int
    cost: float | None
    open: bool


@dataclass(frozen=True, slots=True)
class Round:
    """A round that has stopped: the `rung`-th of its bracket, counted from 1.

    `size` is how many trials the bracket began with; `contenders` are those of them that were not pruned, by number.
    """

    rung: int
    size: int
    objective: Objective
    contenders: Sequence[Contender]


@dataclass(frozen=True, slots=True)
class Selection:
    """Which open trials go on to the end of `to_epoch`, best first, and why each of the others is pruned."""

    go_on: Sequence[int] = ()
    to_epoch: int = 0
    reason: str = ""
    pruned: Mapping[int, str] = field(default_factory=dict)


class Scheduler(ABC):
    """Decides how far trials train before they are compared with others, and which of them go on.

    What it must be shown says when it is asked:

    - `Need.NOTHING`: never; all trials train to the epoch that `first_epoch` says.
    - `Need.ROUND`: `decide` is asked once no run of the round is queued or running. What it sees does not depend on who
      was faster, so neither does its choice. A bracket is drawn, its rounds follow each other, and the next one begins.
    - `Need.ALL`: for asynchronous kinds (ASHA, median stopping), of which there are none yet. The same `decide` is
      asked whenever a run stops: those in training are then contenders that are not open, with what they have reported
      so far; an open one may be left waiting, named in neither part of the selection; its rung follows from its epochs,
      and `Round.rung` is 0. Such a choice depends on who was faster.
    """

    need: Need
    options: Options = MappingProxyType({})

    def faults(self, posted: Mapping[str, Value], epochs: int | None) -> Iterator[Fault]:
        """Yield what is wrong with the options in `posted`, where `epochs` are fixed so, or searched if None."""
        yield from option_faults("scheduler", posted, self.options)
        if epochs is None and self.need is not Need.NOTHING:
            why = f"epochs cannot be searched under {posted.get('kind')}, which compares all trials at the same ones."
            yield Fault("/space/epochs", f'{why} Move it to "fixed", or use the scheduler none.')

    @abstractmethod
    def first_epoch(self, posted: Mapping[str, Value], epochs: int) -> int:
        """Return the epoch, 1 to `epochs`, to whose end a new trial is trained. The options have no faults.

        `epochs` are those of the trial, or of all trials where they are compared.
        """

    @abstractmethod
    def decide(self, posted: Mapping[str, Value], epochs: int, stopped: Round) -> Selection:
        """Return who goes on. An open contender that the selection does not name stays as it is.

        The answer is a pure function of the arguments, and names open contenders alone.
        """
