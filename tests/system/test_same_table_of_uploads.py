"""Uploads whose inputs are not held as float32 give the same table of trials, curves and weights on any workers."""

import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.data import Dataset
from engine.training_set import SMALL
from tests.system.processes import ServerProcess, WorkerProcess, finish, post_sweep, running
from tests.system.tables import result_tables

Files = Mapping[str, tuple[str, str | bytes]]

# Under batch norm a rest of 1 joins the batch of 64 before it; one of 57 or 53 stays beside batches of 100.
SWEEP: dict[str, Any] = {
    "name": "uploads",
    "seed": 3,
    "space": {
        "learning_rate": {"kind": "float", "low": 1e-4, "high": 1e-1, "scale": "log"},
        "batch_norm": {"kind": "choice", "values": [False, True]},
        "batch_size": {"kind": "choice", "values": [64, 100]},
        "optimizer": {"kind": "choice", "values": ["momentum", "adam"]},
        "keep_prob": {"kind": "choice", "values": [1.0, 0.8]},
    },
    "fixed": {"hidden_units": [6], "epochs": 2},
    "budget": {"trials": 12},
}


def serial_numbers(rows: int) -> str:
    """Return rows whose target follows from numbers that float32 would merge, and from others that it holds."""
    rng = np.random.default_rng(rows)
    places, near = rng.integers(0, 40, rows), rng.normal(size=rows)
    y = np.abs(places - 20) + near
    return "serial,near,y\n" + "".join(f"{10**9 + i},{a},{b}\n" for i, a, b in zip(places, near, y, strict=True))


def doubles() -> Files:
    """Three files with a column that stays in float64 until it is normalised."""
    rows = {"file": 257, "dev_file": 65, "test_file": 33}
    return {field: (f"{field}.csv", serial_numbers(count)) for field, count in rows.items()}


def images() -> Files:
    """Bytes whose training part is too large to be held as numbers; dev and test are not."""
    rng = np.random.default_rng(5)
    arrays: dict[str, Any] = {}
    for part, rows in {"train": 10_753, "dev": 65, "test": 33}.items():
        y = rng.integers(0, 2, rows, np.uint8)
        arrays |= {f"x_{part}": rng.integers(0, 200, (rows, 28, 28), np.uint8) + 20 * y[:, None, None], f"y_{part}": y}
    file = io.BytesIO()
    np.savez(file, **arrays)
    return {"file": ("images.npz", file.getvalue())}


def is_double(data: Dataset) -> bool:
    return data.doubles is not None and data.doubles.train.shape == (257, 1)


def stays_bytes(data: Dataset) -> bool:
    return data.x_train.dtype == np.uint8 and data.x_train.size * np.dtype(np.float32).itemsize > SMALL


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ServerProcess, Path]]:
    """A server without workers, and its data folder."""
    data = tmp_path_factory.mktemp("uploads") / "data"
    process = ServerProcess(data)
    with running(process):
        yield process, data


@pytest.mark.parametrize(("files", "held"), [(doubles, is_double), (images, stays_bytes)])
def test_two_workers_leave_the_table_of_one_that_trains_one_at_a_time(
    server: tuple[ServerProcess, Path], files: Any, held: Any
) -> None:
    process, data = server
    name = files.__name__
    answer = process.client.post("/v1/datasets", data={"name": name, "target": "y"}, files=files())
    assert answer.status_code == 201, answer.text
    assert held(Dataset.from_bytes(process.client.get(f"/v1/datasets/{name}/content").content))

    tables = []
    for workers, slots in ((1, 1), (2, 8)):
        with running(*(WorkerProcess(process.address, f"{name}-{number}", slots) for number in range(workers))):
            sweep = post_sweep(process.client, {**SWEEP, "dataset": name})
            assert finish(process.client, sweep)["state"] == "completed"
        tables.append(result_tables(data, sweep))

    alone, together = tables
    params = [json.loads(row[2]) for row in alone["trials"]]
    assert len({(one["batch_norm"], one["batch_size"]) for one in params}) == 4
    assert [len(alone["trials"]), len(alone["epochs"]), len(alone["models"])] == [12, 24, 12]
    assert together == alone
