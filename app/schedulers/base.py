"""The interface of schedulers: how far trials train before they are compared, and which go on, purely."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from app.domain.errors import Fault
from app.domain.options import Options, option_faults
from app.domain.plan import Need
from app.domain.values import Value
from app.schedulers.board import Board, Step
from app.schedulers.bracket import Bracket, Round, Selection


class Scheduler(ABC):
    """Decides how far trials train before they are compared with others, and which of them go on.

    There are three families: the kind that never decides (`need` is `Need.NOTHING`), where every trial trains to its
    end; those that compare trials at rungs (`RungScheduler`); and those that put together whole rounds of paused and
    new trials (`RoundComposer`). All are pure: the same arguments give the same answer.
    """

    need: Need
    options: Options = MappingProxyType({})
    samplers: Sequence[str] | None = None
    """The only kinds of sampler that it goes with; None is any."""

    why_samplers: str = ""
    """Why it goes with these alone, as a sentence."""

    inherits: bool = False
    """Whether its trials go on from the weights of others, with other knobs."""

    def rungs(self, posted: Mapping[str, Value], epochs: int) -> Sequence[int]:  # noqa: ARG002 - for kinds with rungs
        """Return the epochs at whose ends trials are compared, and their end; none of a kind that never compares."""
        return ()

    def faults(self, posted: Mapping[str, Value], epochs: int | None) -> Iterator[Fault]:
        """Yield what is wrong with the options in `posted`, where `epochs` are fixed so, or searched if None."""
        yield from option_faults("scheduler", posted, self.options)
        if epochs is None and self.need is not Need.NOTHING:
            why = f"epochs cannot be searched under {posted.get('kind')}, which compares all trials at the same ones."
            yield Fault("/space/epochs", f'{why} Move it to "fixed", or use the scheduler none.')


class RungScheduler(Scheduler):
    """Compares the trials of a bracket rung by rung, each once all that go there have stopped.

    What a choice sees does not depend on who was faster, so neither does the choice. `need` is `Need.ROUND`, or
    `Need.ROUNDS` for a kind that looks at earlier brackets too.
    """

    need = Need.ROUND

    def rungs(self, posted: Mapping[str, Value], epochs: int) -> Sequence[int]:
        """Return those of the first bracket, which no other one has more of."""
        return self.bracket(posted, epochs, 0).rungs

    @abstractmethod
    def bracket(self, posted: Mapping[str, Value], epochs: int, index: int) -> Bracket:
        """Return the bracket number `index`, counted from 0, where trials have `epochs`. The options have no faults."""

    @abstractmethod
    def decide(self, posted: Mapping[str, Value], stopped: Round) -> Selection:
        """Return who goes on from a rung that is not the last.

        An open contender that the selection does not name stays as it is until the sweep ends. The answer names open
        contenders alone.
        """


class RoundComposer(Scheduler):
    """Puts together what trains next, of trials that have paused and of new ones.

    `need` is `Need.ALL`: it is asked once no run is queued or running, so that its choice does not depend on who was
    faster. With `Need.LIVE` it is asked whenever a run stops, and its choice does depend on that.
    """

    need = Need.ALL

    def first_epoch(self, posted: Mapping[str, Value], epochs: int) -> int:  # noqa: ARG002 - for kinds with rungs
        """Return the epoch to which a point trains first that someone else picked, where trials have `epochs`."""
        return epochs

    @abstractmethod
    def compose(self, posted: Mapping[str, Value], board: Board) -> Step:
        """Return what happens next. The options have no faults; a step that trains nothing ends the sweep."""
