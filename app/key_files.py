"""Files with an access key in them, which their owner alone can read."""

import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from app.domain.errors import Unavailable

OWNER_ALONE = 0o600

TAKEN_FROM: Final = "Commands take it from `logsweep --key-file FILE ...`, LOGSWEEP_KEY_FILE or LOGSWEEP_KEY."
"""What is added where a server refuses a command for want of a key: it speaks of a header, as programs send it."""

STDIN = "-"

_KEY = re.compile("[!-~]+")


def find_key(file: str | None, environment: Mapping[str, str]) -> str | None:
    """Return the access key in a file, or on standard input; unless a file is named, that of the environment, or None.

    Raises Unavailable if there is none where it should be.
    """
    if file is None and (said := environment.get("LOGSWEEP_KEY")):
        return _sendable(said.strip(), "The key in LOGSWEEP_KEY")
    named = file or environment.get("LOGSWEEP_KEY_FILE")
    if not named:
        return None
    try:
        found = _first_line(sys.stdin.fileno()) if file == STDIN else Path(named).read_text(encoding="ascii").strip()
    except (OSError, ValueError) as error:
        raise Unavailable(f"The key file {named} cannot be read: {error}") from None
    return _sendable(found, f"The key in {named}")


def _sendable(key: str, where: str) -> str:
    """Return a key that a header can carry. Raises Unavailable for another, without showing it."""
    if not _KEY.fullmatch(key):
        raise Unavailable(f"{where} has characters that no key has, or none at all. Put it there as it was shown.")
    return key


def _first_line(descriptor: int) -> str:
    """Read a line and not a byte more: whoever wrote it may use the pipe for something else."""
    line = b""
    while (byte := os.read(descriptor, 1)) not in {b"", b"\n"}:
        line += byte
    return line.decode("ascii")


def authorization(key: str | None) -> dict[str, str]:
    """Return the header that says whose a request is; none without a key."""
    return {} if key is None else {"Authorization": f"Bearer {key}"}


def write_key_file(file: Path, token: str) -> None:
    """Write a token into a file, over one that is there, so that it is on disk. Raises Unavailable."""
    try:
        file.unlink(missing_ok=True)
        with new_key_file(file) as write:
            write(token)
    except OSError as error:
        raise _not_written(file, error) from None


@contextmanager
def new_key_file(file: Path) -> Iterator[Callable[[str], object]]:
    """Give what writes a token into a new file, which is there before the key is made and goes if it is not made.

    Raises Unavailable if the file is there already, or cannot be made.
    """
    try:
        opened = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ALONE)
    except FileExistsError:
        raise Unavailable(f"{file} is there already, and no key overwrites another one. Choose another name.") from None
    except OSError as error:
        raise _not_written(file, error) from None
    with os.fdopen(opened, "w", encoding="ascii") as out:
        try:
            yield lambda token: out.write(f"{token}\n")
            out.flush()
            os.fsync(opened)
        except BaseException:  # whatever it was goes on; an empty file would be taken for a key
            file.unlink()
            raise


def _not_written(file: Path, error: OSError) -> Unavailable:
    return Unavailable(f"The key file {file} cannot be written: {error.strerror}. Choose another place.")
