"""The interface of schedulers: cut a trial into segments of epochs, purely."""

from abc import ABC, abstractmethod


class Scheduler(ABC):
    """Decides how far a trial may train before it is compared with the others."""

    @abstractmethod
    def first_segment(self, epochs: int) -> tuple[int, int]:
        """Return (from_epoch, to_epoch) of the first segment of a trial of at most `epochs` epochs.

        It starts at 0 and ends at 1 <= to_epoch <= epochs.
        """
