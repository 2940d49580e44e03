"""The loop of a worker: training in the main thread, HTTP in others, so that training never waits."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from itertools import groupby

import httpx

from app.domain.errors import LogsweepError
from app.domain.work import ClaimAnswer, GivenBack, Lease, LeasedRun, ModelRef
from app.logs.context import bound
from app.trainer.loading import ReadyRun, RunLoader
from app.trainer.packing import model_of
from app.trainer.trainer import LONGEST_ERROR, StackFailedError, Trainer, Turn
from app.worker.about import about
from app.worker.board import Board
from app.worker.client import KeyRefusedError, ServerRefusedError, StoppedError, WorkClient
from app.worker.handing_in import CheckpointDuty
from app.worker.health import Health
from app.worker.outbox import Outbox
from app.worker.sender import Sender
from app.worker.status import NOTHING_YET, Doing, Tally, Tell, tell_nobody

REPORT_EVERY = 0.2
"""Seconds for which progress and results are gathered before they are sent."""

CLAIM_WAIT = 15.0
"""Seconds that a claim waits at the server for work."""

HEARTBEATS_PER_LEASE = 5

TELL_EVERY = 1.0
"""Seconds from one time that it is told what the worker does to the next."""

LEAVE_AGAIN = 0.5
"""Seconds after which a worker that ends takes leave once more: its last claim may have come after the first leave."""

HAND_OVER_SECONDS = 10.0
"""How long the end of a worker may take for what it hands over; its supervisor waits twice as long."""

_SAME_VERSION = "Install the server's version of logsweep for its workers, and check the address."
_ITS_KEY = "It takes its key, of the scope `work`, from --key-file FILE, LOGSWEEP_KEY_FILE or LOGSWEEP_KEY."

_log = logging.getLogger(__name__)


class Worker:
    """Leases, trains and reports until it is stopped."""

    def __init__(
        self,
        server: str,
        name: str,
        slots: int,
        key: str | None,
        transport: httpx.BaseTransport | None = None,
        tell: Tell = tell_nobody,
    ) -> None:
        self._name = name
        self._stopping = threading.Event()
        self._over = threading.Event()
        self._claiming = threading.Lock()
        self._client = WorkClient(server, name, self._stopping.wait, transport, key=key)
        self._about = partial(about, slots)
        self._board = Board(slots)
        self._outbox = Outbox()
        self._sender = Sender(self._client, name, self._board, self._outbox)
        self._trainer = Trainer(time.perf_counter)
        self._tally = Tally()
        self._teller = tell
        self._doing: Doing = NOTHING_YET
        self._loader = RunLoader(self._client)
        self._checkpoints = CheckpointDuty(self._client, self._board, self._outbox, self._stopping)
        # The shortest that a server grants, until its first answer tells.
        self._lease_seconds = 1.0
        self._failure: BaseException | None = None

    def stop(self) -> None:
        """Ask the worker to end; safe in a signal handler's thread and from any other."""
        self._stopping.set()

    def health(self) -> Health:
        """Return what the worker does, as of the last second, and whether its server answers; from any thread."""
        return Health(str(self._doing), round(self._client.silent_seconds(), 1))

    def run(self) -> None:
        """Work until `stop`, then send what is done and give back what is not."""
        duties = [self._claim, self._beat, self._report, self._deliver_models, self._checkpoints.run, self._close]
        duties.append(self._tell)
        threads = [threading.Thread(target=self._guarded, args=(duty,), daemon=True) for duty in duties]
        for thread in threads:
            thread.start()
        try:
            with bound(worker=self._name):
                self._train()
        except StackFailedError as error:
            self._post(Turn(stopped=error.stopped))
            blamed = [GivenBack(lease, "refused", error.reason) for lease in error.leases]
            self._end(threads, lambda: self._hand_over(blamed, orderly=False))
            raise
        except BaseException:
            # Nobody knows whose error it is: the runs are left to the server, which counts them as lost.
            self._end(threads, lambda: None)
            raise
        self._end(threads, lambda: self._hand_over([], orderly=True))
        if self._failure is not None:
            raise self._failure

    def _end(self, threads: Sequence[threading.Thread], last: Callable[[], None]) -> None:
        """Stop all duties, and do a last one when nothing else is sent any more."""
        self._stopping.set()
        self._client.hurry(HAND_OVER_SECONDS)
        # The claiming thread may make runs ready, and ends with the process. Heartbeats go on to the end.
        for thread in threads[2:]:
            thread.join()
        last()
        self._over.set()
        threads[1].join()
        self._client.close()

    def _guarded(self, duty: Callable[[], None]) -> None:
        """Run the duty of a thread; if it fails, the whole worker ends with its error."""
        try:
            with bound(worker=self._name):
                duty()
        except BaseException as error:  # noqa: BLE001  # raised again by the main thread, which must not go on alone
            if self._stopping.is_set():
                _log.info("The stop interrupted a request: %s", error)
                return
            self._failure = error
            self._stopping.set()

    def _close(self) -> None:
        # A thread of its own, because a signal handler must not take locks.
        self._stopping.wait()
        self._board.close()
        self._outbox.close()

    def _train(self) -> None:
        trainer = self._trainer
        while not self._stopping.is_set():
            orders = self._board.take_orders(wait=len(trainer) == 0)
            if self._stopping.is_set():
                break
            trainer.forget(orders.forgotten)
            trainer.add(orders.ready)
            keep = self._board.keep()
            self._post(trainer.obey(orders.decisions, keep))
            self._post(trainer.train(keep))
            if orders.checkpoint_asked:
                self._board.answer(self._checkpoints.choose(trainer))
        self._post(Turn(stopped=trainer.settle(self._board.keep())))

    def _post(self, turn: Turn) -> None:
        # First the board: the receipt of a pause must find it waited for.
        self._board.stopped(turn)
        self._outbox.add(turn)
        self._tally.add(turn)

    def _claim(self) -> None:
        while not self._stopping.is_set():
            slots, cohorts = self._board.wait_for_free_slots()
            if slots == 0:
                return
            with self._claiming:
                answer = self._claimed(slots, cohorts)
                self._lease_seconds = answer.lease_seconds
                self._board.hold(answer.runs, answer.keep)
            for _, runs in groupby(sorted(answer.runs, key=_data_of), key=_data_of):
                self._board.add_ready(self._made_ready(list(runs)))

    def _claimed(self, slots: int, cohorts: Sequence[str]) -> ClaimAnswer:
        try:
            return self._client.claim(slots, cohorts, CLAIM_WAIT, self._about())
        except ServerRefusedError as error:
            way = _ITS_KEY if isinstance(error, KeyRefusedError) else _SAME_VERSION
            raise ServerRefusedError(f"The server gives this worker no work. {error.detail} {way}") from error

    def _made_ready(self, runs: Sequence[LeasedRun]) -> list[ReadyRun]:
        """Return the runs of one data set ready to train; those that cannot be loaded are given back."""
        ready = list[ReadyRun]()
        for run in runs:
            ids = {"run": run.lease.run, "attempt": run.lease.fence}
            with bound(sweep=run.sweep, trial=run.trial, **ids):
                ready += self._loaded(run)
        return ready

    def _loaded(self, run: LeasedRun) -> list[ReadyRun]:
        """Return a run ready to train; none if it cannot be loaded, and is given back."""
        try:
            return [self._loader.load(run, parked=self._trainer.is_parked(run))]
        except StoppedError:
            raise
        except Exception as error:  # noqa: BLE001  # whatever it is, it concerns this run, and is told of it
            _log.error("Run %d goes back, as it cannot be trained here: %s", run.lease.run, error)
            self._board.let_go(run.lease)
            self._outbox.give_back(GivenBack(run.lease, "refused", _told(error)))
            return []

    def _report(self) -> None:
        while not self._stopping.is_set():
            self._outbox.wait(longest=CLAIM_WAIT)
            # What comes within that time travels together: a request costs far more than what it carries.
            self._board.wait_until_idle(longest=REPORT_EVERY)
            self._sender.send()

    def _deliver_models(self) -> None:
        while self._outbox.wait_for_models():
            self._deliver_next()

    def _deliver_next(self) -> bool:
        """Send the next models that results wait for; return whether there were any."""
        waiting = self._outbox.next_models()
        models = {lease: model_of(weights) for lease, weights in waiting.items()}
        try:
            if len(waiting) > 1:
                self._client.post_artifacts(list(waiting.values()))
                self._outbox.models_arrived(models)
                return True
        except ServerRefusedError as error:
            _log.warning("Models are sent one by one, as together they were refused: %s", error.detail)
        for lease, model in models.items():
            self._deliver(lease, model, waiting[lease])
        return bool(models)

    def _deliver(self, lease: Lease, model: ModelRef, weights: bytes) -> None:
        try:
            self._client.put_artifact(model.sha256, weights)
        except ServerRefusedError as error:
            self._sender.refuse(lease, error.detail)
        else:
            self._outbox.models_arrived({lease: model})

    def _tell(self) -> None:
        while not self._stopping.wait(TELL_EVERY):
            self._doing = self._tally.doing(self._board.held())
            self._teller(self._doing)

    def _beat(self) -> None:
        while not self._over.wait(self._lease_seconds / HEARTBEATS_PER_LEASE):
            if leases := list(dict.fromkeys([*self._board.leases(), *self._outbox.leases()])):
                self._beat_once(leases)

    def _beat_once(self, leases: Sequence[Lease]) -> None:
        try:
            self._board.obey(self._client.heartbeat(leases, self._about()).items)
        except ServerRefusedError as error:
            _log.error("The server refused a heartbeat, so leases may run out. %s", error.detail)

    def _hand_over(self, failed: Sequence[GivenBack], *, orderly: bool) -> None:
        """Send what is done and give back the rest; without a server the leases run out by themselves."""
        try:
            self._take_leave()
            self._upload_rest(orderly=orderly)
            self._sender.send()
            blamed = {one.lease for one in failed}
            held = dict.fromkeys([*self._board.leases(), *self._outbox.leases()])
            # Also with nothing to give back: the server then shares the work among the others.
            self._client.release([*failed, *(GivenBack(lease) for lease in held if lease not in blamed)])
        except (LogsweepError, httpx.HTTPError) as error:
            _log.warning("Could not hand over at the end (%s).", error)

    def _take_leave(self) -> None:
        """Have the server answer a claim that waits there: what it grants must be known, to be given back."""
        ends_at = time.monotonic() + HAND_OVER_SECONDS
        while time.monotonic() < ends_at:
            self._client.release([])
            if self._claiming.acquire(timeout=LEAVE_AGAIN):
                self._claiming.release()
                return

    def _upload_rest(self, *, orderly: bool) -> None:
        """Send models, so that their results can go, and checkpoints, if training ended between two epochs."""
        try:
            while self._deliver_next():
                continue
            self._sender.send()
            if orderly:
                self._checkpoints.hand_in_all(self._trainer)
        except StoppedError as error:
            _log.warning("Not all could be handed in at the end (%s).", error)


def _data_of(run: LeasedRun) -> str:
    return str(run.dataset_sha256)


def _told(error: Exception) -> str:
    return (error.detail if isinstance(error, LogsweepError) else f"{type(error).__name__}: {error}")[:LONGEST_ERROR]
