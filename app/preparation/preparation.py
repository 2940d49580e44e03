"""Uploads prepared outside the server: each in a process of its own, with limits on its memory and its time."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import BoundedSemaphore
from typing import final

from app.domain import disks
from app.domain.errors import Fault, InvalidRequest, NotInstalled, Unavailable
from app.domain.uploads import SentFiles, UploadForm
from app.preparation.datasets import PreparedDataset
from engine.blas import use_one_thread

OUT_OF_MEMORY, OUT_OF_ROOM = 3, 4
"""The exit codes of a process that wanted more memory than it may have, and of one whose disk was full."""

_CRASHES = (signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGSEGV)
"""How a process ends when a damaged file brings a library down."""

REQUEST, ANSWER, CONTENT = "request.json", "answer.json", "content.npz"
"""What goes into the folder of a process beside the files, and what comes out of it."""


_TEMPORARY = "the folder for temporary files of the server"


@dataclass(frozen=True, slots=True)
class Limits:
    """What an upload may take: bytes of a table when unpacked, memory and seconds of the process that reads it."""

    table_bytes: int
    memory_bytes: int
    seconds: float


@final
class Preparation:
    """Prepares uploads, at most `at_once` at the same time."""

    def __init__(self, limits: Limits, at_once: int) -> None:
        self._limits = limits
        self._turns = BoundedSemaphore(at_once)

    @contextmanager
    def prepare(self, files: SentFiles, form: UploadForm) -> Iterator[PreparedDataset]:
        """Yield uploaded files as a data set, whose content lies in a file until the context ends.

        Raises InvalidRequest with every fault found, or with the limit that was reached; Unavailable if others have not
        left room in the time that one may take; DiskFull; NotInstalled if a format needs a package that is missing.
        """
        with TemporaryDirectory(prefix="logsweep-") as folder:
            with self._turn():
                _hand_over(Path(folder), files, form, self._limits)
                self._run(folder)
            yield _received(Path(folder))

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._turns.acquire(timeout=self._limits.seconds):
            raise Unavailable("Other uploads are being read, and none of them has ended. Send this one again later.")
        try:
            yield
        finally:
            self._turns.release()

    def _run(self, folder: str) -> None:
        """Run the process to its end. Raises InvalidRequest if it reached a limit."""
        environment = dict(os.environ)
        use_one_thread(environment)
        command = [sys.executable, "-P", "-m", "app.preparation.child", folder]
        try:
            ended = subprocess.run(  # noqa: S603  # our own module, and a folder that we made
                command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=False,
                timeout=self._limits.seconds, start_new_session=True,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            raise InvalidRequest([self._too_slow()]) from None
        if -ended.returncode in _CRASHES:
            raise InvalidRequest([self._crashed(-ended.returncode)])
        if ended.returncode == OUT_OF_MEMORY or ended.returncode < 0:
            raise InvalidRequest([self._too_large()])
        if ended.returncode == OUT_OF_ROOM:
            raise disks.full(_TEMPORARY, "the disk is full")
        if ended.returncode:
            raise RuntimeError(f"Reading an upload failed: {ended.stderr.decode(errors='replace')}")

    def _too_slow(self) -> Fault:
        rule = f"Reading the files took more than {self._limits.seconds:g} s, the most that is allowed"
        way = "or have LOGSWEEP_READING_SECONDS of the server raised"
        return Fault("/file", f"{rule}. Leave out rows or columns, {way}.")

    def _crashed(self, number: int) -> Fault:
        why = f"a file is damaged, or takes more than {self._limits.memory_bytes:,} bytes of memory"
        detail = f"Reading the files ended with the signal {signal.Signals(number).name}: {why}. Write the files again."
        return Fault("/file", detail)

    def _too_large(self) -> Fault:
        rule = (
            f"Reading the files took more than {self._limits.memory_bytes:,} bytes of memory, the most that is allowed"
        )
        way = "columns of words that are nearly all different take most. Leave some out with ignore, or rows"
        return Fault("/file", f"{rule}; {way}, or have LOGSWEEP_READING_BYTES of the server raised.")


def _hand_over(folder: Path, files: SentFiles, form: UploadForm, limits: Limits) -> None:
    for field, sent in files.by_field().items():
        with (folder / field).open("wb") as file:
            file.writelines(sent.pieces())
    names = {field: sent.name for field, sent in files.by_field().items()}
    request = {"names": names, "form": asdict(form), "limits": asdict(limits)}
    (folder / REQUEST).write_text(json.dumps(request), "ascii")


def _received(folder: Path) -> PreparedDataset:
    answer = json.loads((folder / ANSWER).read_text("ascii"))
    if "faults" in answer:
        raise InvalidRequest([Fault(**fault) for fault in answer["faults"]])
    if "not_installed" in answer:
        raise NotInstalled(answer["not_installed"])
    return PreparedDataset(source=folder / CONTENT, **answer["prepared"])
