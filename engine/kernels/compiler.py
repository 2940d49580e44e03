"""From the C files to a shared library, by the machine's own compiler."""

import atexit
import hashlib
import os
import shlex
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from tempfile import mkdtemp

from engine.kernels.errors import KernelsUnavailableError
from engine.kernels.forks import forks_wait
from engine.kernels.level import machine, options

_FOLDER = Path(__file__).parent
_NAMES = ("cc", "gcc", "clang")
_FLAGS = (
    # No flag that changes a bit. -fno-math-errno and -fno-trapping-math change what is told about an operation, not
    # its value; without them loops with a root or a comparison are not vectorised.
    *("-std=c11", "-O3", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math"),
    *("-fPIC", "-shared", "-Wall", "-Wextra", "-Werror=implicit-function-declaration"),
)
COMPILING = "compiling-"
"""How the folders begin in which a library is made."""

_MEANINGS = (
    {
        "REAL": "float",
        "SQRT": "sqrtf",
        "NAME(kernel)": "kernel##_float",
        "WITH_DOUBLES(kernel)": "kernel##_float_double",
    },
    {"REAL": "double", "SQRT": "sqrt", "NAME(kernel)": "kernel##_double", "WITH_DOUBLES(kernel)": "kernel##_double"},
)
"""What the kernels' words mean for each type."""

_LONGEST = 300.0
"""Seconds that a compiler may take; it takes one."""

_SHOWN = 2000
"""Characters of what a compiler says that an error shows: the first complaints matter, and a log has to be read."""


def source() -> str:
    """Return the one C file that all kernels make, each of them for every type."""
    kernels = "\n".join(path.read_text("utf-8") for path in sorted(_FOLDER.glob("*.c")))
    bodies = [_for_type(kernels, meanings) for meanings in _MEANINGS]
    return "\n".join([(_FOLDER / "kernels.h").read_text("utf-8"), *bodies])


def _for_type(kernels: str, meanings: Mapping[str, str]) -> str:
    """Return the kernels for one type."""
    defined = "\n".join(f"#define {word} {meaning}" for word, meaning in meanings.items())
    forgotten = "\n".join(f"#undef {word.partition('(')[0]}" for word in meanings)
    return f"{defined}\n{kernels}\n{forgotten}"


def library_name(level: str) -> str:
    """Return the file name of the library for processors of `level`: another source or flag gives another name."""
    digest = hashlib.sha256("\0".join([source(), *_flags(level)]).encode()).hexdigest()
    return f"kernels-{machine()}-{level}-{digest[:16]}.so"


def find_compiler(environment: Mapping[str, str] = os.environ) -> list[str]:
    """Return the command of a C compiler: what CC says, or one of the usual names.

    Raises KernelsUnavailableError if there is none.
    """
    said = environment.get("CC", "")
    try:
        named = shlex.split(said)
    except ValueError as error:
        raise KernelsUnavailableError(f"CC is {said!r}, which is no command: {error}.") from error
    if named:
        return named
    if found := next(filter(None, map(shutil.which, _NAMES)), None):
        return [found]
    raise KernelsUnavailableError(
        f"There is no C compiler: none of {', '.join(_NAMES)} is in PATH, and CC names none. Install one."
    )


def compile_library(level: str, path: Path, text: str | None = None, *, in_background: bool = False) -> None:
    """Compile the kernels, or another `text`, for processors of `level` to `path`.

    In the background it takes what others leave, which is next to nothing on a busy machine: nobody may wait for it.
    Raises KernelsUnavailableError with what the compiler said if it fails.
    """
    with _own_folder(path.parent) as folder:
        file, made = folder / "kernels.c", folder / path.name
        file.write_text(source() if text is None else text, "utf-8")
        command = [*find_compiler(), *_flags(level), "-o", str(made), str(file), "-lm"]
        _run([*_low_priority(), *command] if in_background else command, in_background)
        made.chmod(0o755)  # whoever runs an image is not who built it; the cache's folder is the user's own
        made.replace(path)


@contextmanager
def _own_folder(parent: Path) -> Iterator[Path]:
    """Give a folder until this process needs it no more.

    A TemporaryDirectory is removed at the end of a process that was forked meanwhile, too, while it is compiled in.
    """
    folder = Path(mkdtemp(prefix=COMPILING, dir=parent))
    remove = partial(_remove, folder, os.getpid())
    atexit.register(remove)
    try:
        yield folder
    finally:
        atexit.unregister(remove)
        remove()


def _remove(folder: Path, made_in: int) -> None:
    if os.getpid() == made_in:
        shutil.rmtree(folder, ignore_errors=True)  # who compiles next removes what stays


def _flags(level: str) -> list[str]:
    return [*_FLAGS, *options(level)]


def _low_priority() -> list[str]:
    nice = shutil.which("nice")
    return [nice, "-n", "19"] if nice else []


def _run(command: Sequence[str], in_background: bool) -> None:
    process = _Child()
    try:
        code, said = process.run(command, in_background)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise KernelsUnavailableError(f"The C compiler could not be run: {error}") from error
    finally:
        process.stop()
    if code:
        raise KernelsUnavailableError(f"The C compiler refused the kernels ({shlex.join(command)}): {said[:_SHOWN]}")


class _Child:
    """A command that ends with this process, should that end first; one that was forked from it leaves it alone."""

    def __init__(self) -> None:
        self._made_in = os.getpid()
        self._starting = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        atexit.register(self.stop)

    def run(self, command: Sequence[str], in_background: bool) -> tuple[int, str]:
        """Return its code and what it wrote on standard error."""
        with self._starting, forks_wait:  # a child would hold the pipes open whose end is waited for, and wait itself
            # A session of its own: a compiler is a chain of programs, and all of them have to end.
            self._process = subprocess.Popen(  # noqa: S603  # the compiler that the machine or its user names
                command,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
                start_new_session=True,
            )
        if in_background:
            _give_way(self._process.pid)
        said = self._process.communicate(timeout=_LONGEST)[1]
        return self._process.returncode, said

    def stop(self) -> None:
        """End it at once if it still runs."""
        atexit.unregister(self.stop)
        if os.getpid() != self._made_in:
            return
        with self._starting:
            if self._process is not None and self._process.poll() is None:
                os.killpg(self._process.pid, signal.SIGKILL)
                self._process.wait()


def _give_way(session: int) -> None:
    """Let a session have what others leave: where Linux shares by sessions, nice counts only within one of them."""
    autogroup = Path(f"/proc/{session}/autogroup")
    if autogroup.exists():
        with suppress(OSError):  # it has ended, or Linux puts it off: it is then one of several that share
            autogroup.write_text("19", "ascii")
