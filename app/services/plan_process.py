"""Plans that fit models, made in one child process: the threads that serve requests need not wait for them."""

import logging
import os
import pickle
import subprocess
import sys
from contextlib import suppress
from threading import Lock, Thread
from typing import IO, final

from app.domain.plan import Plan, Snapshot
from app.planning.increments import Failure, Question, Shown
from app.trainer.blas import use_one_thread

STOP_SECONDS = 10.0
"""How long the process may take to end once it is asked nothing more."""

_log = logging.getLogger(__name__)


@final
class PlanProcess:
    """Asks its process one question at a time; starts it when it is needed, and another one if it did not answer."""

    def __init__(self) -> None:
        self._turn = Lock()
        self._child: _Child | None = None
        self._over: set[str] = set()
        self._closed = False

    @property
    def pid(self) -> int | None:
        """The id of the process, if one was started."""
        child = self._child
        return child.process.pid if child else None

    def warm_up(self) -> None:
        """Start the process if there is none: it needs a second before it can answer."""
        if self._child is None:
            with self._turn:
                self._living()

    def plan(self, snapshot: Snapshot) -> Plan:
        """Return the plan that follows from a snapshot; no moves once closed.

        A process that does not answer is replaced once; raises RuntimeError, with the reason in a sentence, if that one
        does not either, if none can be started, and for a fault of the plan.
        """
        with self._turn:
            answer = self._answer(snapshot)
        if isinstance(answer, Failure):
            what = answer.traceback.strip().rpartition("\n")[2]
            raise RuntimeError(f"the plan failed with {what}") from RuntimeError(answer.traceback)
        return answer

    def _answer(self, snapshot: Snapshot) -> Plan | Failure:
        for _ in range(2):
            if (child := self._living()) is None:
                return Plan((), snapshot.memory)
            try:
                return child.answer(snapshot, self._over)
            except BaseException as error:
                # What it was told by then nobody knows: another one is shown everything.
                self._child = None
                told = f"code {child.end()} ({error!r})"
                _log.warning("the process that makes plans is replaced: it ended with %s", told)
                if not isinstance(error, Exception):
                    raise
        raise RuntimeError(f"the process that makes it ended twice in a row, the second time with {told}")

    def forget(self, sweep: str) -> None:
        """Let the process forget a sweep that has stopped running; if it runs again, all of it is shown anew."""
        if not self._was_shown(sweep):
            return  # without a wait for the plan of another one
        with self._turn:
            if self._was_shown(sweep) and self._child:
                del self._child.shown[sweep]
                self._over.add(sweep)

    def close(self) -> None:
        """End the process, once it has answered."""
        with self._turn:
            self._closed = True
            if self._child:
                self._child.end()

    def _was_shown(self, sweep: str) -> bool:
        return self._child is not None and sweep in self._child.shown

    def _living(self) -> "_Child | None":
        if self._child is None and not self._closed:
            try:
                self._child = _Child()
            except OSError as error:
                raise RuntimeError(f"the process that makes it cannot be started: {error}") from error
            self._over.clear()
        return None if self._closed else self._child


@final
class _Child:
    """One process, and what it was shown."""

    def __init__(self) -> None:
        self.shown: dict[str, Shown] = {}
        environment = dict(os.environ)
        use_one_thread(environment)
        # A session of its own, so that Ctrl-C reaches the server alone.
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "app.planning.child"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, start_new_session=True,
        )  # fmt: skip
        # Whenever it dies somebody waits for it: it never stays behind as a zombie.
        self._waiting = Thread(target=self.process.wait, name="process of plans", daemon=True)
        self._waiting.start()

    def answer(self, snapshot: Snapshot, over: set[str]) -> Plan | Failure:
        """Return what comes of a snapshot, and empty `over`.

        Raises OSError, EOFError or UnpicklingError if the process has ended, and what pickling the snapshot raises.
        """
        question = Question(self.shown.setdefault(snapshot.sweep, Shown()).increment(snapshot), tuple(over))
        pickle.dump(question, self._input)
        self._input.flush()
        over.clear()
        answer: Plan | Failure = pickle.load(self._output)  # noqa: S301 - our own child wrote it
        return answer

    def end(self) -> int:
        """End the process, by force if it does not end by itself; return its exit code."""
        with suppress(BrokenPipeError):  # what it was not told any more
            self._input.close()
        self._waiting.join(STOP_SECONDS)
        if self._waiting.is_alive():
            self.process.kill()
            self._waiting.join()
        self._output.close()
        return self.process.wait()

    @property
    def _input(self) -> IO[bytes]:
        assert self.process.stdin is not None
        return self.process.stdin

    @property
    def _output(self) -> IO[bytes]:
        assert self.process.stdout is not None
        return self.process.stdout
