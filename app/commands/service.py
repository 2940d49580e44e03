"""`logsweep workers` and `logsweep doctor`: who trains, and whether a server is well."""

import typer

from app.commands.connection import LOCAL, AsJson, Exit, Server, connected
from app.commands.output import show_facts, show_json, show_table
from app.version import logsweep_version


def workers(server: Server = LOCAL, as_json: AsJson = False) -> None:
    """List the workers that are alive, and what each trains."""
    with connected(server) as client:
        found = list(client.workers())
    if as_json:
        show_json(found)
        return
    show_table(
        ["worker", ">training", ">slots", ">epochs/s", ">MiB", "version"],
        [
            (one.name, sum(len(held.trials) for held in one.training), one.slots, one.epochs_per_second,
             one.memory_bytes and one.memory_bytes >> 20, one.version)
            for one in found
        ],
    )  # fmt: skip  # a row as it is shown


def doctor(server: Server = LOCAL, as_json: AsJson = False) -> None:
    """Tell whether a server is well: it answers, has workers, and is of this version. Exits with 1 if not."""
    with connected(server) as client:
        ready, alive = client.readiness(), list(client.workers())
        open_sweeps = list(client.sweeps(state="running"))
    version = getattr(ready, "version", None)
    wrong = [one.no_workers for one in open_sweeps if one.no_workers is not None]
    if version is not None and version != logsweep_version():
        wrong.append(
            f"The server is of version {version}, this command of {logsweep_version()}. Upgrade the older one."
        )
    if as_json:
        show_json({"ready": ready.model_dump(mode="json"), "workers": len(alive), "wrong": wrong})
    else:
        show_facts(
            [*ready.model_dump(mode="json").items(), ("workers", len(alive)), ("running sweeps", len(open_sweeps))]
        )
        for sentence in wrong or ["Nothing is wrong."]:
            typer.echo(sentence)
    if wrong:
        raise typer.Exit(Exit.REFUSED)
