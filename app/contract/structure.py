"""From hyperparameters, all of them, to the structure of a network."""

from collections.abc import Mapping
from typing import Any

from engine.hyperparameters import Role, names_of
from engine.rules import CURRENT
from engine.spec import Structure


def named(params: Mapping[str, Any], role: Role) -> dict[str, Any]:
    """Return the hyperparameters of a role."""
    return {name: params[name] for name in names_of(role)}


def structure_of(params: Mapping[str, Any], inputs: int, outputs: int, loss: str, rules: int = CURRENT) -> Structure:
    """Return the structure of a network with these hyperparameters."""
    chosen = named(params, "structure") | {"hidden_units": tuple(params["hidden_units"])}
    return Structure(inputs=inputs, outputs=outputs, loss=loss, rules=rules, **chosen)
