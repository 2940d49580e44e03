"""What a metric is: its name, the tasks it fits, which way is better, and how it is finished from answers."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from engine.arrays import Array
from engine.data.target import Task
from engine.metrics.answers import Answers

Direction = Literal["minimize", "maximize"]

CLASSES = frozenset[Task]({"binary", "multiclass"})
NUMBERS = frozenset[Task]({"regression"})


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric of the answers on one part of the data; `meaning` ends the sentence "it is ...".

    `of` returns it for each member, float64 (R,). It `reads` the sums that a loss makes on the way, which cost next to
    nothing, or the logits of all examples. `aliases` are what other programs call it.
    """

    name: str
    tasks: frozenset[Task]
    direction: Direction
    meaning: str
    of: Callable[[Answers], Array]
    reads: Literal["sums", "logits"] = "logits"
    aliases: tuple[str, ...] = ()
