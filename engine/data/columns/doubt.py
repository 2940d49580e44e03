"""What the cells of a column cannot tell, so that the sender has to say it."""

from dataclasses import dataclass

from engine.data.table import About


@dataclass(frozen=True, slots=True)
class Doubt:
    """What could be read in two ways: the field to send, and the rest of a sentence that begins with the column."""

    about: About
    says: str
