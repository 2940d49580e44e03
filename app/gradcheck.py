"""`logsweep gradcheck`: the gradient check of a network on a built-in data set or a file, as a table to read."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from app.contract.hyperparameters import fixed_data_faults, plain
from app.domain.errors import Fault, InvalidRequest
from app.domain.uploads import SentFile, SentFiles, UploadForm, read_reading
from app.preparation.datasets import PreparedDataset, builtin_names, prepare_builtin
from app.preparation.uploads import prepare_upload
from app.settings import read_settings
from app.terminal import notes_of, show_notes, tell
from app.trainer.gradient_check import MOST_STEPS, GradientCheck, check_gradients, fixed_faults, work_faults


def run_gradcheck(  # each is an option of the command
    dataset: str,
    target: str | None,
    settings: Sequence[str],
    steps: int,
    seed: int,
    reading: Sequence[str] = (),
    *,
    as_json: bool = False,
) -> int:
    """Check and show; return the exit code: 0, or 1 for a reason to worry, or 2 for faults."""
    fixed, faults = read_fixed(settings)
    try:
        prepared = _prepared(dataset, target, reading)
        faults += work_faults(fixed, steps, prepared.features, prepared.outputs)
        faults += fixed_data_faults(fixed, prepared.card)
    except InvalidRequest as error:
        faults += error.faults
    if steps > MOST_STEPS:
        faults.append(Fault("/steps", f"The number of steps is {steps:,}; at most {MOST_STEPS:,} are possible."))
    if faults:
        for fault in faults:
            tell(fault.detail)
        return 2
    show_notes(notes_of(prepared.card))
    checks = check_gradients(prepared.content, fixed, seed, steps)
    if as_json:
        from app.api.gradient_checks import GradientCheckAnswer  # noqa: PLC0415  # keeps the table's start short

        typer.echo(GradientCheckAnswer.of(checks).model_dump_json(indent=2))
    else:
        _show_all(checks)
    return int(any(check.verdict == "worry" for check in checks))


def read_fixed(settings: Sequence[str]) -> tuple[dict[str, Any], list[Fault]]:
    """Return the hyperparameters of settings "name=value", and what is wrong; a value is JSON, or else a word."""
    fixed, faults = dict[str, Any](), list[Fault]()
    for text in settings:
        name, equals, value = text.partition("=")
        if not name or not equals:
            detail = f'"{text}" is not a setting: write name=value, for example --set hidden_units=[8,4].'
            faults.append(Fault("/fixed", detail))
            continue
        try:
            fixed[name] = plain(name, json.loads(value))
        except (ValueError, RecursionError):
            fixed[name] = value
    return fixed, [*faults, *fixed_faults(fixed)]


def _prepared(dataset: str, target: str | None, reading: Sequence[str]) -> PreparedDataset:
    """Return the data set of a name or of a file. Raises InvalidRequest."""
    if dataset in builtin_names():
        return prepare_builtin(dataset)
    path = Path(dataset)
    try:
        content = path.read_bytes()
    except OSError as error:
        names = ", ".join(builtin_names())
        detail = f'"{dataset}" is neither a built-in data set ({names}) nor a file that can be read: {error.strerror}.'
        raise InvalidRequest([Fault("/dataset", detail)]) from None
    files, form = SentFiles(SentFile(path.name, content)), UploadForm(path.name, target, **read_reading(reading))
    return prepare_upload(files, form, max_table_bytes=read_settings().max_table_bytes)


def _show_all(checks: Sequence[GradientCheck]) -> None:
    for check in checks:
        _show(Console(highlight=False), check)


def _show(console: Console, check: GradientCheck) -> None:
    """Print a check: the verdict in a sentence, then its worst components."""
    when = f"After {check.steps} steps" if check.steps else "At the start"
    console.print(f"\n{when}: [bold]{check.verdict}[/bold], ratio {check.ratio:.1e}, cost {check.cost:.6g}")
    for line in _remarks(check):
        console.print(f"  {line}")
    table = Table("parameter", box=box.SIMPLE_HEAD, title="Components that add most to the ratio", title_justify="left")
    for heading in ("analytic", "numeric", "difference"):
        table.add_column(heading, justify="right")
    for one in check.worst:
        place = f"{one.parameter}{list(one.index)}"
        table.add_row(place, f"{one.analytic:.9g}", f"{one.numeric:.9g}", f"{one.difference:.1e}")
    if check.worst:
        console.print(table)


def _remarks(check: GradientCheck) -> Iterator[str]:
    """Yield what to know about a verdict."""
    yield f"{check.checked:,} of {check.total:,} components checked, on {check.examples} examples"
    if check.kinks:
        yield f"{check.kinks:,} left out: the cost has a kink there, and so no slope"
    meanings: Mapping[str, str] = {
        "great": "the gradient is right (a ratio below 1e-6)",
        "look": "look at the components below: rough data or a tiny gradient, or a small mistake (1e-6 to 1e-4)",
        "worry": "the gradient is wrong, or training diverged (a ratio of 1e-4 or more)",
    }
    yield meanings[check.verdict]
