"""Handing in checkpoints beside training: one at a time, and never for more than a small share of a worker's time."""

import logging
import threading
import time
from collections.abc import Callable

from app.trainer.packing import LeasedCheckpoint, packed
from app.trainer.trainer import Trainer
from app.worker.board import Board
from app.worker.client import ServerRefusedError, WorkClient
from app.worker.outbox import Outbox

LEAST_PAUSE, LONGEST_PAUSE = 1.0, 600.0
"""Seconds between two checkpoints; a run that is resumed within the first needs none."""

PAUSE_FACTOR = 20
"""How many times as long as handing one in took, training then goes on without: the share of it is below 5 %."""

WORTH_SECONDS = 1.0
"""Seconds of training that must be at stake before a run in training is worth a checkpoint."""

_log = logging.getLogger(__name__)


class CheckpointDuty:
    """Hands in parked runs, the latest first, and then runs in training, first the one that has most to lose."""

    def __init__(
        self,
        client: WorkClient,
        board: Board,
        outbox: Outbox,
        stopping: threading.Event,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._board = board
        self._outbox = outbox
        self._stopping = stopping
        self._clock = clock

    def run(self) -> None:
        """Hand in one after the other, until the worker stops."""
        pause = LEAST_PAUSE
        while not self._stopping.wait(LEAST_PAUSE) and self._board.wait_for_news(pause - LEAST_PAUSE):
            snapshot = self._board.ask_checkpoint()
            pause = LEAST_PAUSE if snapshot is None else self._timed(snapshot)

    def _timed(self, snapshot: LeasedCheckpoint) -> float:
        """Hand in a checkpoint; return the seconds until the next."""
        start = self._clock()
        self._hand_in(snapshot)
        return pause_after(self._clock() - start)

    @staticmethod
    def choose(trainer: Trainer) -> LeasedCheckpoint | None:
        """Return the checkpoint to hand in next, or None if none is worth it. For the thread that trains."""
        return trainer.next_checkpoint(WORTH_SECONDS)

    def hand_in_all(self, trainer: Trainer) -> None:
        """Hand in all that is not at the server, as training is over. Raises StoppedError when the time is up."""
        while (snapshot := trainer.next_checkpoint(0.0)) is not None:
            self._hand_in(snapshot)

    def _hand_in(self, snapshot: LeasedCheckpoint) -> None:
        lease, checkpoint = snapshot
        ref, pieces = packed(checkpoint)
        try:
            kept = self._client.put_checkpoint(ref, pieces)
        except ServerRefusedError as error:
            _log.warning("A checkpoint of %d bytes was refused, which may cost epochs. %s", ref.size, error.detail)
            return
        if kept:
            self._outbox.add_checkpoint(lease, ref)


def pause_after(seconds: float) -> float:
    """Return how long to wait after handing one in took so many seconds."""
    return min(max(PAUSE_FACTOR * seconds, LEAST_PAUSE), LONGEST_PAUSE)
