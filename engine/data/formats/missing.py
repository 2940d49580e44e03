"""What stands for a missing cell: the empty one, and tokens, of which some count among numbers alone."""

from collections.abc import Sequence

USUAL = ("", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "?")
"""What is missing in any column, the target too, unless something else is said."""

AMONG_NUMBERS = (
    "n/a",
    "#N/A",
    "<NA>",
    "NAN",
    "Nan",
    "-nan",
    "none",
    "nil",
    "Null",
    "-",
    ".",
    "missing",
    r"\N",
    "#DIV/0!",
)
"""Tokens that count as missing too where all other cells of a column are numbers or dates; never in the target."""


def tokens(said: Sequence[str] | None) -> tuple[str, ...]:
    """Return the tokens of any column, from what was said; a cell with nothing in it is missing in any case."""
    if said is None:
        return USUAL
    return ("", *dict.fromkeys(token for one in said if (token := one.strip())))


def tokens_among_numbers(said: Sequence[str] | None, *, target: bool = False) -> tuple[str, ...]:
    """Return the tokens of a column whose other cells are numbers."""
    return (*USUAL, *AMONG_NUMBERS) if said is None and not target else tokens(said)
