"""What was made last stays in memory for requests to come."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar, final

Made = TypeVar("Made")


@final
class Recent(Generic[Made]):
    """The `count` values that were asked for last, by their keys. Whoever asks holds a lock: one is made at a time."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._values: OrderedDict[Hashable, Made] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """Return the value of a key, made anew if it is not there."""
        if key not in self._values:
            self._values[key] = make()
        self._values.move_to_end(key)
        if len(self._values) > self._count:
            self._values.popitem(last=False)
        return self._values[key]
