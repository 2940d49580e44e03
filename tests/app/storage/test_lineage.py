"""What trials go on from is found from them on, however many others their sweep has."""

from typing import Any

from app.storage import lineage
from tests.app.storage.queue_world import World, statements


def test_what_trials_go_on_from_is_looked_up_without_reading_all_of_their_sweep(world: World) -> None:
    world.add_sweep(trials=5)
    with statements(world) as seen:
        lineage.ancestors(world.connection, 1, [0, 1])
        lineage.checkpoints(world.connection, 1, [0, 1])
    driver: Any = world.connection.connection.driver_connection
    steps = [detail for one in seen for *_, detail in driver.execute(f"EXPLAIN QUERY PLAN {one}")]
    assert sum("SEARCH stored_" in step for step in steps) == len(seen) == 2
    assert [step for step in steps if "SCAN stored_" in step or "(sweep_key=?)" in step] == []
