"""Data sets for the service: uploads and built-ins prepared once, as content that its hash names."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.domain.datasets import Task
from app.domain.errors import Fault, InvalidRequest, pointer
from engine.data import NAMES, Dataset, TableError, load_builtin, prepare, read_csv, read_npz

NPZ_TARGET = "y"
_ZIP = b"PK\x03\x04"
_TASKS = ("classification", "regression")


@dataclass(frozen=True, slots=True)
class PreparedDataset:
    """A data set ready to be stored: `content` is what workers fetch, and `sha256` its hash in hex.

    `rows` counts the rows of train, dev and test; `features` are the inputs of a network, `outputs` its outputs.
    """

    content: bytes
    sha256: str
    task: Task
    rows: Mapping[str, int]
    features: int
    outputs: int
    card: Mapping[str, object]


def prepare_upload(
    filename: str,
    content: bytes,
    *,
    target: str | None,
    task: str | None,
    categorical: Sequence[str],
    split_seed: int,
    max_table_bytes: int,
) -> PreparedDataset:
    """Read and prepare an uploaded file. Raises InvalidRequest with every fault found."""
    npz = filename.lower().endswith(".npz")
    faults = [*_file_faults(filename, content, npz=npz), *_form_faults(target, task, categorical, npz=npz)]
    if faults:
        raise InvalidRequest(faults)
    try:
        if npz:
            table = read_npz(content, max_bytes=max_table_bytes)
        else:
            table = read_csv(content, max_bytes=max_table_bytes, target=target, categorical=categorical)
        column = target or NPZ_TARGET
        return _stored(prepare(table, target=column, task=task, seed=split_seed, max_bytes=max_table_bytes))
    except TableError as error:
        raise InvalidRequest([Fault(pointer(fault.about), fault.detail) for fault in error.faults]) from None


def _file_faults(filename: str, content: bytes, *, npz: bool) -> list[Fault]:
    """Return what is wrong with the name of the file."""
    name = filename[:120]
    if not npz and not filename.lower().endswith((".csv", ".csv.gz")):
        return [Fault("/file", f'The file name "{name}" does not say what it is. Use .csv, .csv.gz or .npz.')]
    zipped = content.startswith(_ZIP)
    if zipped and not npz:
        way = "Save a spreadsheet as CSV, or give an NPZ file the ending .npz."
        return [Fault("/file", f'The file "{name}" is not CSV but a zip archive by its content. {way}')]
    if npz and not zipped:
        way = "Write it with numpy.savez, or give it the ending .csv."
        return [Fault("/file", f'The file "{name}" is not an NPZ file by its content. {way}')]
    return []


def _form_faults(target: str | None, task: str | None, categorical: Sequence[str], *, npz: bool) -> list[Fault]:
    """Return what is wrong with what is said of the file."""
    faults = []
    if not npz and not target:
        faults.append(Fault("/target", "The target is missing: name the column that the networks are to predict."))
    if npz and target not in (None, NPZ_TARGET):
        detail = f'The target "{target}" is not possible: in an NPZ file it is "{NPZ_TARGET}". Leave it out.'
        faults.append(Fault("/target", detail))
    if npz and categorical:
        detail = f"An NPZ file has no categorical columns, but {', '.join(categorical)} was named. Leave it out."
        faults.append(Fault("/categorical", detail))
    if task not in (None, *_TASKS):
        faults.append(Fault("/task", f'The task "{task}" is not known: it must be one of {", ".join(_TASKS)}.'))
    return faults


def builtin_names() -> tuple[str, ...]:
    """Return the names of the data sets that come with logsweep."""
    return NAMES


def prepare_builtin(name: str) -> PreparedDataset:
    """Prepare a data set that comes with logsweep."""
    return _stored(load_builtin(name))


def load(content: bytes) -> Dataset:
    """Return the data set of a stored content."""
    return Dataset.from_bytes(content)


def _stored(dataset: Dataset) -> PreparedDataset:
    content = dataset.to_bytes()
    split: Mapping[str, Any] = dataset.card["split"]
    return PreparedDataset(
        content=content,
        sha256=hashlib.sha256(content).hexdigest(),
        task=dataset.task,
        rows=split["rows"],
        features=dataset.x_train.shape[1],
        outputs=len(dataset.classes) if dataset.task == "multiclass" else 1,
        card=dataset.card,
    )
