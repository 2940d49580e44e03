"""What kernels run as: NumPy at first, and compiled loops from the moment that these are ready."""

import logging
import os
import threading
from typing import Literal, TypeAlias, get_args
from weakref import WeakSet

from engine.kernels.base import AnyArray, Bound, Kernel
from engine.kernels.cache import differing_here, import_for_compiling, library_path
from engine.kernels.check import differing
from engine.kernels.errors import KernelsUnavailableError
from engine.kernels.library import Library
from engine.kernels.registry import KERNELS

Choice: TypeAlias = Literal["numpy", "compiled", "auto"]
CHOICES: tuple[Choice, ...] = get_args(Choice)
VARIABLE = "LOGSWEEP_KERNELS"

_log = logging.getLogger(__name__)


class _Switch:
    """The kernels of this process that wait for compiled loops, and the loops once they are there."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: WeakSet[Bound] = WeakSet()
        self._library: Library | None = None
        self._choice: Choice | None = None
        self._thread: threading.Thread | None = None

    def choose(self, choice: Choice) -> None:
        library = load() if choice == "compiled" else None
        with self._lock:
            self._choice, self._library = choice, library
        if choice == "auto":
            self._start()

    def _start(self) -> None:
        import_for_compiling()
        self._thread = threading.Thread(target=self._go_over, name="kernels", daemon=True)
        self._thread.start()

    def forked(self) -> None:
        """Go on in a child process: it has no thread but its own, and whoever held the lock may be gone."""
        self._lock, self._thread = threading.Lock(), None

    def bind(self, kernel: Kernel, arrays: tuple[AnyArray, ...]) -> Bound:
        if self._choice is None:
            self.choose(chosen())
        elif self._choice == "auto" and self._thread is None and self._library is None:
            self._start()
        bound = kernel.bound(arrays)
        with self._lock:
            if self._library is not None:
                bound.compile(self._library)
            elif self._choice == "auto":
                self._waiting.add(bound)
        return bound

    def _go_over(self) -> None:
        """Get the compiled loops, and let whoever waits run them."""
        try:
            library = load(in_background=True)
        except KernelsUnavailableError as error:
            _log.info("Kernels run in NumPy. %s", error)
            return
        with self._lock:
            if self._choice != "auto":
                return
            self._library = library
            for bound in self._waiting:
                bound.compile(library)
            self._waiting.clear()

    def ready(self, timeout: float | None) -> bool:
        if self._thread is not None:
            self._thread.join(timeout)
        return self._library is not None


_switch = _Switch()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_switch.forked)


def bind(kernel: Kernel, *arrays: AnyArray) -> Bound:
    """Tie a kernel to its arrays. Until `choose` is called, the environment's LOGSWEEP_KERNELS counts."""
    return _switch.bind(kernel, arrays)


def choose(choice: Choice) -> None:
    """Say what kernels that are bound from now on run as.

    `numpy` and `compiled` for one of the two, where the latter raises KernelsUnavailableError if there is none;
    `auto` begins in NumPy, and goes over when compiled loops are ready, or never.
    """
    _switch.choose(choice)


def ready(timeout: float | None = None) -> bool:
    """Wait until it is known whether there are compiled loops, at most `timeout` seconds; return whether they run."""
    return _switch.ready(timeout)


def chosen() -> Choice:
    """Return the choice of the environment. Raises ValueError for another word than one of the three."""
    said = os.environ.get(VARIABLE, "auto")
    for choice in CHOICES:
        if said == choice:
            return choice
    raise ValueError(f"{VARIABLE} is {said!r}. It must be one of {', '.join(CHOICES)}.")


def load(*, in_background: bool = False) -> Library:
    """Return the compiled loops that give the bits of NumPy on this machine; in the background, others go first.

    Raises KernelsUnavailableError if there are none.
    """
    try:
        path = library_path(in_background=in_background)
        library = Library(path)
        names = differing_here(path, lambda: differing(KERNELS, library))
    except OSError as error:
        raise KernelsUnavailableError(f"Compiled kernels cannot be loaded: {error}") from error
    if names:
        _log.warning(
            "Compiled kernels are missing or give other bits than NumPy here, and run in NumPy: %s.", ", ".join(names)
        )
    return library.without(names)
