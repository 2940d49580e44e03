"""Notes: what the service guessed or left out when it read a table, so that nothing changes a result in silence."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from engine.data.quoting import listed, quoted

Code = Literal[
    # how files were read
    "row_names",
    "empty_columns",
    "quoted_names",
    "ignored",
    # what cells were taken for
    "numbers_in_disguise",
    "mixed_decimals",
    "leading_zeros",
    "dates",
    "digits_in_words",
    "missing_tokens",
    "rare_categories",
    # arrays
    "flattened",
    "channels_first",
    # the target
    "task",
    "few_rows_per_class",
    "missing_target_dropped",
    # the parts
    "split",
    "shared_groups",
    "early_rows",
    "constant_input",
    "unknown_words",
    # leaks
    "row_number",
    "nearly_unique_words",
    "input_equals_target",
    "copied_rows",
    "same_file",
    # rows to predict, or to score a model on
    "target_passed_over",
    "columns_passed_over",
]
"""All codes that a note may have; docs/reading.md tells what each says."""

_SHOWN_COLUMNS = 10


@dataclass(frozen=True, slots=True)
class Note:
    """One thing that was guessed or left out; `code` is a fixed word for programs, `detail` a sentence for people."""

    code: Code
    columns: tuple[str, ...]
    detail: str

    def card(self) -> dict[str, Any]:
        """Return the note as plain JSON."""
        return {"code": self.code, "columns": list(self.columns), "detail": self.detail}


@dataclass(frozen=True, slots=True)
class Remark:
    """A note on one column; those with the same `code` and `key` become one note on all of their columns.

    The note reads `begins`, the names of the columns, and `ends`.
    """

    code: Code
    column: str
    begins: str
    ends: str
    key: object = None


def gathered(remarks: Iterable[Remark]) -> tuple[Note, ...]:
    """Return the notes that remarks on columns make together."""
    groups: dict[tuple[str, object], list[Remark]] = {}
    for remark in remarks:
        groups.setdefault((remark.code, remark.key), []).append(remark)
    return tuple(_note([remark.column for remark in group], group[0]) for group in groups.values())


def _note(columns: Sequence[str], first: Remark) -> Note:
    plural, named = "s" if len(columns) > 1 else "", listed(list(map(quoted, columns)), _SHOWN_COLUMNS)
    return Note(first.code, tuple(columns), f"{first.begins} in the column{plural} {named}{first.ends}")
