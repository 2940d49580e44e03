"""Tests of how much work a snapshot is: for a plain random sweep as much with many trials as with few."""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert, select, update

from app.domain.plan import Need, Snapshot
from app.domain.values import key
from app.storage import FILE, SqliteStorage, records, snapshots
from app.storage.connect import writing_engine
from app.storage.tables import runs, sweep_counts, sweeps, trials
from app.storage.taken_points import TakenPoints
from tests.app.storage.simple_policy import SimplePolicy
from tests.app.storage.world import HORIZON, START, SWEEP, create, spec

WAITING = 8


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    """Return connections to a storage with one sweep without trials."""
    storage = SqliteStorage(tmp_path, SimplePolicy())
    create(storage, spec(1_000_000))
    storage.close()
    return writing_engine(tmp_path / FILE)


def grow(engine: Engine, first: int, end: int) -> None:
    """Store trials as if they had been trained, the last few of which wait."""
    finished, waiting = {"state": "completed", "value": 0.5}, {"state": "queued", "value": None}
    with engine.connect() as connection, connection.begin():
        key = connection.execute(select(sweeps.c.key)).scalar_one()
        connection.execute(update(sweeps).values(drawn=end, started_at=START))
        connection.execute(update(sweep_counts).values(best_trial=0, best_value=0.5))
        for table in (trials, runs):
            connection.execute(update(table).where(table.c.state == "queued").values(finished))
        states = [finished if number < end - WAITING else waiting for number in range(first, end)]
        trial = {"sweep_key": key, "params": {"l2": 0.5}, "epochs": 4, "seconds": 1.0, "replicates": 1}
        run = {"sweep_key": key, "replicate": 0, "round": 0, "cohort": 0, "asked": 4, "charged": 4, "epochs": 4}
        run |= {"fence": 1, "losses": 0, "alone_losses": 0, "seconds": 1.0}
        connection.execute(
            insert(trials),
            [{**trial, **state, "number": n, "created_at": START} for n, state in enumerate(states, first)],
        )
        connection.execute(insert(runs), [{**run, **state, "trial": n} for n, state in enumerate(states, first)])


def steps(engine: Engine, points: TakenPoints | None = None) -> tuple[Snapshot, int]:
    """Return a snapshot and how many instructions of SQLite's machine it took."""
    count = 0

    def step() -> int:
        nonlocal count
        count += 1
        return 0

    with engine.connect() as connection, connection.begin():
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.set_progress_handler(step, 1)
        taken = snapshots.take(connection, SWEEP, Need.NOTHING, HORIZON, points or TakenPoints())
        driver.set_progress_handler(None, 1)
    return taken, count


def lease_all(engine: Engine) -> None:
    """Let a worker hold every run that waits."""
    with engine.connect() as connection, connection.begin():
        held = {"state": "running", "worker": "w", "leased_at": START, "lease_until": START}
        connection.execute(update(runs).where(runs.c.state == "queued").values(held))


def end_all(engine: Engine) -> None:
    """Complete every run that is open, and its trial."""
    ended = {"state": "completed", "value": 0.5}
    with engine.connect() as connection, connection.begin():
        connection.execute(update(runs).where(runs.c.state != "completed").values({**ended, "lease_until": None}))
        connection.execute(update(trials).where(trials.c.state != "completed").values(ended))


def test_the_snapshot_of_a_random_sweep_is_as_much_work_with_many_trials_as_with_few(engine: Engine) -> None:
    grow(engine, 0, 100)
    few, before = steps(engine)
    grow(engine, 100, 20_000)
    many, after = steps(engine)
    assert (few.drawn, few.waiting, few.best_cost) == (100, WAITING, 0.5)
    assert (many.drawn, many.waiting, many.best_cost) == (20_000, WAITING, 0.5)
    assert 0 < after <= before * 1.1
    engine.dispose()


def test_points_that_were_shown_are_not_read_again(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(update(sweeps).values(spec=records.spec_to_json(replace(spec(9), duplicates="skip"))))
    grow(engine, 0, 5_000)
    points = TakenPoints()
    _, whole = steps(engine, points)
    grow(engine, 5_000, 5_010)
    shown, further = steps(engine, points)
    assert shown.taken == {key({"l2": 0.5}): 0}
    assert further * 20 < whole
    engine.dispose()


@pytest.mark.parametrize("held", [True, False])
def test_so_it_is_where_no_run_waits(engine: Engine, *, held: bool) -> None:
    """The last runs of the sweep are in training, or all have ended."""
    sizes = []
    for first, end in ((0, 100), (100, 20_000)):
        grow(engine, first, end)
        if held:
            lease_all(engine)
        else:
            end_all(engine)
        snapshot, size = steps(engine)
        assert (snapshot.waiting, snapshot.in_training) == (0, held)
        end_all(engine)
        sizes.append(size)
    assert 0 < sizes[1] <= sizes[0] * 1.1
    engine.dispose()
