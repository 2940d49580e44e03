"""The loop of a worker: training in the main thread, HTTP in three others, so that training never waits."""

import logging
import threading
import time
from collections.abc import Callable

import httpx

from app.domain.errors import LogsweepError
from app.training.trainer import Trainer
from app.worker.board import Board
from app.worker.client import WorkClient

REPORT_EVERY = 0.2
"""Seconds for which progress and results are gathered before they are sent."""

CLAIM_WAIT = 15.0
"""Seconds that a claim waits at the server for work."""

HEARTBEATS_PER_LEASE = 5

_log = logging.getLogger(__name__)


class Worker:
    """Leases, trains and reports until it is stopped."""

    def __init__(self, server: str, name: str, slots: int) -> None:
        self._stopping = threading.Event()
        self._client = WorkClient(server, name, self._stopping)
        self._board = Board(slots)
        # The shortest that a server grants, until its first answer tells.
        self._lease_seconds = 1.0
        self._failure: BaseException | None = None

    def stop(self) -> None:
        """Ask the worker to end; safe in a signal handler's thread and from any other."""
        self._stopping.set()

    def run(self) -> None:
        """Work until `stop`, then send what is done and give back what is not."""
        duties = [self._claim, self._report, self._beat, self._close_on_stop]
        threads = [threading.Thread(target=self._guarded, args=(duty,), daemon=True) for duty in duties]
        for thread in threads:
            thread.start()
        try:
            self._train()
        finally:
            self._stopping.set()
            # The claiming thread may still wait at the server; it ends with the process.
            for thread in threads[1:]:
                thread.join()
            self._hand_over()
            self._client.close()
        if self._failure is not None:
            raise self._failure

    def _guarded(self, duty: Callable[[], None]) -> None:
        """Run the duty of a thread; if it fails, the whole worker ends with its error."""
        try:
            duty()
        except Exception as error:  # noqa: BLE001  # raised again by the main thread, which must not go on alone
            if self._stopping.is_set():
                _log.info("The stop interrupted a request: %s", error)
                return
            self._failure = error
            self._stopping.set()

    def _close_on_stop(self) -> None:
        # A thread of its own, because a signal handler must not take the board's lock.
        self._stopping.wait()
        self._board.close()

    def _train(self) -> None:
        trainer = Trainer(time.perf_counter)
        while not self._stopping.is_set():
            claimed = self._board.take_claimed(wait=len(trainer) == 0)
            if self._stopping.is_set():
                return
            trainer.add(claimed, self._client.dataset)
            trainer.drop(self._board.take_stops())
            turn = trainer.train(self._board.keep_below())
            self._board.post(turn.epochs, turn.results)

    def _claim(self) -> None:
        while not self._stopping.is_set():
            slots, cohorts = self._board.wait_for_free_slots()
            if slots == 0:
                return
            answer = self._client.claim(slots, cohorts, CLAIM_WAIT)
            self._lease_seconds = answer.lease_seconds
            self._board.add_claimed(answer.segments, answer.keep_below)

    def _report(self) -> None:
        while not self._stopping.is_set():
            self._board.wait_for_outgoing(longest=CLAIM_WAIT)
            # What comes within that time travels together: a request costs far more than what it carries.
            self._board.wait_until_idle(longest=REPORT_EVERY)
            self._send()

    def _send(self) -> None:
        progress, results = self._board.take_outgoing()
        if results:
            answer = self._client.finish(results, progress)
            self._board.obey(answer.decisions)
            self._board.update_keep_below(answer.keep_below)
        elif progress:
            self._board.obey(self._client.report(progress).items)

    def _beat(self) -> None:
        while not self._stopping.wait(self._lease_seconds / HEARTBEATS_PER_LEASE):
            if leases := self._board.leases():
                self._board.obey(self._client.heartbeat(leases).items)

    def _hand_over(self) -> None:
        """Send what is done and give back the rest; without a server the leases run out by themselves."""
        try:
            self._send()
            # Also with nothing to give back: the server then shares the work among the others.
            self._client.release(self._board.leases())
        except (LogsweepError, httpx.HTTPError) as error:
            _log.warning("Could not hand over at the end (%s).", error)
