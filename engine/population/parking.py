"""Members that are paused and kept in memory, so that they can go on without a byte from elsewhere."""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass

from engine.population.checkpoint import Checkpoint
from engine.spec import MemberSpec
from engine.training_set import TrainingSet


@dataclass(frozen=True, slots=True)
class Parked:
    """A paused member: what it is, what it trains on, and where it stopped."""

    spec: MemberSpec
    data: TrainingSet
    checkpoint: Checkpoint


class Parking:
    """Parked members by name, in the order in which they were parked."""

    def __init__(self) -> None:
        self._members: OrderedDict[str, Parked] = (
            OrderedDict()
        )  # a dict takes long to find its first one after others went
        self.bytes = 0
        """What the checkpoints of all members take."""

    def __contains__(self, key: str) -> bool:
        return key in self._members

    def __getitem__(self, key: str) -> Parked:
        return self._members[key]

    def keys(self) -> list[str]:
        """Return the names of all members, the one that was parked longest ago first."""
        return list(self._members)

    def add(self, key: str, member: Parked) -> None:
        """Take in a member whose name is not here."""
        self._members[key] = member
        self.bytes += member.checkpoint.bytes

    def drop(self, keys: Iterable[str]) -> None:
        """Let members go; unknown names are fine."""
        for key in keys:
            if (member := self._members.pop(key, None)) is not None:
                self.bytes -= member.checkpoint.bytes

    def evict(self, limit_bytes: int) -> dict[str, Checkpoint]:
        """Let those go that were parked longest ago, until the others take at most `limit_bytes`; return them."""
        evicted = dict[str, Checkpoint]()
        while self.bytes > limit_bytes and self._members:
            key, member = self._members.popitem(last=False)
            evicted[key] = member.checkpoint
            self.bytes -= member.checkpoint.bytes
        return evicted
