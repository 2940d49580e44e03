"""What commands print: JSON as the API has it, or tables that fit the terminal."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, is_dataclass
from typing import Any

import typer
from pydantic import BaseModel

from app.domain.texts import visible_json


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
    """Print a table; columns whose name begins with > are set to the right, those with ! are never broken."""
    from app.commands.tables import print_table  # noqa: PLC0415  # keeps the start of servers and workers short

    print_table(columns, rows)


def show_facts(facts: Iterable[tuple[str, object]]) -> None:
    """Print names and values, one pair in each line."""
    from app.commands.tables import print_facts  # noqa: PLC0415  # keeps the start of servers and workers short

    print_facts(facts)
