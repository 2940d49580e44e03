"""The command line: `logsweep serve`, `work`, `demo`, `predict`, `evaluate`, `gradcheck`, `simulate` and the others."""

import gc
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from app.commands import datasets, doctor, keys, models, results, service, sweeps
from app.commands.connection import AsJson
from app.commands.models import Reading
from app.key_files import find_key
from app.logs.setup import set_up_log
from app.terminal import faults_shown
from app.trainer.blas import use_one_thread
from app.version import logsweep_version
from app.worker.health import PORT_VARIABLE
from app.worker.process import run_worker

SLOTS = 64
"""Runs that a worker trains at the same time, by default."""

SERVER, ASK, SHORT, ALONE = "Run a server", "Ask a server", "Sweeps, without the word sweep", "Without a server"
"""Parts of the list of commands."""

HELP = """Hyperparameter search that trains its own networks. Begin with `logsweep demo`, or with `logsweep serve`."""

app = typer.Typer(no_args_is_help=True, help=HELP, pretty_exceptions_enable=False)

Host = Annotated[str, typer.Option(help="The address to listen on.", envvar="LOGSWEEP_HOST")]
Port = Annotated[
    int, typer.Option(help="The port to listen on; 0 takes a free one.", min=0, max=65535, envvar="LOGSWEEP_PORT")
]
Data = Annotated[Path, typer.Option(help="The folder that holds logsweep.db.", envvar="LOGSWEEP_DATA")]
Workers = Annotated[
    int | None, typer.Option(help="Worker processes; one per core by default.", min=0, envvar="LOGSWEEP_WORKERS")
]
Slots = Annotated[
    int, typer.Option(help="Runs that one worker trains at the same time.", min=1, max=4096, envvar="LOGSWEEP_SLOTS")
]
ExitWithParent = Annotated[bool, typer.Option(help="End when standard input closes.", hidden=True)]
Certificate = Annotated[
    Path | None,
    typer.Option("--tls-certificate", help="Serve HTTPS with it: PEM.", envvar="LOGSWEEP_TLS_CERTIFICATE"),
]
TlsKey = Annotated[
    Path | None, typer.Option("--tls-key", help="Its key: PEM, without a password.", envvar="LOGSWEEP_TLS_KEY")
]
ServerCertificate = Annotated[
    Path | None, typer.Option(help="The certificate of the server: no other is trusted.", exists=True, dir_okay=False)
]
KeyFile = Annotated[
    str | None,
    typer.Option(help="A file with an access key; - is standard input.", show_default="that of LOGSWEEP_KEY_FILE"),
]
HealthPort = Annotated[
    int | None,
    typer.Option(
        help="A port of 127.0.0.1 that answers GET /healthz: is the worker's server there, and what does it train?",
        min=0,
        max=65535,
        envvar=PORT_VARIABLE,
    ),
]
Server = Annotated[str, typer.Option(help="The address of the server.", envvar="LOGSWEEP_SERVER")]


def _tell_version(asked: bool) -> None:
    if asked:
        typer.echo(f"logsweep {logsweep_version()}")
        raise typer.Exit


Version = Annotated[
    bool, typer.Option("--version", help="Show the version, and end.", callback=_tell_version, is_eager=True)
]


AnyKeyFile = Annotated[
    Path | None,
    typer.Option("--key-file", help="A file with an access key for the server.", exists=True, dir_okay=False),
]


@app.callback()
def _without_a_command(
    version: Version = False,  # noqa: ARG001 - its callback ends the process
    key_file: AnyKeyFile = None,
) -> None:
    """Take the options that are no command's own."""
    if key_file is not None:
        os.environ["LOGSWEEP_KEY_FILE"] = str(key_file)
        os.environ.pop("LOGSWEEP_KEY", None)  # which would come first


@app.command(rich_help_panel=SERVER)
def serve(  # noqa: PLR0913, PLR0917 - each is an option of the command
    host: Host = "127.0.0.1",
    port: Port = 8000,
    data: Data = Path("data"),
    workers: Workers = None,
    slots: Slots = SLOTS,
    certificate: Certificate = None,
    key: TlsKey = None,
    exit_with_parent: ExitWithParent = False,
) -> None:
    """Serve the API, with worker processes beside it."""
    with faults_shown():
        set_up_log(os.environ, sys.stderr)
    _heed_signals()
    use_one_thread(os.environ)
    gc.disable()  # until the imports are done, a tenth of whose time went into looking for garbage
    from app.http_server.tls import tls_of  # noqa: PLC0415  # the same
    from app.serve import run_server, stop_with_input  # noqa: PLC0415  # imports NumPy, which reads what was just set

    if exit_with_parent:
        stop_with_input()
    with faults_shown():
        count = workers if workers is not None else os.cpu_count() or 1
        run_server(host, port, data, count, slots, tls_of(certificate, key))


@app.command(rich_help_panel=SERVER)
def work(
    server: Server = "http://127.0.0.1:8000",
    name: Annotated[str | None, typer.Option(help="The worker's name; by default its host and process id.")] = None,
    slots: Slots = SLOTS,
    key_file: KeyFile = None,
    health_port: HealthPort = None,
    server_certificate: ServerCertificate = None,
    exit_with_parent: ExitWithParent = False,
) -> None:
    """Train for a server, until stopped."""
    with faults_shown():
        set_up_log(os.environ, sys.stderr)
        key = find_key(key_file, os.environ)
        run_worker(
            server,
            name,
            slots,
            key,
            exit_with_parent=exit_with_parent,
            health_port=health_port,
            certificate=server_certificate,
        )


@app.command(rich_help_panel=SERVER)
def demo(
    data: Data = Path("data"),
    workers: Workers = None,
    port: Port = 8000,
    leave: Annotated[bool, typer.Option(help="End after the leader board instead of serving on.")] = False,
) -> None:
    """Run the example sweep on real digits, show it live, and keep serving until Ctrl-C."""
    _heed_signals()
    from app.demo import run_demo  # noqa: PLC0415  # keeps the start of the other commands short

    with faults_shown():
        raise typer.Exit(run_demo(data, port, workers, leave=leave))


@app.command(rich_help_panel=ALONE)
def gradcheck(
    dataset: Annotated[str, typer.Argument(help="A built-in data set, or a file: CSV (also .gz), NPZ or Parquet.")],
    target: Annotated[str | None, typer.Option(help="The column of the file that is to be predicted.")] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="A hyperparameter, say hidden_units=[8,4]; again for more.")
    ] = None,
    steps: Annotated[int, typer.Option(help="Mini-batches of training before the second check.", min=0)] = 10,
    seed: Annotated[int, typer.Option(help="The seed of the network and its mini-batches.", min=0)] = 0,
    reading: Reading = None,
    as_json: AsJson = False,
) -> None:
    """Check the gradient of a network against differences of its cost; exit with 1 if there is reason to worry."""
    use_one_thread(os.environ)
    from app.gradcheck import run_gradcheck  # noqa: PLC0415  # imports NumPy, which reads the variables set above

    raise typer.Exit(run_gradcheck(dataset, target, settings or [], steps, seed, reading or (), as_json=as_json))


@app.command(rich_help_panel=ALONE)
def simulate(  # noqa: PLR0913, PLR0917 - each is an option of the command
    file: Annotated[
        Path,
        typer.Argument(help="A table or recorded curves, as docs/simulation.md says.", exists=True, dir_okay=False),
    ],
    task: Annotated[str | None, typer.Option(help="The task in the file; the first one by default.")] = None,
    sampler: Annotated[str, typer.Option(help="A kind, or JSON with its options.")] = "random",
    scheduler: Annotated[str, typer.Option(help="A kind, or JSON with its options.")] = "none",
    trials: Annotated[int, typer.Option(help="The budget of trials.", min=1, max=1_000_000)] = 100,
    epochs: Annotated[int | None, typer.Option(help="The budget of epochs, all trials together.", min=1)] = None,
    seed: Annotated[int, typer.Option(help="The seed of the sweep, and of what it sees.", min=0)] = 0,
    replicates: Annotated[int, typer.Option(help="How often each trial trains.", min=1, max=16)] = 1,
    noise: Annotated[float, typer.Option(help="Noise, as a share of median less best.", min=0.0, max=100.0)] = 0.0,
    speed: Annotated[list[float] | None, typer.Option(help="The speed of a virtual worker; again for more.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer JSON in place of a plot.")] = False,
) -> None:
    """Simulate a search on results that are known already, by the planner of the service."""
    use_one_thread(os.environ)
    from app.domain.sweeps import Budget  # noqa: PLC0415  # keeps the start of the other commands short
    from app.simulate import Asked, run_simulation  # noqa: PLC0415  # imports NumPy

    budget = Budget(trials, epochs=epochs)
    asked = Asked(task, sampler, scheduler, budget, seed, replicates, noise, speed or [1.0] * 4)
    with faults_shown():
        run_simulation(file, asked, as_text=not as_json)


@app.command(rich_help_panel=SERVER)
def backup(
    file: Annotated[Path, typer.Argument(help="The new file.", dir_okay=False)],
    data: Data = Path("data"),
    server: Annotated[
        str | None,
        typer.Option(help="The server that is running; without it no server may use --data.", envvar="LOGSWEEP_SERVER"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Copy the whole database as it is between two commits, and check the copy; a server goes on meanwhile."""
    from app.backup import run_backup  # noqa: PLC0415  # keeps the start of the other commands short

    with faults_shown():
        run_backup(file, data, server, as_json=as_json)


@app.command(rich_help_panel=SERVER)
def restore(
    file: Annotated[Path, typer.Argument(help="What logsweep backup wrote.", exists=True, dir_okay=False)],
    data: Data = Path("data"),
    as_json: AsJson = False,
) -> None:
    """Check a backup and put it into a data folder that no server uses; what was there is kept under another name."""
    from app.backup import run_restore  # noqa: PLC0415  # keeps the start of the other commands short

    with faults_shown():
        run_restore(file, data, as_json=as_json)


_OF_SWEEPS: Sequence[Callable[..., None]] = (
    sweeps.preview, sweeps.show, sweeps.why, sweeps.watch,
    sweeps.pause, sweeps.resume, sweeps.extend, sweeps.cancel, sweeps.refine,
    sweeps.delete,
    results.best, results.compare, results.export,
)  # fmt: skip  # a row for steering, one for results
_OF_SERVERS: Sequence[Callable[..., None]] = (
    datasets.upload, datasets.datasets, service.workers, doctor.doctor, models.predict, models.evaluate,
)  # fmt: skip  # a row
for _command in _OF_SERVERS:
    app.command(rich_help_panel=ASK)(_command)
app.add_typer(sweeps.commands, name="sweep", rich_help_panel=ASK)
app.add_typer(datasets.commands, name="dataset", rich_help_panel=ASK)
app.add_typer(keys.commands, name="key", rich_help_panel=SERVER)
for _command in _OF_SWEEPS:
    app.command(rich_help_panel=SHORT)(_command)
app.command("list", rich_help_panel=SHORT)(sweeps.list_sweeps)


def _heed_signals() -> None:
    """Let SIGTERM, and a terminal that closes, end a command as Ctrl-C does: the database is one file again."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    hangup = getattr(signal, "SIGHUP", None)  # Windows has none
    if hangup is not None and signal.getsignal(hangup) is not signal.SIG_IGN:  # nohup ignores it
        signal.signal(hangup, lambda *_: signal.raise_signal(signal.SIGTERM))


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()
