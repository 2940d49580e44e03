"""What a hyperparameter is: one row of the table."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from engine.hyperparameters.ranges import Range

Role = Literal["structure", "knob", "training", "data"]
"""What a hyperparameter decides.

`structure` fixes array shapes and the code path, so that members of a stack share it. A `knob` is a plain number that
may differ from member to member, and so may what else decides a member's `training`. `data` is how inputs are prepared.
"""


@dataclass(frozen=True, slots=True)
class Alias:
    """What other tools call a hyperparameter; `remark` is a sentence, without its stop, on what is meant here."""

    words: Sequence[str]
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Hyperparameter:
    """One hyperparameter: what it may be, what it is if nothing is said, and what it means.

    `default` is that of the service and of the engine's own records; `estimator_default` that of the estimators, where
    a single network is fitted.
    """

    name: str
    role: Role
    allowed: Range
    default: Any
    estimator_default: Any
    meaning: str
    aliases: Sequence[Alias] = ()

    def fault(self, value: object) -> str | None:
        """Return the sentence that refuses `value`; None if it may be used. NumPy's numbers are as good as Python's."""
        reason = self.allowed.reason(_of_python(value))
        return None if reason is None else f"{self.name} is {value!r}, but it must be {reason}."


def _of_python(value: object) -> object:
    if isinstance(value, list | tuple):
        return [_of_python(one) for one in value]
    return value.tolist() if isinstance(value, np.generic | np.ndarray) else value
