"""Statements that are compiled once answer as those that SQLAlchemy makes each time, and fail as they do."""

import pytest
from sqlalchemy import bindparam, select, update
from sqlalchemy.exc import OperationalError

from app.storage.dialect import among
from app.storage.queries import Query
from app.storage.tables import runs, sweeps, trials
from tests.app.storage.queue_world import NOW, World


def test_rows_have_the_columns_as_attributes_in_the_form_that_the_table_declares(world: World) -> None:
    world.add_sweep(trials=3)
    statement = select(trials.c.number, trials.c.params, trials.c.created_at.label("born")).order_by(trials.c.number)
    rows = Query(statement.where(trials.c.sweep_key == bindparam("sweep"))).rows(world.connection, sweep=1)
    assert [(row.number, row.params, row.born) for row in rows] == [(n, {"l2": n / 64}, NOW) for n in range(3)]


@pytest.mark.parametrize("numbers", [[], [1], [2, 0, 7, 2]])
def test_a_list_of_any_length_is_one_parameter(world: World, numbers: list[int]) -> None:
    world.add_sweep(trials=3)
    query = Query(select(trials.c.number).where(among(trials.c.number, "numbers")).order_by(trials.c.number))
    assert [row.number for row in query.rows(world.connection, numbers=numbers)] == sorted({0, 1, 2} & set(numbers))


def test_a_change_answers_with_the_rows_that_it_changed(world: World) -> None:
    world.add_sweep(trials=3)
    change = update(runs).where(runs.c.trial > bindparam("above")).values(worker=bindparam("by")).returning(runs.c.key)
    assert len(Query(change).rows(world.connection, above=0, by="w7")) == 2
    assert [world.run(key).worker for key in (1, 2, 3)] == [None, "w7", "w7"]


def test_an_error_of_the_driver_is_one_of_sqlalchemy(world: World) -> None:
    world.connection.exec_driver_sql("ALTER TABLE sweeps RENAME COLUMN notes TO remarks")
    with pytest.raises(OperationalError, match="notes"):
        Query(select(sweeps.c.notes)).rows(world.connection)
