"""A shim between a process and its disk: it is full when the test says so, and what is written is recorded."""

import hashlib
import mmap
import os
import shutil
import struct
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import final

_SOURCE = Path(__file__).with_name("shim.c")
_NUMBERS = struct.Struct("=qqq")
_NEVER = 1 << 62


@cache
def _library() -> Path:
    """Return the compiled shim, which stays with what pytest keeps from run to run."""
    name = hashlib.sha256(_SOURCE.read_bytes()).hexdigest()[:16]
    made = Path(os.environ["XDG_CACHE_HOME"], "disk", f"{name}.so")
    if not made.exists():
        made.parent.mkdir(parents=True, exist_ok=True)
        own = made.with_suffix(f".{os.getpid()}")  # another process may be at it too
        compiler = shutil.which("cc") or "gcc"
        subprocess.run([compiler, "-O1", "-shared", "-fPIC", "-o", own, _SOURCE, "-ldl", "-lpthread"], check=True)
        own.replace(made)
    return made


@final
class Disk:
    """What a test has in hand of the disk beneath a folder; closed at its end."""

    def __init__(self, folder: Path, beside: Path, *, recorded: bool = False) -> None:
        self.record = beside / "record" if recorded else None
        self.folder = folder
        self._control = beside / "control"
        self._control.write_bytes(_NUMBERS.pack(0, _NEVER, _NEVER))
        with self._control.open("r+b") as file:
            self._numbers = mmap.mmap(file.fileno(), _NUMBERS.size)

    def environment(self) -> Mapping[str, str]:
        """Return what the process is started with whose disk this is."""
        kept = {} if self.record is None else {"DISK_RECORD": str(self.record)}
        return {
            "LD_PRELOAD": str(_library()),
            "DISK_FOLDER": str(self.folder),
            "DISK_CONTROL": str(self._control),
            **kept,
        }

    @property
    def writes(self) -> int:
        """How many writes there were, those that were refused included."""
        return int(_NUMBERS.unpack(self._numbers[:])[0])

    def fill(self, at: int | None = None, until: int = _NEVER) -> None:
        """Be full from that write on, by its number, or from now on, until another one."""
        self._numbers[8:] = _NUMBERS.pack(0, self.writes if at is None else at, until)[8:]

    def make_room(self) -> None:
        """Take writes again."""
        self.fill(_NEVER)

    def mark(self, content: bytes) -> None:
        """Put into the record what a client was answered."""
        assert self.record is not None
        with self.record.open("ab", buffering=0) as file:
            file.write(struct.pack("=iiqq", MARK, 0, 0, len(content)) + content)

    def close(self) -> None:
        """Let go of what the process shares."""
        self._numbers.close()


MARK = 100
"""The kind of a record that a test makes."""


@contextmanager
def disk_of(folder: Path, beside: Path, *, recorded: bool = False) -> Iterator[Disk]:
    """Give the disk beneath a folder, which may not be there yet; its files lie beside, elsewhere."""
    disk = Disk(folder, beside, recorded=recorded)
    try:
        yield disk
    finally:
        disk.close()
