"""The process of a worker: one BLAS thread, signals, and an end when its parent ends."""

import logging
import os
import signal
import socket
import sys
import threading
from contextlib import nullcontext
from pathlib import Path

from app.trainer.blas import use_one_thread

OUT_OF_MEMORY = 3
"""The exit code of a worker that ran out of memory."""

_log = logging.getLogger(__name__)


def run_worker(  # each is an option of the command
    server: str,
    name: str | None,
    slots: int,
    key: str | None,
    *,
    exit_with_parent: bool,
    health_port: int | None = None,
    certificate: Path | None = None,
) -> None:
    """Work until SIGTERM or SIGINT, or until the parent closes standard input.

    With a `certificate` it trusts the server that has this one, and no other.

    Raises Unavailable if `health_port`, on which this machine may ask for the worker's health, cannot be used.
    """
    if "numpy" in sys.modules:
        raise RuntimeError("NumPy was imported before its threads were limited: import it in the worker alone.")
    use_one_thread(os.environ)
    # These import NumPy, which reads the variables set above.
    from app.trainer.kernels import start_kernels  # noqa: PLC0415
    from app.worker.health import health_told  # noqa: PLC0415
    from app.worker.loop import Worker  # noqa: PLC0415
    from app.worker.pinning import pinned  # noqa: PLC0415
    from app.worker.status import tell_nobody, teller  # noqa: PLC0415

    start_kernels()
    # A child shares the terminal of its server.
    tell = tell_nobody if exit_with_parent else teller(sys.stderr)
    transport = None if certificate is None else pinned(certificate)
    worker = Worker(server, name or f"{socket.gethostname()}-{os.getpid()}", slots, key, transport, tell)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: worker.stop())
    if exit_with_parent:
        threading.Thread(target=_end_with_input, daemon=True).start()
    try:
        with nullcontext() if health_port is None else health_told(health_port, worker.health):
            worker.run()
    except Exception as error:
        if not ran_out_of_memory(error):
            raise
        _log.exception("The worker ran out of memory.")
        sys.exit(OUT_OF_MEMORY)


def ran_out_of_memory(error: Exception) -> bool:
    """Return whether an error is one of memory, or was raised for one."""
    return isinstance(error, MemoryError) or isinstance(error.__cause__, MemoryError)


def _end_with_input() -> None:
    # The bare descriptor: a buffered reader's lock would be held when the interpreter shuts down.
    while os.read(sys.stdin.fileno(), 4096):
        continue
    _log.warning("The parent process is gone: ending.")
    # At once: there is nobody left to give the trials back to.
    os._exit(1)
