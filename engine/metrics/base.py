"""What a metric is: its name, the tasks it fits, and which way is better."""

from dataclasses import dataclass
from typing import Literal

Direction = Literal["minimize", "maximize"]
Task = Literal["binary", "multiclass", "regression"]


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric of the answers on one part of the data; `meaning` ends the sentence "it is ..."."""

    name: str
    tasks: frozenset[Task]
    direction: Direction
    meaning: str
