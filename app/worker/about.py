"""What a worker says of itself with its claims and heartbeats: its slots, its version, its memory."""

import resource
from pathlib import Path

from app.domain.work import About
from app.version import logsweep_version

_STATM = Path("/proc/self/statm")


def about(slots: int) -> About:
    """Return what a worker with so many slots says of itself."""
    return About(slots, logsweep_version(), _memory_bytes())


def _memory_bytes() -> int | None:
    """Return the bytes of memory that this process takes now; None where the system does not tell as Linux does."""
    if not _STATM.exists():
        return None
    return int(_STATM.read_text().split()[1]) * resource.getpagesize()
