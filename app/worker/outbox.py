"""What waits to be sent to the server: epochs, results with their models, checkpoints, and leases that go back."""

import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from app.domain.work import (
    MOST_SMALL_BYTES,
    MOST_TOGETHER,
    CheckpointRef,
    Epoch,
    GivenBack,
    Lease,
    ModelRef,
)
from app.trainer.trainer import StoppedRun, Turn
from app.worker.requests import Parcel

MOST_TRIES = 3
"""How often a result is sent that the server refuses for want of its model."""

EPOCH_BYTES = 500
"""What an epoch takes in memory while it waits, about."""

FIRST_MARK = 16 << 20
"""Bytes of backlog from which on its size is logged, again with each doubling."""

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Unsettled:
    """A result whose receipt has not come: the epochs that travel with it, and how often it was sent."""

    stopped: StoppedRun
    model: ModelRef | None = None
    epochs: Sequence[Epoch] = ()
    tries: int = 0

    @property
    def ready(self) -> bool:
        """Whether it can be sent: its model is at the server, or it has none."""
        return self.stopped.weights is None or self.model is not None


class Outbox:
    """One lock around all that training leaves to be sent. A result waits here until its receipt has come."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._epochs: dict[Lease, list[Epoch]] = {}
        self._unsettled: dict[Lease, _Unsettled] = {}
        # In the order in which they stopped; those that were sent are not among them.
        self._unsent: dict[Lease, None] = {}
        self._checkpoints: dict[Lease, CheckpointRef] = {}
        self._given_back: list[GivenBack] = []
        self._mark = FIRST_MARK
        self._closed = False

    def close(self) -> None:
        """Wake every waiting thread, for good."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def add(self, turn: Turn) -> None:
        """Take in what training gave."""
        with self._changed:
            for lease, epoch in turn.epochs:
                self._epochs.setdefault(lease, []).append(epoch)
            for stopped in turn.stopped:
                self._unsettled[stopped.result.lease] = _Unsettled(stopped)
                self._unsent[stopped.result.lease] = None
            self._given_back += turn.given_back
            self._watch_backlog()
            self._changed.notify_all()

    def give_back(self, item: GivenBack) -> None:
        """Give a lease back instead of what was still to be told of it."""
        with self._changed:
            self._forget(item.lease)
            self._given_back.append(item)
            self._changed.notify_all()

    def add_checkpoint(self, lease: Lease, ref: CheckpointRef) -> None:
        """Take in that a checkpoint of a lease is at the server; of one whose result waits, it is told after that."""
        with self._changed:
            self._checkpoints[lease] = ref
            self._changed.notify_all()

    @property
    def backlog_bytes(self) -> int:
        """The memory that the backlog takes, about."""
        with self._changed:
            return self._bytes()

    def _bytes(self) -> int:
        weights = sum(len(one.stopped.weights or b"") for one in self._unsettled.values())
        return weights + EPOCH_BYTES * sum(map(len, self._epochs.values()))

    def _watch_backlog(self) -> None:
        waiting = self._bytes()
        if waiting >= self._mark:
            _log.warning("%.0f MB wait for the server, which is away or slow. Training goes on.", waiting / 1e6)
            self._mark = 2 * waiting
        elif waiting < FIRST_MARK // 2:
            self._mark = FIRST_MARK

    def leases(self) -> list[Lease]:
        """Return the leases of results that wait for their receipts: they must not run out before."""
        with self._changed:
            return list(self._unsettled)

    # The side of models

    def wait_for_models(self) -> bool:
        """Wait for weights that must go to the server before their results; return False at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or next(self._weights(), None) is not None)
            return not self._closed

    def next_models(self) -> dict[Lease, bytes]:
        """Return the next weights that must reach the server before their results; small ones travel together.

        A large one travels alone, in its turn, however many small ones keep coming.
        """
        with self._changed:
            waiting = list(islice(self._weights(), MOST_TOGETHER))
        small = [one for one in waiting if len(one[1]) <= MOST_SMALL_BYTES]
        return dict(small if small[:1] == waiting[:1] else waiting[:1])

    def _weights(self) -> Iterator[tuple[Lease, bytes]]:
        for lease in self._unsent:
            one = self._unsettled[lease]
            if not one.ready and one.stopped.weights is not None:
                yield lease, one.stopped.weights

    def models_arrived(self, models: Mapping[Lease, ModelRef]) -> None:
        """Let the results go whose weights are at the server now."""
        with self._changed:
            for lease, model in models.items():
                if lease in self._unsettled:
                    self._unsettled[lease].model = model
            self._changed.notify_all()

    # The side of reporting

    def wait(self, longest: float) -> None:
        """Wait until something can be sent, `longest` seconds at the most."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._has_something(), longest)

    def _has_something(self) -> bool:
        return bool(self._epochs or self._given_back or self._told_checkpoints() or self._sendable())

    def _sendable(self) -> list[Lease]:
        return [lease for lease in self._unsent if self._unsettled[lease].ready]

    def _told_checkpoints(self) -> list[Lease]:
        return [lease for lease in self._checkpoints if lease not in self._unsettled]

    def take(self) -> tuple[list[Parcel], list[GivenBack]]:
        """Return what can be sent. The last epochs of a run that stopped travel in its result."""
        with self._changed:
            results = [self._take_result(lease) for lease in self._sendable()]
            checkpoints = {lease: self._checkpoints.pop(lease) for lease in self._told_checkpoints()}
            epochs, self._epochs = self._epochs, {}
            progress = [
                Parcel(lease, epochs.get(lease, ()), checkpoints.get(lease))
                for lease in dict.fromkeys([*epochs, *checkpoints])
            ]
            given_back, self._given_back = self._given_back, []
            return progress + results, given_back

    def _take_result(self, lease: Lease) -> Parcel:
        del self._unsent[lease]
        one = self._unsettled[lease]
        one.epochs = (*one.epochs, *self._epochs.pop(lease, ()))
        one.tries += 1
        return Parcel(lease, one.epochs, result=replace(one.stopped.result, model=one.model))

    def put_back(self, parcels: Sequence[Parcel], given_back: Sequence[GivenBack]) -> None:
        """Take back what could not be sent, before all that came since."""
        with self._changed:
            results = [parcel.lease for parcel in parcels if parcel.result is not None]
            # A result has kept all its epochs, also those that were cut off it.
            for parcel in reversed([one for one in parcels if one.lease not in results]):
                if parcel.epochs:
                    self._epochs[parcel.lease] = [*parcel.epochs, *self._epochs.get(parcel.lease, ())]
                if parcel.checkpoint is not None:
                    self._checkpoints.setdefault(parcel.lease, parcel.checkpoint)
            self._unsent = dict.fromkeys([*(lease for lease in results if lease in self._unsettled), *self._unsent])
            self._given_back = [*given_back, *self._given_back]

    def settle(self, lease: Lease) -> None:
        """Forget a result whose receipt has come; the checkpoint of a run that ended is of no use."""
        with self._changed:
            one = self._unsettled.pop(lease, None)
            if one is not None and one.stopped.result.state != "paused":
                self._checkpoints.pop(lease, None)
            self._changed.notify_all()

    def send_again(self, lease: Lease) -> bool:
        """Send a refused result once more, its model before it; return False if that was tried often enough."""
        with self._changed:
            one = self._unsettled.get(lease)
            if one is None or one.stopped.weights is None or one.tries >= MOST_TRIES:
                return False
            one.model = None
            self._unsent[lease] = None
            self._changed.notify_all()
            return True

    def _forget(self, lease: Lease) -> None:
        self._epochs.pop(lease, None)
        self._checkpoints.pop(lease, None)
        self._unsettled.pop(lease, None)
        self._unsent.pop(lease, None)
