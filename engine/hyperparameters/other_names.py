"""How other tools call our hyperparameters, and what to say to someone who uses their words."""

from collections.abc import Mapping

from engine.hyperparameters import HYPERPARAMETERS
from engine.hyperparameters.base import Alias, Hyperparameter

_LONGEST = 64


def _sentence(row: Hyperparameter, alias: Alias) -> str:
    return f'Did you mean "{row.name}"?' + (f" {alias.remark}." if alias.remark else "")


OTHER_NAMES: Mapping[str, str] = {
    word: _sentence(row, alias) for row in HYPERPARAMETERS.values() for alias in row.aliases for word in alias.words
}
"""A sentence for each word of another tool, by the word in lower case with underscores."""


def suggestion(name: str) -> str | None:
    """Return what to say to someone who uses another tool's word for a hyperparameter, or None."""
    if len(name) > _LONGEST:
        return None
    return OTHER_NAMES.get(name.strip().lower().replace("-", "_").replace(" ", "_"))
