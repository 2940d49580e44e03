"""What the threads of a worker share: the leases it holds, what waits to be sent, and what to stop."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace

from app.domain.work import Decision, Epoch, Lease, Progress, Result, Segment


class Board:
    """One lock around all that passes between training, reporting, claiming and the heartbeat."""

    def __init__(self, slots: int) -> None:
        self._slots = slots
        self._changed = threading.Condition()
        # By lease, fence and all: a trial can come back under a new lease while the old one is still in training.
        self._held: dict[Lease, Segment] = {}
        self._claimed: list[Segment] = []
        self._epochs: dict[Lease, list[Epoch]] = {}
        self._results: list[Result] = []
        self._stops: list[Lease] = []
        self._keep_below: dict[str, float] = {}
        self._closed = False

    def close(self) -> None:
        """Wake every waiting thread, for good."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    # The side of claiming

    def wait_for_free_slots(self) -> tuple[int, list[str]]:
        """Wait until a quarter of the slots is free; return how many, and the stacks in training (0 at the end).

        Refilling in groups keeps the stacks full, and a quarter early keeps them from running empty.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._free() * 4 >= self._slots)
            cohorts = sorted({segment.cohort for segment in self._held.values()})
            return (0 if self._closed else self._free()), cohorts

    def _free(self) -> int:
        return self._slots - len(self._held)

    def add_claimed(self, segments: Sequence[Segment], keep_below: Mapping[str, float]) -> None:
        """Hold newly leased segments until training takes them."""
        with self._changed:
            for segment in segments:
                self._held[segment.lease] = segment
            self._claimed += segments
            self._keep_below.update(keep_below)
            self._changed.notify_all()

    # The side of training

    def take_claimed(self, *, wait: bool) -> list[Segment]:
        """Return the segments claimed since the last call; with `wait`, not before there are some (or the end)."""
        with self._changed:
            if wait:
                self._changed.wait_for(lambda: self._closed or bool(self._claimed))
            claimed, self._claimed = self._claimed, []
            return claimed

    def take_stops(self) -> list[Lease]:
        """Return the leases to drop now."""
        with self._changed:
            stops, self._stops = self._stops, []
            return stops

    def keep_below(self) -> dict[str, float]:
        """Return for each sweep the objective above which weights need not be sent."""
        with self._changed:
            return dict(self._keep_below)

    def post(self, epochs: Sequence[tuple[Lease, Epoch]], results: Sequence[Result]) -> None:
        """Leave epochs and results to be sent."""
        with self._changed:
            for lease, epoch in epochs:
                self._epochs.setdefault(lease, []).append(epoch)
            for result in results:
                self._held.pop(result.lease, None)
                self._results.append(result)
            self._changed.notify_all()

    # The side of reporting and of the heartbeat

    def wait_for_outgoing(self, longest: float) -> None:
        """Wait until something waits to be sent, `longest` seconds at the most."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or bool(self._epochs or self._results), longest)

    def take_outgoing(self) -> tuple[list[Progress], list[Result]]:
        """Return what waits to be sent. The last epochs of a finished trial travel in its result."""
        with self._changed:
            epochs, self._epochs = self._epochs, {}
            results, self._results = self._results, []
        finished = [_with_curve(result, epochs.pop(result.lease, [])) for result in results]
        return [Progress(lease, points) for lease, points in epochs.items()], finished

    def wait_until_idle(self, longest: float) -> None:
        """Wait until no trial is held, `longest` seconds at the most: the last results should not wait for more."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or not self._held, longest)

    def leases(self) -> list[Lease]:
        """Return every lease held."""
        with self._changed:
            return list(self._held)

    def obey(self, decisions: Sequence[Decision]) -> None:
        """Let go of the leases that the server took back."""
        with self._changed:
            gone = {decision.lease for decision in decisions if decision.decision == "stop"} & set(self._held)
            for lease in gone:
                del self._held[lease]
            self._stops += sorted(gone, key=lambda lease: (lease.sweep, lease.trial, lease.fence))
            self._claimed = [segment for segment in self._claimed if segment.lease not in gone]
            self._changed.notify_all()

    def update_keep_below(self, keep_below: Mapping[str, float]) -> None:
        """Take in new bounds."""
        with self._changed:
            self._keep_below.update(keep_below)


def _with_curve(result: Result, curve: list[Epoch]) -> Result:
    return replace(result, curve=curve)
