"""Workers that run in a thread of their own, and the runs that they are given."""

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from app.domain.work import Lease, LeasedRun
from app.worker.loop import Worker
from tests.app.trainer.runs import run, table
from tests.app.worker.fake_server import FakeServer

DATA = table("binary")


class Running:
    """A worker in a thread of its own, and what it ended with."""

    def __init__(self, server: FakeServer, slots: int) -> None:
        self._server = server
        self._worker = Worker("http://server", "w", slots, None, server.transport)
        self._thread = threading.Thread(target=self._run)
        self.error: BaseException | None = None
        self._thread.start()

    def _run(self) -> None:
        try:
            self._worker.run()
        except Exception as error:  # noqa: BLE001  # whatever it is, the test looks at it
            self.error = error

    def stop(self) -> None:
        self._worker.stop()
        self.join()
        self._server.hang_up()

    def join(self) -> None:
        self._thread.join(60)
        assert not self._thread.is_alive()


Start = Callable[..., Running]


def runs(count: int, **params: Any) -> list[LeasedRun]:
    return [run(DATA, trial, **params) for trial in range(count)]


def endless(trial: int) -> LeasedRun:
    return replace(run(DATA, trial, epochs=1_000_000), early_stopping=None)


def ended(server: FakeServer, *due: LeasedRun) -> Callable[[], bool]:
    return lambda: all(one.lease in server.results for one in due)


def back(one: LeasedRun, to_epoch: int) -> LeasedRun:
    return replace(one, lease=Lease(one.lease.run, one.lease.fence + 1), to_epoch=to_epoch)
