"""How long it takes until a run whose worker was killed is held by another one."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from datetime import datetime
from itertools import pairwise
from pathlib import Path

_HOLDS = "SELECT run_key, worker, started_at, ending FROM attempts ORDER BY run_key, fence"


def recovery_seconds(database: Path, killed: Mapping[str, float]) -> list[float]:
    """Return for each run that a killed worker held the seconds from the worker's death to the run's next hold."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as db:
        holds = db.execute(_HOLDS).fetchall()
    return [
        datetime.fromisoformat(started).timestamp() - killed[worker]
        for (run, worker, _, ending), (again, _, started, _) in pairwise(holds)
        if run == again and ending in {"lost", "signal"} and worker in killed
    ]
