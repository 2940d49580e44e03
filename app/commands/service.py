"""`logsweep workers`: who trains for a server."""

from app.commands.connection import LOCAL, AsJson, Server, connected
from app.commands.output import show_json, show_table


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
