"""Troubles: which sweeps could not be planned, why, and when to try again."""

from dataclasses import dataclass
from typing import final

LONGEST_PAUSE = 60
"""So many seconds pass at most before a sweep is tried again."""


@dataclass(slots=True)
class _Trouble:
    why: str
    longest: int
    pause: int = 1
    left: int = 1


@final
class Troubles:
    """The sweeps whose last look failed; each is tried again after a pause, twice as long as the one before."""

    def __init__(self) -> None:
        self._of: dict[str, _Trouble] = {}

    def __len__(self) -> int:
        """Return how many sweeps are in trouble."""
        return len(self._of)

    def note(self, sweep: str, why: str, longest: int = LONGEST_PAUSE) -> None:
        """Note why a look has failed; the pauses of one that is in trouble go on growing, up to the longest."""
        trouble = self._of.setdefault(sweep, _Trouble(why, longest))
        trouble.why, trouble.longest = why, longest
        trouble.left = min(trouble.left, longest)

    def over(self, sweep: str) -> None:
        """Note that a look has succeeded, or that the sweep is gone."""
        self._of.pop(sweep, None)

    def why(self, sweep: str) -> str | None:
        """Return why the last look at a sweep failed; None if it did not."""
        trouble = self._of.get(sweep)
        return trouble.why if trouble else None

    def due(self) -> list[str]:
        """Return the sweeps to try again now; it is asked once a second."""
        return [sweep for sweep, trouble in tuple(self._of.items()) if _is_due(trouble)]


def _is_due(trouble: _Trouble) -> bool:
    trouble.left -= 1
    if trouble.left > 0:
        return False
    trouble.pause = trouble.left = min(2 * trouble.pause, trouble.longest)
    return True
