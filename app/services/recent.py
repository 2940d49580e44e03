"""What was made last stays in memory for requests to come."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar, final

Made = TypeVar("Made")


@final
class Recent(Generic[Made]):
    """The `count` values that were asked for last, by their keys; none of them is None.

    One is made at a time, since each may take a multiple of its own memory; those that are there wait for nobody.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._values: OrderedDict[Hashable, Made] = OrderedDict()
        self._looking = Lock()
        self._making = Lock()

    def get(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """Return the value of a key, made anew if it is not there."""
        if (found := self._found(key)) is not None:
            return found
        with self._making:
            if (found := self._found(key)) is not None:
                return found  # it was made while we waited
            made = make()
            self._keep(key, made)
            return made

    def _found(self, key: Hashable) -> Made | None:
        with self._looking:
            if key in self._values:
                self._values.move_to_end(key)
            return self._values.get(key)

    def _keep(self, key: Hashable, made: Made) -> None:
        with self._looking:
            self._values[key] = made
            if len(self._values) > self._count:
                self._values.popitem(last=False)
