"""What a disk refuses, told as errors: no room, no right to write, or a fault of its own."""

import errno
import shutil
from pathlib import Path

from app.domain.errors import DiskFull, LogsweepError, Unavailable

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""How the system says that a disk is full, a quota used up, or a file as large as it may be."""

NO_RIGHT = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
"""How it says that nobody, or not this user, may write there."""


def told(error: OSError, place: str) -> LogsweepError:
    """Return the error of ours for what the system refused at a place, which is named in the sentence."""
    why = error.strerror or str(error)
    if error.errno in NO_ROOM:
        return full(place, why)
    if error.errno in NO_RIGHT:
        return not_writable(place, why)
    return Unavailable(f"{_first(place)} cannot be used: {why}. Look what is there, or choose another place.")


def free(folder: Path) -> int:
    """Return the bytes that are free on the disk of a folder."""
    return shutil.disk_usage(folder).free


def full(place: str, why: str) -> DiskFull:
    """Return what is said where there is no room."""
    return DiskFull(
        f"There is no room in {place} ({why}), so that nothing of this was stored. Make room, and try again."
    )


def not_writable(place: str, why: str) -> Unavailable:
    """Return what is said where writing is forbidden."""
    way = "Give the user that logsweep runs as the right to write there, or choose another place"
    return Unavailable(f"{_first(place)} cannot be written ({why}). {way}.")


def _first(place: str) -> str:
    """Return a place as a sentence begins with it; a path stays as it is."""
    return f"The {place.removeprefix('the ')}" if place.startswith("the ") else place
