"""Real tables, uploaded as they are, swept and compared: `python -m benchmarks.real_tables FOLDER [NAME...]`."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from benchmarks.real_tables.catalogue import TABLES, RealTable
from benchmarks.real_tables.files import content
from benchmarks.real_tables.reading import compared, independent
from benchmarks.real_tables.rival import rival_error
from benchmarks.service import Service, running_service
from benchmarks.spread import show_table
from engine.data import Dataset

HEADER = ("table", "said", "rows", "inputs", "task", "as pandas reads it", "notes", "test error", "scikit-learn")
TRIALS = 10
_LARGE = 10_000
_SPACE = {"learning_rate": {"kind": "float", "low": 1e-4, "high": 1e-1, "scale": "log"}}


def main() -> None:
    """Print the table, row by row as they are ready."""
    if len(sys.argv) < 2:
        sys.exit("Say where the folder with tabular/ is: python -m benchmarks.real_tables FOLDER [NAME...]")
    folder, names = Path(sys.argv[1]), set(sys.argv[2:])
    print(show_table(HEADER, []), flush=True)
    with running_service(workers=2) as service:
        for table in TABLES:
            if not names or table.name in names:
                for row in _rows(service, table, content(table, folder)):
                    print(f"| {' | '.join(row)} |", flush=True)


def _rows(service: Service, table: RealTable, raw: bytes) -> Iterator[tuple[str, ...]]:
    response = _upload(service, table, raw)
    said = ", ".join(table.said)
    if response.is_error:
        faults = "; ".join(error["detail"] for error in response.json()["errors"]) or response.json()["detail"]
        yield (table.name, said, "refused", "", "", "", faults.replace("|", "\\|"), "", "")
        return
    answer = response.json()
    dataset = Dataset.from_bytes(service.client.get(f"/v1/datasets/{answer['name']}/content").content)
    equal, others = compared(dataset, independent(table, raw))
    rows = "/".join(str(answer["rows"][part]) for part in ("train", "dev", "test"))
    read = f"{equal} of {equal + len(others)}" + (f" (not {', '.join(others)})" if others else "")
    errors = (f"{error:.4g}" for error in _errors(service, answer["name"], dataset))
    yield (table.name, said, rows, str(answer["features"]), dataset.task, read, _notes(answer), *errors)


def _errors(service: Service, name: str, dataset: Dataset) -> tuple[float, float]:
    """Sweep the data set; return the test errors of its best trial, and of scikit-learn with the same settings."""
    large = len(dataset.y_train) > _LARGE
    fixed = {"hidden_units": [64], "batch_size": 128 if large else 32, "epochs": 5 if large else 60}
    body = {
        "dataset": name,
        "seed": 1,
        "space": _SPACE,
        "fixed": {**fixed, "initializer": "glorot"},
        "budget": {"trials": TRIALS},
    }
    sweep, _ = service.run_sweep(body)
    best = service.get(f"/v1/sweeps/{sweep['id']}/best")["metrics"]
    ours: float = best["test_rmse" if dataset.task == "regression" else "test_error"]
    return ours, rival_error(dataset, service.trials(sweep["id"]), fixed)


def _upload(service: Service, table: RealTable, raw: bytes) -> httpx.Response:
    form = {"name": table.name, "target": table.target, **table.said}
    return service.client.post("/v1/datasets", data=form, files={"file": (table.path.rpartition("/")[2], raw)})


def _notes(answer: dict[str, Any]) -> str:
    said = [f"{note['code']}: {', '.join(note['columns'][:3])}".rstrip(": ") for note in answer["card"]["notes"]]
    return "; ".join(said).replace("|", "\\|")


if __name__ == "__main__":
    main()
