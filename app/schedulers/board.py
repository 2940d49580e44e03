"""The board: what a scheduler that composes rounds is shown of a sweep, and the step that it answers."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from app.domain.space import Space
from app.domain.states import OPEN, TrialState
from app.domain.sweeps import Objective
from app.domain.values import Value


@dataclass(frozen=True, slots=True)
class Standing:
    """A trial on the board: `epochs` trained, and at `rungs` what it had come to, in the order of their epochs.

    A rung is an epoch at which it stopped, with the mean over its replicates of their lowest costs until then; the last
    one is where it stands now, if that can be compared. A trial that failed or diverged may have none. It is `open` if
    it can go on: a replicate is paused. A model of the space cannot place one that does not lie `inside` of it.
    """

    trial: int
    params: Mapping[str, Value]
    state: TrialState
    epochs: int
    open: bool
    rungs: Sequence[tuple[int, float]] = ()
    inside: bool = True

    def cost_at(self, epoch: int) -> float | None:
        """Return the cost at a rung that it reached, or of its end if it ended by itself before."""
        reached = [cost for at, cost in self.rungs if at == epoch]
        if reached:
            return reached[0]
        over = self.state not in OPEN and self.state is not TrialState.PRUNED and self.epochs < epoch
        return self.rungs[-1][1] if over and self.rungs else None


@dataclass(frozen=True, slots=True)
class Board:
    """A sweep as a composer sees it; its `trials` by number, of which there are `drawn`, each of `replicates` runs.

    `round` counts the steps so far. `trials_left` may still be drawn, and the runs of all trials together may train
    `epochs_left` further; None is no limit. `epochs` are those of each trial. `knobs` names the hyperparameters
    that may differ between a trial and its heirs.
    """

    space: Space
    fixed: Mapping[str, Value]
    rules: int
    seed: int
    objective: Objective
    epochs: int
    replicates: int
    trials_left: int
    epochs_left: int | None
    round: int
    drawn: int
    trials: Sequence[Standing]
    knobs: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Heir:
    """A new trial that goes on from an open one, which stands at the end of `epoch`; `params` differ in knobs alone."""

    parent: int
    epoch: int
    params: Mapping[str, Value]
    reason: str


@dataclass(frozen=True, slots=True)
class Step:
    """What trains next: open trials to the end of an epoch each, then new ones to the end of `first_epoch`.

    New trials are `heirs` of open ones, or have the quantiles in `new`, or there are `draw` of them, which the sweep's
    sampler proposes. `reason`
    is why all of it; a trial that goes on may have one of its own in `reasons`. `pruned` tells why trials are ended.
    Where the epochs of the budget do not reach for all, the first ones go on. A step that trains nothing, while
    nothing is in training, ends the sweep, for its reason; what is still open is pruned with it.
    """

    go_on: Mapping[int, int] = field(default_factory=dict)
    new: Sequence[Mapping[str, float]] = ()
    draw: int = 0
    heirs: Sequence[Heir] = ()
    first_epoch: int = 0
    pruned: Mapping[int, str] = field(default_factory=dict)
    reason: str = ""
    reasons: Mapping[int, str] = field(default_factory=dict)
