"""How other tools call our hyperparameters, and what to say to someone who uses their words."""

from collections.abc import Iterable, Mapping

from engine.hyperparameters import HYPERPARAMETERS
from engine.hyperparameters.base import Alias, Hyperparameter

_LONGEST = 64


def _sentence(row: Hyperparameter, alias: Alias) -> str:
    return f'Did you mean "{row.name}"?' + (f" {alias.remark}." if alias.remark else "")


def words_of(rows: Iterable[Hyperparameter]) -> Mapping[str, str]:
    """Return a sentence for each word of another tool, by the word in lower case with underscores."""
    return {word: _sentence(row, alias) for row in rows for alias in row.aliases for word in alias.words}


OTHER_NAMES = words_of(HYPERPARAMETERS.values())


def suggestion(name: str, known: Mapping[str, str] = OTHER_NAMES) -> str | None:
    """Return what to say to someone who uses another tool's word for a hyperparameter, or None."""
    if len(name) > _LONGEST:
        return None
    return known.get(name.strip().lower().replace("-", "_").replace(" ", "_"))
