"""The data folder and the lock on it: one server at a time."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, final

from filelock import FileLock, Timeout

from app.domain import disks
from app.domain.errors import Unavailable

_LOCK = "logsweep.lock"

OF_SERVERS: Final = "Stop it first, or give this one a folder of its own with --data."
"""What a second server can do."""


@final
class FolderLock:
    """Holds the data folder until released; the lock dies with its process."""

    def __init__(self, folder: Path, way_out: str) -> None:
        """Take the lock. Raises Unavailable, with the way out, if another server holds it, or DiskFull."""
        self._file = folder / _LOCK
        self._lock = FileLock(self._file)
        self._is_new = not self._file.exists()
        try:
            self._lock.acquire(blocking=False)
        except Timeout:
            raise Unavailable(f"Another logsweep server uses the data folder {folder}. {way_out}") from None
        except OSError as error:
            raise disks.told(error, f"the data folder {folder}") from None

    def release(self) -> None:
        """Let the next server in."""
        self._lock.release()

    def give_up(self) -> None:
        """Let the next server in, and leave no file that was not there before."""
        if self._is_new:
            self._file.unlink(missing_ok=True)  # while it is held: who waits for it makes another one
        self.release()


def make_folder(folder: Path) -> None:
    """Make a data folder if it is not there. Raises Unavailable, DiskFull."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        way = "A file is in its place or above it: choose another folder with --data"
        raise Unavailable(f"The data folder {folder} cannot be made: {error.strerror}. {way}.") from None
    except OSError as error:
        raise disks.told(error, f"the data folder {folder}") from None


@contextmanager
def new_folder(folder: Path) -> Iterator[None]:
    """Make a data folder that goes again if it was not there and what it is for is refused."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    make_folder(folder)
    try:
        yield
    except BaseException:
        with suppress(OSError):  # what is in the way was put there by others, and the refusal is what is to be told
            for one in missing:
                one.rmdir()
        raise
