"""Which queued runs a worker gets, and in which order."""

from typing import Any

from sqlalchemy import update

from app.domain.queue import Standing, SuspectCase
from app.domain.work import CheckpointRef, GivenBack
from app.storage import lost_leases, moves
from app.storage.tables import runs, sweeps
from tests.app.storage.queue_world import NOW, TERM, World, paused, statements
from tests.app.storage.simple_policy import SimplePolicy

CHECKPOINT = CheckpointRef(1, "aa" * 32, 5)


def numbers(world: World, worker: str = "w1", slots: int = 9, **how: Any) -> list[int]:
    return [one.trial for one in world.claim(worker, slots, **how)]


def make_suspects(world: World, *keys: int) -> None:
    world.connection.execute(update(runs).where(runs.c.key.in_(keys)).values(losses=2))


def test_runs_of_the_oldest_sweep_go_first(world: World) -> None:
    world.add_sweep("swp_2", 1)
    world.add_sweep("swp_1", 1)
    assert [one.sweep for one in world.claim(slots=2)] == ["swp_1", "swp_2"]


def test_sweeps_are_asked_by_turns_and_what_they_do_not_have_the_oldest_gives(world: World) -> None:
    policy = world.policy = SimplePolicy([1, 2])
    world.add_sweep("swp_1", 9)
    world.add_sweep("swp_2", 1)
    assert [one.sweep for one in world.claim(slots=4)] == ["swp_1"] * 3 + ["swp_2"]
    assert policy.asked_turns == [(4, [Standing(10, 0, 0), Standing(10, 0, 0)])]


def test_a_sweep_that_gave_all_it_had_is_not_asked_again_in_the_same_claim(world: World) -> None:
    world.policy = SimplePolicy([2, 2])
    world.add_sweep("swp_1", 1)
    world.add_sweep("swp_2", 9)
    with statements(world) as seen:
        assert [one.sweep for one in world.claim(slots=4)] == ["swp_1"] + ["swp_2"] * 3
    assert sum("PARTITION BY" in statement for statement in seen) == 3


def test_a_turn_is_by_what_is_held_of_a_sweep_and_by_whom(world: World) -> None:
    policy = world.policy = SimplePolicy()
    world.add_sweep("swp_1", 9)
    world.claim("w1", 2)
    world.claim("w2", 3)
    world.add_sweep("swp_2", 9)
    world.connection.execute(update(sweeps).where(sweeps.c.id == "swp_2").values(priority=20))
    world.claim("w1", 4)
    assert policy.asked_turns[-1] == (2, [Standing(10, 5, 2), Standing(20, 0, 0)])


def test_cohorts_in_training_go_first_and_then_the_fullest(world: World) -> None:
    world.add_sweep(trials=5, cohorts=("a", "b", "b", "c", "b"))
    assert numbers(world, slots=5, cohorts=["c"]) == [3, 1, 2, 4, 0]


def test_a_worker_gets_back_first_what_it_trained_before(world: World) -> None:
    world.add_sweep(trials=3)
    mine = world.claim("w1", 3)[2].lease
    world.finish(paused(mine))
    lost_leases.lose_expired(world.connection, world.policy, NOW + 2 * TERM)
    world.connection.execute(update(runs).where(runs.c.key != mine.run).values(worker="w2"))
    assert numbers(world, "w1", 1) == [2]


def test_what_another_worker_may_have_parked_goes_last_unless_there_is_a_checkpoint(world: World) -> None:
    world.add_sweep(trials=3)
    parked, stored, untouched = (one.lease for one in world.claim("w1", 3))
    world.report(stored, 1, checkpoint=CHECKPOINT)
    world.finish(paused(parked), paused(stored))
    lost_leases.release(world.connection, world.policy, "w1", [GivenBack(untouched)], NOW)
    assert numbers(world, "w2", 3) == [1, 2, 0]


def test_what_a_worker_lost_or_refused_is_nobodys_and_waits_no_longer_than_the_others(world: World) -> None:
    world.add_sweep(trials=4, asked=4)
    lost, released, refused = (one.lease for one in world.claim("w1", 3))
    for lease in (lost, released, refused):
        world.report(lease, 1)
    given_back = [GivenBack(released), GivenBack(refused, "refused", "no such data set")]
    lost_leases.release(world.connection, world.policy, "w1", given_back, NOW)
    lost_leases.lose_expired(world.connection, world.policy, NOW + 2 * TERM)
    assert [world.run(lease.run).worker for lease in (lost, released, refused)] == [None, None, None]
    assert numbers(world, "w2") == [0, 1, 2, 3]


def test_what_was_parked_at_a_worker_that_died_waits_no_longer_than_the_others(world: World) -> None:
    world.add_sweep(trials=3, asked=1)
    leases = [claimed.lease for claimed in world.claim(slots=2)]
    world.finish(*(paused(lease) for lease in leases))
    moves.queue_on(world.connection, [leases[0].run], 2, 2)
    lost_leases.lose_worker(world.connection, world.policy, "w1", "signal", "killed", NOW)
    moves.queue_on(world.connection, [leases[1].run], 2, 2)
    assert numbers(world, "w2") == [0, 1, 2]


def test_only_sweeps_of_the_workers_trainer_and_of_rules_that_it_knows_are_looked_at(world: World) -> None:
    world.add_sweep("swp_1", trainer="other")
    world.add_sweep("swp_2", rules=2)
    assert world.claim() == []
    assert [one.sweep for one in world.grant(trainer="other").claimed] == ["swp_1"]
    assert [one.sweep for one in world.grant(rules=2).claimed] == ["swp_2"]


def test_a_suspect_is_given_alone_to_empty_hands_and_nothing_is_added_to_it(world: World) -> None:
    world.add_sweep(trials=3)
    make_suspects(world, 1, 2)
    assert numbers(world) == [2]
    assert numbers(world) == []
    assert numbers(world, "w2") == [0]
    assert numbers(world, "w2") == []
    assert numbers(world, "w3") == [1]


def test_suspects_of_one_sweep_do_not_hold_up_the_next(world: World) -> None:
    world.add_sweep("swp_1", 1)
    world.add_sweep("swp_2", 2)
    make_suspects(world, 1)
    (held,) = world.claim("w1", 1)
    assert held.sweep == "swp_1"
    assert {one.sweep for one in world.claim("w2", 2)} == {"swp_2"}


def test_a_suspect_behind_other_runs_leaves_the_turns_of_sweeps_as_they_are(world: World) -> None:
    world.policy = SimplePolicy([1, 1])
    world.add_sweep("swp_1", 3)
    make_suspects(world, 1)
    world.add_sweep("swp_2", 3)
    assert [one.sweep for one in world.claim(slots=2)] == ["swp_1", "swp_2"]


def test_the_policy_is_told_whose_hands_are_full_and_who_tries_a_suspect(world: World) -> None:
    cases: list[SuspectCase] = []

    class Noting(SimplePolicy):
        def suspect_turn(self, case: SuspectCase) -> Any:
            cases.append(case)
            return super().suspect_turn(case)

    world.policy = Noting()
    world.add_sweep(trials=5)
    make_suspects(world, 1)
    assert numbers(world, "w1", 1, live=4) == [1]
    assert numbers(world, "w2", 2, live=4) == [2, 3]
    assert numbers(world, "w3", 1, live=4) == [4]
    make_suspects(world, 5)
    world.claim("w2", 3, live=4)
    # w3 holds a suspect, and w1 comes before w2; the fourth worker, who holds nothing, does not count.
    assert cases == [SuspectCase(hands=2, trying=1, live_workers=4, first=False)]


def test_the_answer_tells_what_still_waits_in_the_sweeps_that_were_looked_at(world: World) -> None:
    world.add_sweep("swp_1", 3)
    world.add_sweep("swp_2", 1)
    assert world.grant(slots=2).waiting == {"swp_1": 1}
    assert world.grant("w2", slots=2).waiting == {"swp_1": 0, "swp_2": 0}


def test_a_claim_is_a_few_statements_however_many_runs_it_gives(world: World) -> None:
    world.add_sweep(trials=600)
    with statements(world) as few:
        world.claim("w1", 1)
    with statements(world) as many:
        world.claim("w2", 500)
    assert len(few) == len(many) + 1  # the first one starts the sweep


def test_the_queue_is_looked_up_without_reading_the_runs_that_have_ended(world: World) -> None:
    world.add_sweep(trials=50)
    world.connection.execute(update(sweeps).values(started_at=NOW))
    with statements(world) as seen:
        world.claim("w1", 5, cohorts=["c0"])
    driver: Any = world.connection.connection.driver_connection
    assert len(seen) > 8
    for statement in seen:
        for *_, detail in driver.execute(f"EXPLAIN QUERY PLAN {statement}"):
            assert "ix_runs_sweep_key_trial_replicate" not in detail
            assert "SCAN stored_runs" not in detail or "ix_runs_held" in detail
