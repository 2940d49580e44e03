"""Tables of a folder as data sets of a server, each random split under a name of its own."""

from pathlib import Path

from benchmarks.accuracy.tables import read_table
from benchmarks.service import Service

_LARGE = 10_000


def table_path(folder: Path, name: str) -> Path:
    """Return where a table is."""
    return folder / "tabular" / f"{name}.csv.gz"


def is_large(path: Path) -> bool:
    """Return whether a table has so many rows that fewer epochs and larger batches are enough."""
    return len(read_table(path)) > _LARGE


def upload(service: Service, path: Path, split: str, seed: int) -> str:
    """Upload one random split of a table; return the name of the data set."""
    form = {
        "name": f"{path.name.removesuffix('.csv.gz')}-{seed}",
        "target": "target",
        "split": split,
        "split_seed": str(seed),
    }
    files = {"file": (path.name, path.read_bytes())}
    service.client.post("/v1/datasets", data=form, files=files, timeout=120.0).raise_for_status()
    return form["name"]
