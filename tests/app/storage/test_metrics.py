"""Tests of the slots of metrics: what is stored comes back to the bit, and has its name in SQL."""

import struct
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Row, insert, select, text

from app.domain.work import Epoch, Metrics, Result
from app.storage import SqliteStorage, metrics
from app.storage.tables import TRIAL_SLOTS, metric_slots, replicate_metrics
from tests.app.storage.queue_world import World, completed, queue_world
from tests.app.storage.world import START, add_sweep, claim_one, drawn

finite = st.floats(allow_nan=False, allow_infinity=False)
NAMES = [f"{part}_{number}" for number in range(20) for part in ("dev", "auc")]
measured = st.dictionaries(st.sampled_from(NAMES), st.none() | finite)


def bits(found: Mapping[str, float | None]) -> dict[str, bytes | None]:
    return {name: None if value is None else struct.pack("<d", value) for name, value in found.items()}


def rows(connection: Connection, query: str) -> Sequence[Row[*tuple[object, ...]]]:
    return connection.execute(text(query)).all()


def stored(connection: Connection, one: Metrics) -> Row[*tuple[object, ...]]:
    (row,) = metrics.slots_for(connection, "trials", [one]).rows([one])
    connection.execute(replicate_metrics.delete())
    connection.execute(insert(replicate_metrics).values(run_key=1, **row))
    return connection.execute(select(replicate_metrics)).one()


@settings(max_examples=20)
@given(several=st.lists(measured | st.just({"dev_0": -0.0}), min_size=4, max_size=12))
def test_metrics_come_back_to_the_bit_and_what_was_not_measured_does_not(several: list[Metrics]) -> None:
    with queue_world() as world:
        world.add_sweep()
        for one in several:
            row = stored(world.connection, one)
            assert bits(metrics.slots(world.connection, "trials").metrics(row)) == bits(one)


def test_names_get_slots_as_they_appear_and_keep_them(world: World) -> None:
    metrics.slots_for(world.connection, "epochs", [{"dev_b": 1.0}, {"dev_a": None, "dev_b": 1.0}])
    metrics.slots_for(world.connection, "epochs", [{"test_c": 1.0, "dev_a": 2.0}])
    metrics.slots_for(world.connection, "trials", [{"test_c": 1.0}])
    assert world.connection.execute(select(metric_slots).order_by("holder", "number")).all() == [
        ("epochs", 0, "dev_b"),
        ("epochs", 1, "dev_a"),
        ("epochs", 2, "test_c"),
        ("trials", 0, "test_c"),
    ]


def test_names_of_foreign_trainers_take_no_slot_from_those_to_come(world: World) -> None:
    world.add_sweep()
    one: Metrics = {"auc": 0.5, "dev_error": 0.25, "größe in MB": None}
    row = stored(world.connection, one)
    assert row.other_metrics == {"auc": 0.5, "größe in MB": None}
    assert world.connection.execute(select(metric_slots.c.name)).scalars().all() == ["dev_error"]
    assert metrics.slots(world.connection, "trials").metrics(row) == one


def test_what_finds_no_free_slot_goes_by_name(world: World) -> None:
    world.add_sweep()
    many: Metrics = {f"dev_{number}": number / 3 for number in range(TRIAL_SLOTS + 2)}
    row = stored(world.connection, many)
    assert row.other_metrics == {f"dev_{number}": number / 3 for number in (TRIAL_SLOTS, TRIAL_SLOTS + 1)}
    known = metrics.slots(world.connection, "trials")
    assert known.metrics(row) == many
    assert (known.column("dev_3"), known.column(f"dev_{TRIAL_SLOTS}")) == ("m3", None)


def test_the_only_run_of_a_trial_repeats_nothing_and_replicates_have_theirs(world: World) -> None:
    world.add_sweep("swp_1")
    world.add_sweep("swp_2", replicates=2)
    leases = [one.lease for one in world.claim(slots=3)]
    for lease, value in zip(leases, (0.5, 0.25, 0.75), strict=True):
        world.finish(completed(lease, value))
    kept = world.connection.execute(select(replicate_metrics.c.run_key)).scalars().all()
    assert kept == [lease.run for lease in leases[1:]]
    found = metrics.of_runs(world.connection, [lease.run for lease in leases])
    assert [found[lease.run] for lease in leases] == [{"dev_error": value} for value in (0.5, 0.25, 0.75)]
    assert world.metrics(0, 2) == {"dev_error": 0.25}  # as this policy says


def test_a_name_of_a_job_that_was_taken_back_has_no_slot(storage: SqliteStorage) -> None:
    def named(connection: Connection) -> None:
        metrics.slots_for(connection, "trials", [{"dev_gone": 1.0}])
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        storage.write(named)
    storage.write(lambda connection: metrics.slots_for(connection, "trials", [{"dev_here": 1.0}]))
    names = storage.read(lambda connection: connection.execute(select(metric_slots.c.name)).scalars().all())
    assert names == ["dev_here"]


def test_views_show_metrics_by_name_times_as_text_and_cohorts_by_name(storage: SqliteStorage) -> None:
    add_sweep(storage, drawn(0, 1, ["c7"]))
    lease = claim_one(storage).lease
    curve = [Epoch(1, {"dev_auc": 0.1, "dev_error": None}, 0.5)]
    storage.finish("w1", [Result(lease, "completed", {"dev_auc": 1 / 3}, 1, 1, 0.5, "done", curve)], [], START)
    queries = {
        "trials": "SELECT number, dev_auc, started_at FROM trials",
        "runs": "SELECT trial, cohort, dev_auc, leased_at FROM runs",
        "epochs": "SELECT epoch, dev_auc, dev_error, undefined_metrics FROM epochs",
        "attempts": "SELECT fence, started_at FROM attempts",
    }
    found = {name: storage.read(rows, query) for name, query in queries.items()}
    time = "2026-01-02T03:04:05.678901Z"
    assert found == {
        "trials": [(0, 1 / 3, time)],
        "runs": [(0, "c7", 1 / 3, None)],
        "epochs": [(1, 0.1, None, 2)],
        "attempts": [(1, time)],
    }
