"""Training leased runs: the bridge from the work protocol to a population of the engine."""

import logging
import math
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from app.domain.objectives import cost
from app.domain.work import Decision, Epoch, GivenBack, Keep, Lease, LeasedRun, Metrics, Result
from app.trainer.holding import Held, Parked, Unscored
from app.trainer.keeping import Candidate, wanted
from app.trainer.lineages import next_leg
from app.trainer.loading import ReadyRun, name_of
from app.trainer.packing import LeasedCheckpoint
from engine.population import Departure, Finished, Observation, Paused, Population, member_bytes, score

MEMORY = 2 << 30
"""Bytes that members may take, parked ones included; runs that do not fit wait here until others have stopped."""

SCORE_WITHIN = 0.1
"""Seconds within which runs that stopped are scored: together they cost a fraction of what they cost one by one."""

LONGEST_ERROR = 1000
"""Characters of an error that are told."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class StoppedRun:
    """A run that ended or paused, and its weights as little-endian float32 if they may be among those kept."""

    result: Result
    weights: bytes | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """What one epoch of one stack, or a few decisions, gave: points of curves, runs that stopped or go back."""

    epochs: Sequence[tuple[Lease, Epoch]] = ()
    stopped: Sequence[StoppedRun] = ()
    given_back: Sequence[GivenBack] = ()


class StackFailedError(Exception):
    """Training a stack of several raised an error, and nobody knows whose: `leases` are those of all its members.

    Runs of other stacks that had `stopped` before are to be told of all the same.
    """

    def __init__(self, leases: Sequence[Lease], error: Exception, stopped: Sequence[StoppedRun] = ()) -> None:
        super().__init__(f"Training a stack of {len(leases)} failed: {_told(error)}")
        self.leases, self.stopped = leases, stopped
        self.reason = f"a stack of {len(leases)} failed in training: {_told(error)}"


class Trainer:
    """Trains runs, many at a time, each up to the epoch that it is asked for. Paused ones stay here while they fit."""

    def __init__(self, clock: Callable[[], float], memory: int = MEMORY) -> None:
        self._clock = clock
        self._population = Population(clock)
        self._memory = memory
        self._held: dict[str, Held] = {}
        self._unscored: dict[str, Unscored] = {}
        self._unscored_since = 0.0
        self._waiting: deque[ReadyRun] = deque()
        self._parked: dict[str, Parked] = {}
        # One that was evicted unsaved, until it is handed in; more would take the memory that was made room for.
        self._evicted: LeasedCheckpoint | None = None

    def __len__(self) -> int:
        return len(self._held) + len(self._unscored)

    def is_parked(self, run: LeasedRun) -> bool:
        """Return whether the run can go on from memory. Safe from any thread, though it may change at once."""
        return name_of(run) in self._parked

    def add(self, ready: Iterable[ReadyRun]) -> None:
        """Train runs as soon as there is memory; one that is in training under an older lease is dropped before."""
        for one in ready:
            self._leave([name_of(one.run)])
            if self._unscored.pop(name_of(one.run), None) is not None:
                self._population.leave([name_of(one.run)])
            begins = self._beside_its_parent(one)
            self._held[name_of(one.run)] = Held(begins)
            self._waiting.append(begins)

    def _beside_its_parent(self, one: ReadyRun) -> ReadyRun:
        """Return a run that goes on from its parent, if that is parked here just where the run inherits from it."""
        parent = self._parked.get(one.ancestors[-1].name) if one.ancestors else None
        ahead = one.checkpoint is not None and one.checkpoint.epoch > one.inherited
        if parent is None or parent.epochs != one.inherited or ahead:
            return one
        return replace(one, checkpoint=self._population.checkpoint(one.ancestors[-1].name))

    def forget(self, leases: Iterable[Lease]) -> None:
        """Drop what is parked under these leases: the server did not record the pause, so others may be further."""
        gone = set(leases)
        keys = [key for key, parked in self._parked.items() if parked.lease in gone]
        for key in keys:
            del self._parked[key]
        self._population.leave(keys)

    def obey(self, decisions: Sequence[Decision], keep: Mapping[str, Keep]) -> Turn:
        """Do what the server decided; leases that are not in training are fine.

        A run that has trained no epoch of its own yet has nothing to pause or complete with: it goes back.
        """
        asked = {one.lease: one for one in decisions if one.decision != "continue"}
        if not asked:
            return Turn()
        settled = self.settle(keep)  # of one that has stopped there is nothing left to decide
        known = {key: asked[held.run.lease] for key, held in self._held.items() if held.run.lease in asked}
        self._leave([key for key, one in known.items() if one.decision == "stop"])
        given_back = [self._give_back(key) for key in known if key in self._held and self._held[key].is_untrained]
        pausing = [key for key, one in known.items() if key in self._held and one.decision == "pause"]
        self._depart(self._population.pause(pausing))
        for key, one in known.items():
            if key in self._held and one.decision == "complete":
                self._depart(self._population.complete([key], one.reason or "the server asked for its end"))
        return Turn(stopped=[*settled, *self.settle(keep)], given_back=given_back)

    def _leave(self, keys: Sequence[str]) -> None:
        """Drop runs in training, whatever they reached."""
        gone = {key for key in keys if self._held.pop(key, None) is not None}
        if gone:
            self._waiting = deque(one for one in self._waiting if name_of(one.run) not in gone)
            self._population.leave(gone - self._parked.keys())

    def _give_back(self, key: str, refusal: str | None = None) -> GivenBack:
        lease = self._held[key].run.lease
        self._leave([key])
        return GivenBack(lease) if refusal is None else GivenBack(lease, "refused", refusal)

    def train(self, keep: Mapping[str, Keep]) -> Turn:
        """Train the next stack for one epoch; weights that cannot be among those kept are left out.

        An error in a stack of one belongs to its run, which fails with it. In a larger stack nobody knows whose
        it is: raises StackFailedError, after which this trainer is of no use. The server counts it as a loss of each,
        hands the runs out again, and in the end one by one. Runs that stopped may be told of in a later turn.
        """
        settled = self.settle(keep) if self._waiting else ()  # memory is given to those that wait
        given_back = self._admit()
        turn = self._population.turn()
        try:
            report = self._population.train_epoch()
        except Exception as error:
            if len(turn) != 1:
                failed = [self._held[key].run.lease for key in turn]
                raise StackFailedError(failed, error, [*settled, *self.settle(keep)]) from error
            return Turn(stopped=[*settled, self._failed(turn[0], error)], given_back=given_back)
        for key, seen in report.observations:
            self._held[key].epochs, self._held[key].pace = seen.epoch, seen.seconds
            self._held[key].unsaved += seen.seconds
        own = [(self._held[key], seen) for key, seen in report.observations if not self._held[key].is_untrained]
        ancestors = [one.key for one in report.stopped if self._is_ancestor(one)]
        self._depart([one for one in report.stopped if one.key not in ancestors])
        given_back += self._inherit(ancestors)
        epochs = [(held.run.lease, epoch_of(seen, on_dev=not held.run.train_on_dev)) for held, seen in own]
        return Turn(epochs, [*settled, *(self.settle(keep) if self._is_due() else ())], given_back)

    def _is_ancestor(self, one: Departure) -> bool:
        """Return whether a member has come to the end of an ancestor's piece, from which its run goes on."""
        return one.stopped.state == "paused" and self._held[one.key].is_untrained

    def _inherit(self, keys: Sequence[str]) -> list[GivenBack]:
        """Let runs go on from where their ancestors' pieces end; return those that cannot."""
        heirs = [replace(self._held[key].ready, checkpoint=self._population.checkpoint(key)) for key in keys]
        self._population.leave(keys)
        for key in keys:
            self._held[key].unsaved = 0.0  # a checkpoint of the epoch where it inherits is one of its ancestor
        return self._join(heirs)

    def _depart(self, departures: Sequence[Departure]) -> None:
        if departures and not self._unscored:
            self._unscored_since = self._clock()
        for one in departures:
            self._unscored[one.key] = Unscored(self._held.pop(one.key).run, one)

    def _is_due(self) -> bool:
        """Return whether those that stopped are scored now: nothing trains, or the next turn would take too long."""
        if not self._unscored or not len(self._population):
            return True
        turn = sum(self._held[key].pace for key in self._population.turn())
        return self._clock() - self._unscored_since + turn >= SCORE_WITHIN

    def settle(self, keep: Mapping[str, Keep]) -> list[StoppedRun]:
        """Score the runs that stopped and tell what they came to. Raises StackFailedError if that fails."""
        unscored, self._unscored = self._unscored, {}
        try:
            stops = score([one.departure for one in unscored.values()])
        except Exception as error:
            raise StackFailedError([one.run.lease for one in unscored.values()], error) from error
        return self._stopped({key: one.run for key, one in unscored.items()}, stops, keep)

    def _admit(self) -> list[GivenBack]:
        """Let waiting runs train while there is memory for them, and one in any case; return those that cannot."""
        used, admitted = self._population.bytes, list[ReadyRun]()
        while self._waiting:
            needs = member_bytes(self._waiting[0].spec.structure, self._waiting[0].data)
            if used + needs > self._memory and (admitted or len(self._population)):
                break
            used += needs
            admitted.append(self._waiting.popleft())
        if not admitted:
            return []
        going_on = [one for one in admitted if self._can_go_on(one)]
        names = {name_of(one.run) for one in going_on}
        refused = self._go_on(going_on)
        self._evict(used)
        return refused + self._join([one for one in admitted if name_of(one.run) not in names])

    def _can_go_on(self, one: ReadyRun) -> bool:
        """Return whether a run is parked here before the epoch it is asked for; one parked beyond it is of no use."""
        parked = self._parked.get(name_of(one.run))
        if parked is not None and parked.epochs >= one.run.to_epoch:
            del self._parked[name_of(one.run)]
            self._population.leave([name_of(one.run)])
            return False
        return parked is not None

    def _go_on(self, runs: Sequence[ReadyRun]) -> list[GivenBack]:
        """Let parked runs train; return them instead if memory cannot hold what that takes for a moment."""
        names = [name_of(one.run) for one in runs]
        epochs = {name: self._parked.pop(name).epochs for name in names}
        try:
            self._population.resume(names, _pauses(runs))
        except MemoryError as error:
            self._population.leave(names)
            return [self._give_back(name, _told(error)) for name in names]
        for name in names:
            self._held[name].epochs = epochs[name]
        return []

    def _evict(self, used: int) -> None:
        """Make room for `used` bytes of members in training; a waiting run takes over what it will go on from."""
        evicted = self._population.evict(max(self._memory - used, 0))
        if not evicted:
            return
        left = {key: self._parked.pop(key) for key in evicted}
        unsaved = {key for key, parked in left.items() if not parked.saved}
        wanted_here = {name_of(one.run) for one in self._waiting}
        self._waiting = deque(
            replace(one, checkpoint=evicted.get(name_of(one.run), one.checkpoint)) for one in self._waiting
        )
        rescued = next((key for key in reversed(left) if key in unsaved - wanted_here), None)
        if self._evicted is None and rescued is not None:
            self._evicted = left[rescued].lease, evicted[rescued]
        _log.info("Parked runs gave way to those in training: %d, %d of them unsaved.", len(evicted), len(unsaved))

    def _join(self, newcomers: Sequence[ReadyRun]) -> list[GivenBack]:
        """Let runs begin, those on one training set together; return those that cannot."""
        groups: dict[int, list[ReadyRun]] = {}
        for one in newcomers:
            groups.setdefault(id(one.data), []).append(one)
        return [refused for group in groups.values() for refused in self._join_group(group)]

    def _join_group(self, group: Sequence[ReadyRun]) -> list[GivenBack]:
        try:
            legs = {name_of(one.run): next_leg(one) for one in group}
            starts = {name: leg.checkpoint for name, leg in legs.items() if leg.checkpoint is not None}
            pauses = {name: leg.pause_at for name, leg in legs.items() if leg.pause_at is not None}
            self._population.join(group[0].data, [(name, leg.spec) for name, leg in legs.items()], starts, pauses)
        except (MemoryError, ValueError) as error:
            self._population.leave([name_of(one.run) for one in group])
            return self._join_apart(group, error)
        for key, checkpoint in starts.items():
            self._held[key].epochs = checkpoint.epoch
        return []

    def _join_apart(self, group: Sequence[ReadyRun], error: Exception) -> list[GivenBack]:
        """Find out whose error it is: each joins alone, and one with a checkpoint also from the start."""
        if len(group) > 1:
            return [refused for one in group for refused in self._join_group([one])]
        (one,) = group
        if one.checkpoint is not None and isinstance(error, ValueError):
            _log.warning("A checkpoint cannot be used, so its run starts anew. %s", error)
            return self._join_group([replace(one, checkpoint=None)])
        return [self._give_back(name_of(one.run), _told(error))]

    def next_checkpoint(self, least_seconds: float) -> LeasedCheckpoint | None:
        """Return a checkpoint that is worth handing in, and its lease; None if there is none.

        First of one that was evicted, then of what was parked last, then of what has trained longest since its last
        one, `least_seconds` at least. It counts as handed in from now on.
        """
        if self._evicted is not None:
            evicted, self._evicted = self._evicted, None
            return evicted
        for key in reversed(self._parked):
            parked = self._parked[key]
            if not parked.saved:
                parked.saved = True
                return parked.lease, self._population.checkpoint(key)
        ahead = [key for key, held in self._held.items() if held.unsaved > 0.0]
        longest = max(ahead, key=lambda key: self._held[key].unsaved, default=None)
        if longest is None or self._held[longest].unsaved < least_seconds:
            return None
        self._held[longest].unsaved = 0.0
        return self._held[longest].run.lease, self._population.checkpoint(longest)

    def _stopped(
        self, runs: Mapping[str, LeasedRun], stops: Sequence[tuple[str, Finished | Paused]], keep: Mapping[str, Keep]
    ) -> list[StoppedRun]:
        """Take leave of members that stopped; only weights that may be kept are copied."""
        send = wanted(
            [
                Candidate(runs[key], stop.state, _cost(runs[key], stop.metrics))
                for key, stop in stops
                if stop.weights is not None
            ],
            keep,
        )
        return [self._take_leave(runs[key], stop, with_weights=runs[key].lease.run in send) for key, stop in stops]

    def _take_leave(self, run: LeasedRun, stop: Finished | Paused, *, with_weights: bool) -> StoppedRun:
        if isinstance(stop, Paused):
            self._parked[name_of(run)] = Parked(run.lease, stop.epochs)
        result = Result(
            lease=run.lease,
            state=stop.state,
            metrics=_sent(stop.metrics, on_dev=not run.train_on_dev),
            best_epoch=stop.best_epoch,
            epochs=stop.epochs,
            seconds=stop.seconds,
            reason=stop.reason,
        )
        weights = np.asarray(stop.weights, "<f4").tobytes() if with_weights and stop.weights is not None else None
        return StoppedRun(result, weights)

    def _failed(self, key: str, error: Exception) -> StoppedRun:
        held = self._held[key]
        self._leave([key])
        told = f"training failed: {_told(error)}"
        return StoppedRun(Result(held.run.lease, "failed", {}, None, held.epochs, 0.0, told))


def _pauses(runs: Iterable[ReadyRun]) -> dict[str, int]:
    """Return the epochs after which runs pause; those asked for all their epochs do not."""
    return {name_of(one.run): one.run.to_epoch for one in runs if one.run.to_epoch < one.spec.epochs}


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:LONGEST_ERROR]


def epoch_of(seen: Observation, *, on_dev: bool = True) -> Epoch:
    """Return the point of a curve as it is sent, without what it has `on_dev` if that says nothing."""
    return Epoch(
        epoch=seen.epoch,
        metrics=_sent(seen.values, on_dev=on_dev),
        seconds=seen.seconds,
        gradient_norms=[_finite(norm) for norm in seen.gradient_norms] or None,
    )


def _sent(metrics: Mapping[str, float], *, on_dev: bool) -> Metrics:
    """Return metrics as they are sent: null stands for what is not finite."""
    return {name: _finite(value) for name, value in metrics.items() if on_dev or not name.startswith("dev_")}


def _cost(run: LeasedRun, metrics: Mapping[str, float]) -> float:
    value = metrics.get(run.metric, math.nan)
    return math.inf if math.isnan(value) else cost(value, run.direction)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
