"""Tables of what commands print, as wide as the terminal."""

from collections.abc import Iterable, Sequence
from typing import Literal

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from app.commands.figures import figure
from app.domain.texts import visible


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table; columns whose name begins with > are set to the right, those with ! are never broken."""
    table = Table(box=box.SIMPLE_HEAD, collapse_padding=True, pad_edge=False)
    for name in columns:
        side: Literal["right", "left"] = "right" if name.startswith(">") else "left"
        whole = name.startswith("!")  # ids, to be copied
        table.add_column(shown(name.lstrip(">!")), justify=side, overflow="fold", no_wrap=whole)
    for row in rows:
        table.add_row(*map(shown, row))
    Console().print(table)


def print_facts(facts: Iterable[tuple[str, object]]) -> None:
    """Print names and values, one pair in each line."""
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    for name, value in facts:
        table.add_row(shown(name), shown(value))
    Console().print(table)


def shown(value: object) -> Text:
    """Return a value as a cell has it: its text is no markup, and steers no terminal."""
    return Text(visible(figure(value)))
