"""Tests of the one module that changes states."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, select, update

from app.domain.states import TRIAL_MOVES, TrialState
from app.storage import FILE, Storage, moves
from app.storage.connect import writing_engine
from app.storage.tables import trials
from tests.app.storage.world import START, SWEEP, add_sweep, drawn

Move = Callable[[Connection], object]

MOVES: dict[TrialState, Move] = {
    TrialState.RUNNING: lambda connection: moves.start_trials(connection, SWEEP, [0], START),
    TrialState.QUEUED: lambda connection: moves.requeue_trials(connection, SWEEP, [0]),
    TrialState.FAILED: lambda connection: moves.fail_trials(connection, SWEEP, [0], "why", START),
    TrialState.COMPLETED: lambda connection: moves.record_results(
        connection,
        TrialState.COMPLETED,
        [{"sweep_id": SWEEP, "number": 0, "epochs": 1, "seconds": 0.5}],
    ),
}


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    storage = Storage(tmp_path)
    add_sweep(storage, drawn(0, 1))
    storage.close()
    return writing_engine(tmp_path / FILE)


@pytest.mark.parametrize("source", list(TrialState))
@pytest.mark.parametrize("target", list(MOVES))
def test_a_trial_moves_along_the_table_and_nowhere_else(engine: Engine, source: TrialState, target: TrialState) -> None:
    with engine.connect() as connection, connection.begin():
        connection.execute(update(trials).values(state=source.value))
        if target in TRIAL_MOVES.get(source, ()):
            MOVES[target](connection)
            assert connection.scalar(select(trials.c.state)) == target
        else:
            with pytest.raises(moves.IllegalMove, match=f"0 of 1 trials could move to {target}"):
                MOVES[target](connection)
            assert connection.scalar(select(trials.c.state)) == source
    engine.dispose()
