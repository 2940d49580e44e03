"""Tells what was committed to all who wait for it: feeds, those who wait for a sweep, and claims that wait for work."""

from collections.abc import Sequence
from typing import final

from app.domain.events import Event, SweepChanged, WorkersChanged, WorkQueued
from app.domain.states import SweepState
from app.services.claim_line import ClaimLine
from app.services.feed import Feed
from app.services.notifier import Notifier


@final
class Publisher:
    """Those who wait, and the one call that reaches all of them; it is quick, and safe from any thread."""

    def __init__(self, boot: str) -> None:
        self.feed = Feed(boot)
        self.sweeps = Notifier()
        self.claims = ClaimLine()

    @property
    def closed(self) -> bool:
        """Whether the server is stopping, so that nothing should wait any longer."""
        return self.feed.closed

    def publish(self, events: Sequence[Event]) -> None:
        """Tell of events in their order."""
        self.feed.publish(events)
        for sweep in {event.sweep for event in events if isinstance(event, SweepChanged)}:
            self.sweeps.notify(sweep)
        if any(isinstance(event, WorkQueued) for event in events):
            self.claims.work_queued()
        if any(isinstance(event, SweepChanged) and event.state == SweepState.CANCELLED for event in events):
            self.claims.hands_freed()  # what was in training in a sweep that was cancelled is in no hands any more
        for event in events:
            if isinstance(event, WorkersChanged):
                for worker in event.left:  # the others share the work without it
                    self.claims.hands_freed(worker)

    def close(self) -> None:
        """Let nobody wait any longer: the server is stopping."""
        self.feed.close()
        self.sweeps.close()
        self.claims.close()
