"""Notes: what the service guessed or left out when it read a table, so that nothing changes a result in silence."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from engine.data.quoting import listed, quoted

_SHOWN_COLUMNS = 10


@dataclass(frozen=True, slots=True)
class Note:
    """One thing that was guessed or left out; `code` is a fixed word for programs, `detail` a sentence for people."""

    code: str
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

    code: str
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
