"""Notes: what the service guessed or left out when it read a table, so that nothing changes a result in silence."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Note:
    """One thing that was guessed or left out; `code` is a fixed word for programs, `detail` a sentence for people."""

    code: str
    columns: tuple[str, ...]
    detail: str

    def card(self) -> dict[str, Any]:
        """Return the note as plain JSON."""
        return {"code": self.code, "columns": list(self.columns), "detail": self.detail}
