"""What sweeps came to: `best`, `trials`, `compare`, `doctor`, `export`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from app.commands.connection import LOCAL, AsJson, Server, connected
from app.commands.output import show_facts, show_json, show_table
from app.commands.sweeps import Id, commands
from app.commands.tracking import Kind, Tracked, track
from app.terminal import tell

Where = Annotated[list[str] | None, typer.Option(help="A condition, say dev_error<0.1; again for more.")]


@commands.command()
def best(
    sweep: Id,
    model: Annotated[Path | None, typer.Option(help="Write its model here: .npz, .safetensors or .onnx.")] = None,
    server: Server = LOCAL,
    as_json: AsJson = False,
) -> None:
    """Show the best trial of a sweep, and fetch its model."""
    with connected(server) as client:
        found = client.get_sweep(sweep)
        trial = found.best()
        if model is not None:
            found.model(trial.number).download(model)
    if as_json:
        show_json(trial)
        return
    facts: list[tuple[str, object]] = [("trial", trial.number), ("value", trial.value), ("state", trial.state)]
    facts += [("best epoch", trial.best_epoch), ("hyperparameters", trial.params), ("metrics", trial.metrics)]
    show_facts([*facts, *([("model", str(model))] if model else [])])


@commands.command()
def trials(
    sweep: Id,
    where: Where = None,
    sort: Annotated[str, typer.Option(help="A field, with - in front descending.")] = "number",
    limit: Annotated[int, typer.Option(help="How many to show.", min=1)] = 20,
    server: Server = LOCAL,
    as_json: AsJson = False,
) -> None:
    """List trials of a sweep."""
    with connected(server) as client:
        found = [
            one for one, _ in zip(client.get_sweep(sweep).trials(where=where, sort=sort), range(limit), strict=False)
        ]
    if as_json:
        show_json(found)
        return
    show_table(
        [">trial", "state", ">value", ">epochs", "hyperparameters"],
        [(one.number, one.state, one.value, one.epochs, one.params) for one in found],
    )


@commands.command()
def compare(
    sweep: Id,
    numbers: Annotated[list[int], typer.Argument(metavar="TRIAL...", help="The numbers of the trials.")],
    server: Server = LOCAL,
    as_json: AsJson = False,
) -> None:
    """Compare trials of a sweep side by side: results, and the hyperparameters in which they differ."""
    with connected(server) as client:
        found = [client.get_sweep(sweep).trial(number) for number in numbers]
    if as_json:
        show_json(found)
        return
    names = dict.fromkeys(name for one in found for name in one.all_params)
    metrics = dict.fromkeys(name for one in found for name in one.metrics)
    different = [name for name in names if len({repr(one.all_params.get(name)) for one in found}) > 1]
    rows: list[tuple[object, ...]] = [
        ("state", *(one.state for one in found)),
        ("value", *(one.value for one in found)),
    ]
    rows += [(name, *(one.all_params.get(name) for one in found)) for name in different]
    rows += [(name, *(one.metrics.get(name) for one in found)) for name in metrics]
    show_table(["", *(f">trial {one.number}" for one in found)], rows)


@commands.command()
def doctor(
    sweep: Id,
    hoped_error: Annotated[
        float | None, typer.Option(help="The error that one would be content with.", min=0.0)
    ] = None,
    server: Server = LOCAL,
    as_json: AsJson = False,
) -> None:
    """Tell what a sweep shows, and what to do next."""
    with connected(server) as client:
        found = client.get_sweep(sweep).analysis(hoped_error=hoped_error)
    if as_json:
        show_json(found)
        return
    for sentence in found.next:
        tell(sentence, err=False)
    if getattr(found, "next_space", None) is not None:
        typer.echo(f"The next space is made: logsweep refine {sweep}")


@commands.command()
def export(  # noqa: PLR0913, PLR0917 - each is an option of the command
    sweep: Id,
    file: Annotated[
        str | None,
        typer.Argument(
            help="The new file; its ending tells the format: csv, jsonl or parquet. With --to, where the other tool "
            "keeps its runs."
        ),
    ] = None,
    of: Annotated[
        Literal["trials", "curves", "predictions"] | None,
        typer.Option(
            help="A row for each trial (unless said), for each epoch, or for each example that a model answers."
        ),
    ] = None,
    where: Where = None,
    trial: Annotated[
        int | None, typer.Option(help="Of predictions, whose model answers; by default the best one's.", min=0)
    ] = None,
    part: Annotated[
        Literal["dev", "test"] | None, typer.Option(help="Of predictions, the part of the data; by default dev.")
    ] = None,
    to: Annotated[
        Kind | None,
        typer.Option(help="Write to this tool in place of a file: a run for each trial; again adds what is new."),
    ] = None,
    server: Server = LOCAL,
    as_json: AsJson = False,
) -> None:
    """Write all trials of a sweep, all their epochs, or what a model predicts, to a file, or to another tool."""
    if to is not None and (of, trial, part) != (None, None, None):
        raise typer.BadParameter("Another tool gets all there is of trials: leave out --of, --trial and --part.")
    if to is None and file is None:
        raise typer.BadParameter("Say the file to write, or the tool with --to.")
    with connected(server) as client:
        found = client.get_sweep(sweep)
        if to is not None:
            _tell_tracked(track(found, to, file, where or ()), as_json=as_json)
            return
        written = found.export(str(file), of=of or "trials", where=where, trial=trial, part=part)
    if as_json:
        show_json({"file": str(written), "bytes": written.stat().st_size})
    else:
        tell(f"Wrote {written}.")


def _tell_tracked(found: Tracked, *, as_json: bool) -> None:
    if as_json:
        show_json(found)
        return
    typer.echo(f"Wrote {found.written:,} trials to {found.place}; {found.unchanged:,} were there already.", err=True)
    if found.left:
        typer.echo(f"{found.left:,} have not ended: export again to add them.", err=True)
