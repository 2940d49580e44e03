"""What the threads of a worker share about the runs it holds: the leases, what was decided of them, and who waits."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.domain.work import Decision, Keep, Lease, LeasedRun
from app.trainer.loading import ReadyRun
from app.trainer.packing import LeasedCheckpoint
from app.trainer.trainer import Turn


@dataclass(frozen=True, slots=True)
class Orders:
    """What training does before its next epoch; at the end there is nothing to do."""

    forgotten: Sequence[Lease]
    ready: Sequence[ReadyRun]
    decisions: Sequence[Decision]
    checkpoint_asked: bool


class Board:
    """One lock around all that passes between claiming, training, reporting and the heartbeat."""

    def __init__(self, slots: int) -> None:
        self._slots = slots
        self._changed = threading.Condition()
        # By run: one can come back under a new lease while the old one is still in training.
        self._held: dict[int, LeasedRun] = {}
        self._ready: list[ReadyRun] = []
        # The leases of pauses until their results are settled: a run that comes back before that waits for it.
        self._pausing: dict[int, Lease] = {}
        self._forgotten: list[Lease] = []
        self._decisions: list[Decision] = []
        self._keep: dict[str, Keep] = {}
        self._asked = False
        self._offer: LeasedCheckpoint | None = None
        self._answered = False
        self._news = False
        self._closed = False

    def close(self) -> None:
        """Wake every waiting thread, for good."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    # The side of claiming

    def wait_for_free_slots(self) -> tuple[int, list[str]]:
        """Wait until a quarter of the slots is free; return how many, and the stacks in training (0 at the end).

        Refilling in groups keeps the stacks full, and a quarter early keeps them from running empty.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._free() * 4 >= self._slots)
            cohorts = sorted({run.cohort for run in self._held.values()})
            return (0 if self._closed else self._free()), cohorts

    def _free(self) -> int:
        return self._slots - len(self._held)

    def hold(self, runs: Sequence[LeasedRun], keep: Mapping[str, Keep]) -> None:
        """Hold newly leased runs while they are made ready; an older lease of one of them is over."""
        with self._changed:
            for run in runs:
                older = self._held.get(run.lease.run)
                if older is not None and older.lease != run.lease:
                    self._drop(older.lease, "leased anew")
                self._held[run.lease.run] = run
            self._keep.update(keep)

    def add_ready(self, ready: Sequence[ReadyRun]) -> None:
        """Let training take runs, but for those whose leases are gone by now."""
        with self._changed:
            self._ready += [one for one in ready if self._holds(one.run.lease)]
            self._changed.notify_all()

    def _holds(self, lease: Lease) -> bool:
        return lease.run in self._held and self._held[lease.run].lease == lease

    # The side of training

    def take_orders(self, *, wait: bool) -> Orders:
        """Return what came since the last call; with `wait`, not before something did (or the end)."""
        with self._changed:
            if wait:
                self._changed.wait_for(lambda: self._closed or self._has_orders())
            ready, self._ready = self._startable(), [one for one in self._ready if self._waits(one)]
            forgotten, self._forgotten = self._forgotten, []
            decisions, self._decisions = self._decisions, []
            asked, self._asked = self._asked, False
            return Orders(forgotten, ready, decisions, asked)

    def _has_orders(self) -> bool:
        return bool(self._startable() or self._forgotten or self._decisions or self._asked)

    def _startable(self) -> list[ReadyRun]:
        return [one for one in self._ready if not self._waits(one)]

    def _waits(self, one: ReadyRun) -> bool:
        """Return whether nobody knows yet if the server has recorded the pause from which the run goes on."""
        return one.run.lease.run in self._pausing

    def keep(self) -> dict[str, Keep]:
        """Return what is kept of each sweep of which runs are held; of others the next claim tells anew."""
        with self._changed:
            held = {run.sweep for run in self._held.values()}
            self._keep = {sweep: keep for sweep, keep in self._keep.items() if sweep in held}
            return dict(self._keep)

    def stopped(self, turn: Turn) -> None:
        """Let go of the runs that ended, paused or go back."""
        with self._changed:
            for one in turn.stopped:
                if one.result.state == "paused":
                    self._pausing[one.result.lease.run] = one.result.lease
            for lease in [*(one.result.lease for one in turn.stopped), *(one.lease for one in turn.given_back)]:
                if self._holds(lease):
                    del self._held[lease.run]
            self._news = self._news or bool(turn.epochs or turn.stopped)
            self._changed.notify_all()

    # The side of checkpoints

    def wait_for_news(self, pause: float) -> bool:
        """Wait until a checkpoint may be worth it, and for `pause` seconds while runs train; False at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or not self._held, pause)
            self._changed.wait_for(lambda: self._closed or self._news)
            return not self._closed

    def ask_checkpoint(self) -> LeasedCheckpoint | None:
        """Ask training for a checkpoint, wait for its epoch's end, and return the answer."""
        with self._changed:
            self._asked, self._answered = True, False
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._closed or self._answered)
            offer, self._offer = self._offer, None
            return offer

    def answer(self, offer: LeasedCheckpoint | None) -> None:
        """Hand over the checkpoint that was asked for, or None if none is worth it before more has happened."""
        with self._changed:
            self._offer, self._answered = offer, True
            self._news = self._news and offer is not None
            self._changed.notify_all()

    # The side of reporting and of the heartbeat

    def wait_until_idle(self, longest: float) -> None:
        """Wait until no run is held, `longest` seconds at the most: the last results should not wait for more."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or not self._held, longest)

    def held(self) -> list[LeasedRun]:
        """Return every run held."""
        with self._changed:
            return list(self._held.values())

    def leases(self) -> list[Lease]:
        """Return every lease held."""
        with self._changed:
            return [run.lease for run in self._held.values()]

    def obey(self, decisions: Sequence[Decision]) -> None:
        """Pass on what the server decided of leases held, and let go of those that it took back."""
        with self._changed:
            for one in decisions:
                if one.decision == "stop" and self._holds(one.lease):
                    self._drop(one.lease, one.reason)
                elif one.decision != "continue" and self._holds(one.lease):
                    self._decisions.append(one)
            self._changed.notify_all()

    def let_go(self, lease: Lease) -> None:
        """Drop a run that goes back to the server, parked or in training."""
        with self._changed:
            if self._holds(lease):
                self._drop(lease, "given back")
            self._settle(lease, recorded=False)
            self._changed.notify_all()

    def _drop(self, lease: Lease, reason: str | None) -> None:
        del self._held[lease.run]
        self._ready = [one for one in self._ready if one.run.lease != lease]
        self._decisions.append(Decision(lease, "stop", reason))

    def settle(self, lease: Lease, *, recorded: bool) -> None:
        """Learn whether the server recorded a result; a pause that it did not is forgotten."""
        with self._changed:
            self._settle(lease, recorded=recorded)
            self._changed.notify_all()

    def _settle(self, lease: Lease, *, recorded: bool) -> None:
        if self._pausing.get(lease.run) == lease:
            del self._pausing[lease.run]
            self._forgotten += [] if recorded else [lease]

    def update_keep(self, keep: Mapping[str, Keep]) -> None:
        """Take in new bounds."""
        with self._changed:
            self._keep.update(keep)
