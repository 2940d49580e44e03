"""From hyperparameters to the structure of a network."""

from collections.abc import Mapping
from typing import Any

from engine.rules import CURRENT
from engine.spec import Structure


def structure_of(params: Mapping[str, Any], inputs: int, outputs: int, loss: str, rules: int = CURRENT) -> Structure:
    """Return the structure of a network with these hyperparameters."""
    return Structure(
        inputs=inputs,
        hidden_units=tuple(params["hidden_units"]),
        outputs=outputs,
        activation=params["activation"],
        loss=loss,
        batch_size=params["batch_size"],
        batch_norm=params["batch_norm"],
        rules=rules,
    )
