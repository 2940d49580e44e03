"""Tests of the deletion of sweeps in pieces."""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app.domain.ensembles import ChosenEnsemble, Member
from app.domain.errors import NotFound
from app.domain.plan import Draw, Inheritance
from app.storage import FILE, SqliteStorage, Storage, deletion
from app.storage.access_tables import counted_sweeps
from app.storage.connect import writing_engine
from app.storage.tables import (
    artifacts,
    attempts,
    cohorts,
    decisions,
    ensembles,
    epochs,
    histories,
    lineage,
    metadata,
    models,
    replicate_metrics,
    rung_values,
    runs,
    sweep_counts,
    sweeps,
    trials,
)
from tests.app.storage.simple_policy import SimplePolicy
from tests.app.storage.world import SWEEP, add_sweep, claim, drawn, finish, make

OF_SWEEPS = (
    attempts,
    cohorts,
    counted_sweeps,
    decisions,
    ensembles,
    epochs,
    histories,
    lineage,
    models,
    replicate_metrics,
    rung_values,
    runs,
    sweep_counts,
    sweeps,
    trials,
)


def add_heir(storage: Storage) -> None:
    """Draw a trial that goes on from another one."""
    (heir,) = drawn(5, 1)
    assert make(storage, Draw([replace(heir, inherits=Inheritance(0, 2))], 2, "drawn"))


OF_SWP_2 = ("sweeps", "counted_sweeps", "sweep_counts", "stored_trials", "stored_runs", "cohorts")
"""The tables that have a row of the sweep that stays."""


def test_a_deletion_that_was_interrupted_goes_on_piece_by_piece(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deletion, "ROWS", 2)
    monkeypatch.setattr(deletion, "EPOCHS", 6)
    storage = SqliteStorage(tmp_path, SimplePolicy())
    add_sweep(storage, drawn(0, 5), budget=6, round_=1)
    add_heir(storage)
    add_sweep(storage, drawn(0, 1), sweep="swp_2")
    for item in claim(storage, slots=4).claimed:
        finish(storage, item.lease, 0.25, bytes([item.trial]))
    storage.cancel_sweep(SWEEP, keep=False, now=storage.sweep(SWEEP).created_at)
    storage.store_ensemble(SWEEP, "greedy", "00ff", ChosenEnsemble([Member(0, 1)], 4, 10, {}))
    storage.close()
    engine = writing_engine(tmp_path / FILE)
    with engine.connect() as connection, connection.begin():
        deletion.begin(connection, SWEEP)
        assert deletion.go_on(connection)
    storage = SqliteStorage(tmp_path, SimplePolicy())
    with pytest.raises(NotFound):
        storage.sweep(SWEEP)
    for _ in range(30):
        storage.clear_artifacts(storage.sweep("swp_2").created_at)
    storage.close()
    with engine.connect() as connection, connection.begin():
        left = {table.name: connection.scalar(select(func.count()).select_from(table)) for table in OF_SWEEPS}
        assert not deletion.go_on(connection)
        assert connection.scalar(select(func.count()).select_from(artifacts)) == 1  # the content of swp_2
    engine.dispose()
    assert left == {table.name: 0 for table in OF_SWEEPS} | dict.fromkeys(OF_SWP_2, 1)


def test_every_table_that_belongs_to_a_sweep_is_emptied() -> None:
    of_nobody = {"artifacts", "artifact_pieces", "datasets", "metric_slots"}
    of_requests = {"idempotency_keys", "access_keys", "worker_owners"}
    assert {table.name for table in OF_SWEEPS} == set(metadata.tables) - of_nobody - of_requests
