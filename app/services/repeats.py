"""What an earlier request with the same key made, whatever has become of what it was made from."""

from app.domain.repeats import Once
from app.domain.sweeps import Sweep
from app.services.planner import Planner
from app.storage.interface import Storage


def made_before(storage: Storage, planner: Planner, once: Once | None) -> Sweep | None:
    """Return the sweep that the same request made before.

    Raises NotFound if it was deleted; InvalidRequest if another request had the key.
    """
    if once is None or (before := storage.made(once)) is None:
        return None
    planner.look(before.id)  # the first request may have ended before it came to that
    return storage.sweep(before.id)
