"""The files that simulations read: tables in the form of FCNet's, recorded curves in that of LCBench's."""

import json
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.domain.errors import Fault, InvalidRequest
from app.simulation.tasks import Curves, Table, Task

Arrays = Mapping[str, NDArray[np.generic]]

_BROKEN = (
    OSError, EOFError, ValueError, TypeError, LookupError, MemoryError, RecursionError, NotImplementedError,
    struct.error, zipfile.BadZipFile, zlib.error,
)  # fmt: skip
"""What NumPy and the zip archive raise where a file is cut, changed or another one."""

_CURVES = ("val_accuracy_x500", "configs", "config_columns", "dataset")


def read_tasks(path: Path) -> list[Task]:
    """Return the tasks of an NPZ file of either form, in its order. Raises InvalidRequest."""
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except _BROKEN as error:
        raise _refused(path, f"is no NPZ file that can be read: {error}") from None
    try:
        return _tasks(path, arrays)
    except (ValueError, TypeError, LookupError) as error:
        raise _refused(path, f"has arrays of other kinds or shapes than tasks have: {error}") from None


def _tasks(path: Path, arrays: Arrays) -> list[Task]:
    if set(_CURVES) <= arrays.keys():
        return list(_curves(path, arrays))
    axes = path.with_name(f"{path.stem}_axes.json")
    if not axes.is_file():
        arrays_needed = ", ".join(_CURVES)
        raise _refused(path, f"has neither the arrays of recorded curves ({arrays_needed}) nor {axes.name} beside it")
    return list(_tables(path, axes, arrays))


def task_named(tasks: list[Task], name: str | None) -> Task:
    """Return the task of that name, or the first one. Raises InvalidRequest."""
    found = [task for task in tasks if name in {None, task.name}]
    if not found:
        raise InvalidRequest([Fault("/task", f'There is no task "{name}". There are: {", ".join(_names(tasks))}.')])
    return found[0]


def _names(tasks: list[Task]) -> list[str]:
    return [task.name for task in tasks]


def _tables(path: Path, beside: Path, arrays: Arrays) -> Iterator[Task]:
    """Yield the tables: each array but those of seconds and sizes, whose names have two underscores."""
    try:
        said = json.loads(beside.read_text())
        axes, maximized = (
            {str(name): list(values) for name, values in said["axes"]},
            said.get("direction") == "maximize",
        )
    except (OSError, ValueError, LookupError, TypeError, RecursionError) as error:
        raise _refused(beside, f"does not name the axes as [[name, [value, ...]], ...]: {error!r}") from None
    shape, sign = tuple(map(len, axes.values())), -1.0 if maximized else 1.0
    for name in (name for name in arrays if "__" not in name):
        costs = arrays[name].astype(np.float64)
        if costs.shape[:-1] != shape or not np.isfinite(costs).all():
            raise _refused(path, f'has a table "{name}" of shape {costs.shape}: it must be {(*shape, "seeds")}, finite')
        seconds = arrays.get(f"{name}__train_time", np.ones_like(costs)).astype(np.float64)
        yield Table(name, axes, sign * costs, seconds)


def _curves(path: Path, arrays: Arrays) -> Iterator[Task]:
    """Yield the recorded curves of each data set: costs are errors from 0 to 1."""
    errors = 1.0 - arrays["val_accuracy_x500"].astype(np.float64) / 50_000.0
    configs, columns = arrays["configs"].astype(np.float64), [str(name) for name in arrays["config_columns"]]
    expected = (len(arrays["dataset"]), len(configs))
    if errors.ndim != 3 or errors.shape[:2] != expected or configs.shape[1:] != (len(columns),):
        rule = f"it must be {(*expected, 'epochs')}, and configs {(len(configs), len(columns))}"
        raise _refused(path, f"has curves of shape {errors.shape} and configs of {configs.shape}: {rule}")
    ends = _seconds(arrays, errors.shape)
    for place, name in enumerate(arrays["dataset"]):
        yield Curves(str(name), columns, configs, errors[place], ends[place])


def _seconds(arrays: Arrays, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Return the seconds of each epoch: the file has those from the start to its end."""
    if "time_log1p_x4096" not in arrays:
        return np.ones(shape)
    ends = np.expm1(arrays["time_log1p_x4096"].astype(np.float64) / 4096.0)
    return np.maximum(np.diff(ends, axis=2, prepend=0.0), 0.0)


def _refused(path: Path, why: str) -> InvalidRequest:
    return InvalidRequest([Fault("/file", f"{path} {why}.")])
