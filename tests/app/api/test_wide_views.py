"""The views without joins show what the API tells, with a column for each hyperparameter that there is."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.app.api.serving import Json, Trainer, start, sweep_body, when_ended


def asked(folder: Path, sql: str) -> list[Json]:
    database = sqlite3.connect(f"file:{folder / 'logsweep.db'}?mode=ro", uri=True)
    database.row_factory = sqlite3.Row
    try:
        return [dict(row) for row in database.execute(sql)]
    finally:
        database.close()


def columns(folder: Path) -> Sequence[str]:
    return [row["name"] for row in asked(folder, "PRAGMA table_info(trials_wide)")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The data folder of the server that `client` talks to."""
    return tmp_path


def test_a_row_has_what_the_list_tells(folder: Path, client: httpx.Client, trainer: Trainer) -> None:
    sweep = start(client, name="wide")["id"]
    trainer.train_everything([0.5, 0.25, None])
    when_ended(client, sweep)
    rows = asked(folder, "SELECT * FROM trials_wide ORDER BY number")
    listed = client.get(f"/v1/sweeps/{sweep}/trials").json()["items"]
    assert len(rows) == len(listed) > 0
    for row, trial in zip(rows, listed, strict=True):
        assert (row["sweep"], row["sweep_name"], row["number"]) == (sweep, "wide", trial["number"])
        assert row["learning_rate"] == trial["params"]["learning_rate"]
        assert row["param_epochs"] == trial["all_params"]["epochs"]
        assert row["value"] == trial["value"]
        assert all(row[name] == value for name, value in trial["metrics"].items())


def test_curves_have_every_epoch(folder: Path, client: httpx.Client, trainer: Trainer) -> None:
    sweep = start(client)["id"]
    trainer.train_everything([0.5])
    when_ended(client, sweep)
    rows = asked(folder, "SELECT * FROM curves WHERE trial = 1 ORDER BY epoch")
    curve = client.get(f"/v1/sweeps/{sweep}/trials/1/curve").json()["items"]
    assert [row["train_loss"] for row in rows] == [one["train_loss"] for one in curve]


def test_a_hyperparameter_has_its_column_as_soon_as_a_sweep_has_it(folder: Path, client: httpx.Client) -> None:
    first = start(client)["id"]
    assert "momentum_like" not in columns(folder)
    foreign = {
        "trainer": "external",
        "metrics": {"loss": "minimize"},
        "objective": {"metric": "loss"},
        "steps": 3,
        "space": {
            "momentum_like": {"kind": "float", "low": 0.0, "high": 1.0},
            "Seconds": {"kind": "int", "low": 1, "high": 9},
        },
        "budget": {"trials": 2},
    }
    answer = client.post("/v1/sweeps", json=foreign)
    assert answer.status_code == 201, answer.text
    assert {"momentum_like", "param_seconds", "learning_rate"} <= set(columns(folder))
    space: dict[str, Any] = {**sweep_body()["space"], "l2": {"kind": "float", "low": 1e-6, "high": 1.0, "scale": "log"}}
    assert client.patch(f"/v1/sweeps/{first}", json={"space": space}).status_code == 200
    assert "l2" in columns(folder)
