"""Names and cells as sentences show them: in quotes, not too long, and of many the first few."""

from collections.abc import Sequence

_SHOWN_LETTERS = 60


def quoted(word: str) -> str:
    """Return a name or a cell in quotes; a long one is cut."""
    return f'"{word}"' if len(word) <= _SHOWN_LETTERS else f'"{word[: _SHOWN_LETTERS - 3]}..."'


def listed(shown: Sequence[str], most: int) -> str:
    """Return the first `most` of what is shown, and how many more there are."""
    more = f" and {len(shown) - most:,} more" if len(shown) > most else ""
    return ", ".join(shown[:most]) + more
