"""`logsweep upload`, `logsweep datasets`, `logsweep dataset delete`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import quote

import typer

from app.commands.connection import LOCAL, AsJson, Server, connected
from app.commands.figures import figure
from app.commands.output import show_facts, show_json, show_table
from app.domain.datasets import Note
from app.domain.texts import visible
from app.terminal import notes_of, show_notes

if TYPE_CHECKING:
    from logsweep.answers.datasets import DatasetPreview

commands = typer.Typer(no_args_is_help=True, help="Delete data sets.")

_File = Annotated[
    Path, typer.Argument(help="A table: CSV or other text, also .gz, NPZ or Parquet.", exists=True, dir_okay=False)
]
_Reading = Annotated[
    list[str] | None, typer.Option("--set", help="A field of an upload, say split=0.8,0.1,0.1; again for more.")
]


def upload(
    file: _File,
    name: Annotated[str | None, typer.Option(help="What sweeps call it; by default the file's name.")] = None,
    target: Annotated[str | None, typer.Option(help="The column to predict.")] = None,
    settings: _Reading = None,
    dry: Annotated[bool, typer.Option("--preview", help="Show what it would become, and store nothing.")] = False,
    server: Server = LOCAL,
    as_json: AsJson = False,
) -> None:
    """Upload a table."""
    fields = dict(_pair(one) for one in settings or ())
    with connected(server) as client:
        if dry:
            seen = client.preview_upload(file, target=target, **fields)  # type: ignore[arg-type] # the server judges
            show_json(seen) if as_json else _show_preview(seen)
            return
        called = name or file.name.partition(".")[0]
        found = client.upload(file, name=called, target=target, **fields)  # type: ignore[arg-type]
    if as_json:
        show_json(found)
        return
    facts = [("name", found.name), ("task", found.task), ("rows", found.rows), ("inputs", found.features)]
    show_facts([*facts, ("sweep it", f"{client.url}/#/new?dataset={quote(found.name)}")])
    show_notes(notes_of(found.card))


def _show_preview(seen: "DatasetPreview") -> None:
    show_facts([("task", seen.task), ("rows", seen.rows), ("inputs", seen.features), ("outputs", seen.outputs)])
    columns = [seen.target, *seen.columns]
    show_table(
        ["column", "kind", ">missing", ">from", ">to", "examples"],
        [(one.name, one.kind, one.missing, one.low, one.high, ", ".join(map(figure, one.examples))) for one in columns],
    )
    if seen.more_columns:
        typer.echo(f"... and {seen.more_columns:,} more columns.")
    show_notes(Note(one.code, one.columns, one.detail) for one in seen.notes)


def datasets(server: Server = LOCAL, as_json: AsJson = False) -> None:
    """List the data sets."""
    with connected(server) as client:
        found = list(client.datasets())
    if as_json:
        show_json(found)
        return
    show_table(
        ["name", "task", ">train", ">dev", ">test", ">inputs"],
        [
            (one.name, one.task, *(one.rows.get(part) for part in ("train", "dev", "test")), one.features)
            for one in found
        ],
    )


@commands.command()
def delete(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its name, as `logsweep datasets` shows it.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    server: Server = LOCAL,
    as_json: AsJson = False,
) -> None:
    """Delete an uploaded data set on which no sweep runs. Its content stays while sweeps that trained on it do."""
    with connected(server) as client:
        if not yes:
            typer.confirm(f"Delete the data set {visible(name)}?", abort=True, err=True)
        client.delete_dataset(name)
    if as_json:
        show_json({"deleted": name})


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise typer.BadParameter(f"{text!r} is no setting. Write name=value, as in split=0.8,0.1,0.1.")
    return name.strip(), value.strip()
