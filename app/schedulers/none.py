"""No scheduling: every trial trains to its end."""

from app.schedulers.base import Scheduler


class NoScheduler(Scheduler):
    """Gives each trial one segment with all its epochs."""

    def first_segment(self, epochs: int) -> tuple[int, int]:
        """Return the whole trial."""
        return 0, epochs
