"""`logsweep sweep`: start sweeps, look at them, steer them."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.commands.completion import known_sweeps
from app.commands.connection import LOCAL, AsJson, Exit, Server, connected
from app.commands.figures import figure
from app.commands.output import show_facts, show_json, show_line, show_table
from app.domain.texts import visible
from app.terminal import tell

if TYPE_CHECKING:
    from logsweep import Sweep
    from logsweep.answers.sweeps import SweepAnswer

commands = typer.Typer(no_args_is_help=True, help="Start sweeps, look at them, steer them.")

Id = Annotated[
    str,
    typer.Argument(
        metavar="SWEEP", help="The id of a sweep, as `logsweep sweep list` shows it.", autocompletion=known_sweeps
    ),
]
File = Annotated[str, typer.Argument(help="The request: JSON, YAML or TOML; - reads it from standard input.")]


@commands.command()
def submit(
    file: File,
    name: Annotated[str | None, typer.Option(help="Another name than that in the file.")] = None,
    trials: Annotated[int | None, typer.Option(help="Another budget of trials.", min=1)] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Follow it to its end.")] = False,
    server: Server = LOCAL,
    as_json: AsJson = False,
) -> None:
    """Start a sweep."""
    from app.commands.request_files import read_request  # noqa: PLC0415  # keeps the start of other commands short

    request = read_request(file)
    request |= {"name": name} if name is not None else {}
    if trials is not None:
        request["budget"] = {**(request.get("budget") or {}), "trials": trials}
    with connected(server) as client:
        sweep = client.sweep(request)
        if wait:
            sweep.wait(progress=not as_json)
        _tell(sweep, as_json=as_json)


@commands.command()
def preview(file: File, server: Server = LOCAL, as_json: AsJson = False) -> None:
    """Show what a request would draw: spread of its parameters, structures, largest network; start nothing."""
    from app.commands.request_files import read_request  # noqa: PLC0415  # keeps the start of other commands short

    request = read_request(file)
    with connected(server) as client:
        found = client.preview(request)
    if as_json:
        show_json(found)
        return
    told: dict[str, Any] = found.model_dump(mode="json")
    columns = ["parameter", "scale", ">drawn in", "from", "to"]
    rows = [
        (
            name,
            about.get("scale") or "choices",
            f"{about['active']:.0%}",
            figure(bins[0]["low"]),
            figure(bins[-1]["high"]),
        )
        for name, about in told["parameters"].items()
        if (bins := about["bins"])
    ]
    show_table(columns, rows)
    others = {name: value for name, value in told.items() if name not in {"parameters", "seed"}}
    show_facts(list(others.items()))


@commands.command("list")
def list_sweeps(
    state: Annotated[str | None, typer.Option(help="Only sweeps in this state.")] = None,
    tag: Annotated[str | None, typer.Option(help="Only sweeps with this tag.")] = None,
    name: Annotated[str | None, typer.Option(help="Only sweeps with this in their name.")] = None,
    server: Server = LOCAL,
    as_json: AsJson = False,
) -> None:
    """List sweeps, newest first."""
    with connected(server) as client:
        found = list(client.sweeps(state=state, tag=tag, name=name))  # type: ignore[arg-type] # the server judges
    if as_json:
        show_json(found)
        return
    show_table(
        ["!sweep", "name", "!state", "!trials", "best", "data set"],
        [(one.id, one.name, one.state, f"{one.done}/{one.budget['trials']}", _best(one), one.dataset) for one in found],
    )


def _best(sweep: "SweepAnswer") -> str | None:
    return None if sweep.best is None else f"{figure(sweep.best.value)} {sweep.objective['metric']}"


@commands.command()
def show(sweep: Id, server: Server = LOCAL, as_json: AsJson = False) -> None:
    """Show a sweep."""
    with connected(server) as client:
        _tell(client.get_sweep(sweep), as_json=as_json)


@commands.command()
def why(sweep: Id, server: Server = LOCAL, as_json: AsJson = False) -> None:
    """Tell why a sweep has not finished, or why it ended."""
    with connected(server) as client:
        found = client.get_sweep(sweep).why()
    if as_json:
        show_json(found)
        return
    for reason in found.reasons:
        tell(reason.detail, err=False)
    if found.expected_end is not None:
        typer.echo(f"If it goes on like this, it ends at about {found.expected_end:%Y-%m-%d %H:%M:%S} UTC.")


@commands.command()
def watch(sweep: Id, server: Server = LOCAL, as_json: AsJson = False) -> None:
    """Follow a sweep live until it ends or is paused: progress, curves of the best trials, leader board.

    With --json a line for each look. Exits with 0 if it completed, else with 4.
    """
    from app.commands.watching import watched  # noqa: PLC0415  # keeps other commands short

    with connected(server) as client:
        found = client.get_sweep(sweep)
        if as_json:
            found.wait(progress=show_line)
        else:
            watched(found)
    if found.now.state != "completed":
        tell(f"The sweep is {found.now.state}: {found.now.reason or 'someone paused it'}.")
        raise typer.Exit(Exit.NOT_COMPLETED)


@commands.command()
def pause(sweep: Id, server: Server = LOCAL, as_json: AsJson = False) -> None:
    """Pause a sweep; what trains stops at an epoch's end."""
    with connected(server) as client:
        found = client.get_sweep(sweep)
        found.pause()
        _tell(found, as_json=as_json)


@commands.command()
def resume(sweep: Id, server: Server = LOCAL, as_json: AsJson = False) -> None:
    """Let a paused sweep go on."""
    with connected(server) as client:
        found = client.get_sweep(sweep)
        found.resume()
        _tell(found, as_json=as_json)


@commands.command()
def extend(
    sweep: Id,
    trials: Annotated[int | None, typer.Option(help="Trials to add.", min=1)] = None,
    epochs: Annotated[int | None, typer.Option(help="Epochs to add.", min=1)] = None,
    seconds: Annotated[float | None, typer.Option(help="Seconds to add.", min=0.0)] = None,
    server: Server = LOCAL,
    as_json: AsJson = False,
) -> None:
    """Add to the budget of a sweep; a completed one goes on."""
    if trials is epochs is seconds is None:
        raise typer.BadParameter("Say what to add: --trials, --epochs or --seconds.")
    with connected(server) as client:
        found = client.get_sweep(sweep)
        _require_limits(found, trials=trials, epochs=epochs, seconds=seconds)
        found.extend(trials, epochs=epochs, seconds=seconds)
        _tell(found, as_json=as_json)


@commands.command()
def cancel(
    sweep: Id,
    keep: Annotated[bool, typer.Option("--keep", help="Complete what has a result with its best epoch.")] = False,
    server: Server = LOCAL,
    as_json: AsJson = False,
) -> None:
    """Cancel a sweep and its open trials."""
    with connected(server) as client:
        found = client.get_sweep(sweep)
        found.cancel(keep=keep)
        _tell(found, as_json=as_json)


@commands.command()
def refine(
    sweep: Id,
    name: Annotated[str | None, typer.Option(help="The name of the next sweep.")] = None,
    trials: Annotated[int | None, typer.Option(help="Its budget of trials.", min=1)] = None,
    server: Server = LOCAL,
    as_json: AsJson = False,
) -> None:
    """Start the next sweep, in the space that this one suggests and with it as history."""
    with connected(server) as client:
        budget = None if trials is None else {"trials": trials}
        _tell(client.get_sweep(sweep).refine(name=name, budget=budget), as_json=as_json)


@commands.command()
def delete(
    sweep: Id,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    server: Server = LOCAL,
    as_json: AsJson = False,
) -> None:
    """Delete a sweep that has ended, with its trials, curves and models."""
    with connected(server) as client:
        found = client.get_sweep(sweep)
        if not yes:
            named = visible(found.now.name or sweep)
            typer.confirm(f"Delete {named} with all its trials and models?", abort=True, err=True)
        found.delete()
    if as_json:
        show_json({"deleted": found.id})


def _require_limits(sweep: "Sweep", **more: float | None) -> None:
    """End the command with 1 where something is to be added to a limit that the budget does not have."""
    without = [part for part, one in more.items() if one is not None and sweep.now.budget.get(part) is None]
    if without:
        tell(
            f"The budget of {sweep.id} has no limit of {' and '.join(without)}, so that there is nothing to add to: it "
            "goes on without one. PATCH /v1/sweeps/{id} sets one."
        )
        raise typer.Exit(Exit.REFUSED)


def _tell(sweep: "Sweep", *, as_json: bool) -> None:
    """Show how a sweep stands."""
    now = sweep.now
    if as_json:
        show_json(now)
        return
    best = None if now.best is None else f"{now.best.value:.4g} (trial {now.best.trial}: {figure(now.best.params)})"
    show_facts(
        [
            ("sweep", now.id),
            ("name", now.name),
            ("state", now.state if now.reason is None else f"{now.state}: {now.reason}"),
            ("data set", now.dataset),
            ("trials", {state: count for state, count in now.counts.items() if count}),
            (f"best {now.objective['metric']}", best),
            ("used", now.used.model_dump()),
            ("dashboard", f"{sweep.url}/#/sweeps/{now.id}"),
        ]
    )
    if now.no_workers is not None:
        tell(now.no_workers)
