"""`logsweep predict` and `logsweep evaluate`: with the model of a file, or with one of a server."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from pydantic import TypeAdapter

from app.commands.connection import LOCAL, AsJson, Server, connected
from app.commands.output import show_json
from app.domain.predictions import PredictedRows
from app.terminal import faults_shown, show_notes, tell, tell_rows
from app.trainer.blas import use_one_thread

Reading = Annotated[
    list[str] | None,
    typer.Option("--read", help="How the file is written, as a field of an upload: separator=tab; again for more."),
]
Files = Annotated[
    list[Path],
    typer.Argument(
        metavar="[MODEL] ROWS",
        help="A model file (NPZ or safetensors), unless --sweep says whose model it is; then the rows: CSV or other "
        "text, also .gz. What is scored may be an NPZ, too.",
        exists=True,
        dir_okay=False,
    ),
]
Sweep = Annotated[str | None, typer.Option("--sweep", help="Take a model of this sweep, from a server.")]
Trial = Annotated[int | None, typer.Option(help="Of the sweep, this trial's model in place of the best one's.", min=0)]
OfEnsemble = Annotated[bool, typer.Option("--ensemble", help="Of the sweep, the ensemble of its models.")]


def predict(
    files: Files,
    sweep: Sweep = None,
    trial: Trial = None,
    ensemble: OfEnsemble = False,
    reading: Reading = None,
    server: Server = LOCAL,
    as_json: AsJson = False,
) -> None:
    """Predict rows with a model; the answer is CSV. Columns that the model does not read are passed over."""
    model, rows = _model_and_rows(files, sweep, trial, server, ensemble=ensemble)
    use_one_thread(os.environ)
    from app.models.files import predict_file  # noqa: PLC0415  # imports NumPy, which reads the variables set above

    with faults_shown():
        found = predict_file(model, rows.read_bytes(), reading or ())
    if as_json:
        show_json(TypeAdapter(PredictedRows).dump_python(found.as_rows(), mode="json", exclude_none=True))
        return
    show_notes(found.notes)
    tell_rows(found.as_csv())


def evaluate(
    files: Files,
    sweep: Sweep = None,
    trial: Trial = None,
    ensemble: OfEnsemble = False,
    reading: Reading = None,
    server: Server = LOCAL,
    as_json: AsJson = False,
) -> None:
    """Score a model on rows whose targets are known; the answer is CSV: a metric and its value in each line."""
    model, rows = _model_and_rows(files, sweep, trial, server, ensemble=ensemble)
    use_one_thread(os.environ)
    from app.models.evaluation import evaluate_files  # noqa: PLC0415  # imports NumPy

    with faults_shown():
        found = evaluate_files(model, rows.read_bytes(), reading or ())
    if as_json:
        show_json(found)
        return
    show_notes(found.notes)
    for name, value in {"metric": "value", "rows": found.rows, **found.metrics}.items():
        typer.echo(f"{name},{'' if value is None else value}")


def _model_and_rows(
    files: Sequence[Path], sweep: str | None, trial: int | None, server: str, *, ensemble: bool
) -> tuple[bytes, Path]:
    """Return the model's file and the path of the rows. Ends with 2 where they do not go together."""
    if sweep is None:
        if trial is not None or ensemble:
            raise typer.BadParameter("--trial and --ensemble choose of a sweep's models: say whose with --sweep.")
        if len(files) != 2:
            raise typer.BadParameter("Say the model file and the rows, or say whose model it is with --sweep.")
        return files[0].read_bytes(), files[1]
    if len(files) != 1:
        raise typer.BadParameter("With --sweep the model is the server's: say the file of rows alone.")
    if trial is not None and ensemble:
        raise typer.BadParameter("Take one of the two: --trial or --ensemble.")
    return _fetched(sweep, trial, server, ensemble=ensemble), files[0]


def _fetched(sweep: str, trial: int | None, server: str, *, ensemble: bool) -> bytes:
    # The model comes here, and not the rows there: of any size, read in any way, to the bits of a file's answers.
    with connected(server) as client:
        found = client.get_sweep(sweep)
        model = found.ensemble() if ensemble else found.model(trial)
        tell(f"The model is {model.name}.")
        return model.fetch()
