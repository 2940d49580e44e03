"""What commands print: JSON as the API has it, or tables that fit the terminal."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, is_dataclass
from typing import Any, Literal

import typer
from pydantic import BaseModel
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from app.domain.texts import visible, visible_json


def show_json(found: BaseModel | Iterable[BaseModel] | Any) -> None:
    """Print an answer, or a list of them, as JSON."""
    typer.echo(visible_json(json.dumps(_plain(found), indent=2, ensure_ascii=False)))


def show_line(found: BaseModel) -> None:
    """Print an answer as JSON in one line, for what follows something."""
    typer.echo(visible_json(json.dumps(_plain(found), ensure_ascii=False)))


def _plain(found: Any) -> Any:
    if isinstance(found, BaseModel):
        return found.model_dump(mode="json")
    if is_dataclass(found) and not isinstance(found, type):
        return asdict(found)
    return [_plain(one) for one in found] if isinstance(found, list | tuple) else found


def show_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table; columns whose name begins with > are set to the right."""
    table = Table(box=box.SIMPLE_HEAD)
    for name in columns:
        side: Literal["right", "left"] = "right" if name.startswith(">") else "left"
        table.add_column(shown(name.removeprefix(">")), justify=side, overflow="fold")
    for row in rows:
        table.add_row(*map(shown, row))
    Console().print(table)


def show_facts(facts: Iterable[tuple[str, object]]) -> None:
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


def figure(value: object) -> str:
    """Return a value as people read it: four digits that count, a dash for what is missing."""
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, dict):
        return ", ".join(f"{name} {figure(one)}" for name, one in value.items())
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
