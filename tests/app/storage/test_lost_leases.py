"""Who is to blame for a lost hold, and what becomes of its run."""

import pytest
from sqlalchemy import update

from app.domain.events import WorkQueued
from app.domain.runs import Ending
from app.domain.states import SweepState
from app.domain.work import GivenBack, Lease
from app.storage import changes, leases, lost_leases, moves
from app.storage.silence import MOST_EXCUSED
from app.storage.tables import runs
from tests.app.storage.queue_world import NOW, TERM, World, completed, paused


def die(world: World, worker: str = "w1", ending: Ending = "signal") -> int:
    return lost_leases.lose_worker(world.connection, world.policy, worker, ending, "killed by signal 9", NOW)


def blame(world: World, key: int = 1) -> tuple[int, int]:
    row = world.run(key)
    return row.losses, row.alone_losses


def test_a_loss_alone_counts_as_such_and_one_in_company_does_not(world: World) -> None:
    world.add_sweep(trials=3)
    world.claim("w1", 1)
    world.claim("w2", 2)
    assert (die(world, "w1"), die(world, "w2")) == (1, 2)
    assert [blame(world, key) for key in (1, 2, 3)] == [(1, 1), (1, 0), (1, 0)]


def test_a_worker_that_loses_one_lease_of_two_was_not_alone(world: World) -> None:
    world.add_sweep(trials=2)
    late, _ = world.claim(slots=2)
    world.connection.execute(update(runs).where(runs.c.key == late.lease.run).values(lease_until=NOW - TERM))
    assert lost_leases.lose_expired(world.connection, world.policy, NOW) == {"w1": 1}
    assert blame(world, late.lease.run) == (1, 0)
    assert world.attempts(late.lease.run) == [(1, "w1", "lost", "the worker fell silent")]


def fall_silent(world: World) -> Lease:
    """Let a worker claim a run, and not be heard until its lease has run out."""
    lease = world.claim()[0].lease
    world.connection.execute(update(runs).where(runs.c.key == lease.run).values(lease_until=NOW - TERM))
    assert lost_leases.lose_expired(world.connection, world.policy, NOW) == {"w1": 1}
    return lease


def beat(world: World, lease: Lease, worker: str = "w1") -> None:
    (decision,) = leases.heartbeat(world.connection, world.policy, worker, [lease], NOW + TERM)
    assert decision.decision == "stop"


def give_back(world: World, item: GivenBack) -> None:
    (decision,) = lost_leases.release(world.connection, world.policy, "w1", [item], NOW)
    assert decision.decision == "stop"


def test_a_worker_that_is_heard_again_frees_the_run_that_it_lost_from_blame_once(world: World) -> None:
    world.add_sweep()
    for number in range(2):
        lease = fall_silent(world)
        assert blame(world) == (number + 1, number + 1)
    beat(world, lease, "w2")
    assert blame(world) == (2, 2)
    world.commit()
    beat(world, lease)
    beat(world, lease)
    assert blame(world) == (1, 1)
    assert world.attempts(1)[-1] == (2, "w1", "lost", "the worker fell silent, and came back")
    assert any(isinstance(one, WorkQueued) for one in changes.of(world.connection).events(world.connection))


def test_whoever_comes_back_takes_away_its_own_loss_and_not_that_of_a_death_after_it(world: World) -> None:
    world.add_sweep()
    silent = fall_silent(world)
    further = world.claim()[0].lease
    world.report(further, 1)
    die(world)
    beat(world, silent)
    assert blame(world) == (1, 1)


def test_a_return_from_company_excuses_no_death_alone(world: World) -> None:
    world.add_sweep(trials=2)
    late, other = world.claim(slots=2)
    world.connection.execute(update(runs).where(runs.c.key == late.lease.run).values(lease_until=NOW - TERM))
    lost_leases.lose_expired(world.connection, world.policy, NOW)
    world.finish(completed(other.lease))
    assert [one.lease.run for one in world.claim()] == [late.lease.run]
    die(world)
    assert blame(world, late.lease.run) == (2, 1)
    beat(world, late.lease)
    assert blame(world, late.lease.run) == (1, 1)


def test_late_epochs_and_results_free_a_run_from_blame_too(world: World) -> None:
    world.add_sweep()
    world.report(fall_silent(world), 1)
    assert blame(world) == (0, 0)
    assert world.finish(paused(fall_silent(world), 0.25)).outcomes[0][0] == "stale"
    assert blame(world) == (0, 0)


def test_a_worker_that_was_stopped_and_then_asked_to_end_frees_what_it_lost_meanwhile(world: World) -> None:
    world.add_sweep()
    lease = fall_silent(world)
    give_back(world, GivenBack(lease, "refused", "it cannot be trained here"))
    assert blame(world) == (1, 1)
    give_back(world, GivenBack(lease))
    assert blame(world) == (0, 0)


def test_a_run_whose_workers_fall_silent_again_and_again_is_blamed_in_the_end(world: World) -> None:
    world.add_sweep()
    for _ in range(MOST_EXCUSED + 3):
        beat(world, fall_silent(world))
    assert world.trial(0).state == "failed"


def test_a_death_is_not_excused(world: World) -> None:
    world.add_sweep()
    lease = world.claim()[0].lease
    die(world)
    beat(world, lease)
    assert blame(world) == (1, 1)


@pytest.mark.parametrize("ending", ["signal", "error", "lost", "refused", "out_of_memory"])
def test_every_end_but_the_servers_own_counts(world: World, ending: Ending) -> None:
    world.add_sweep()
    world.claim()
    die(world, ending=ending)
    assert blame(world) == (1, 1)
    assert world.attempts(1) == [(1, "w1", ending, "killed by signal 9")]


def test_released_runs_are_nobodys_fault(world: World) -> None:
    world.add_sweep()
    world.claim()
    die(world, ending="released")
    assert blame(world) == (0, 0)


def test_a_refusal_counts_and_is_told_with_its_reason(world: World) -> None:
    world.add_sweep()
    lease = world.claim()[0].lease
    given_back = GivenBack(lease, "refused", "no such data set")
    lost_leases.release(world.connection, world.policy, "w1", [given_back, given_back], NOW)
    assert blame(world) == (1, 1)
    assert world.attempts(lease.run) == [(1, "w1", "refused", "no such data set")]


def test_a_run_that_got_further_than_ever_is_free_of_blame(world: World) -> None:
    world.add_sweep()
    world.claim()
    die(world)
    lease = world.claim()[0].lease
    world.report(lease, 1)
    assert blame(world) == (0, 0)
    die(world)
    again = world.claim()[0].lease
    world.report(again, 1)
    assert blame(world) == (1, 1)
    world.report(again, 2)
    assert blame(world) == (0, 0)


def test_a_run_that_is_to_blame_too_often_fails_with_its_trial(world: World) -> None:
    world.add_sweep()
    for _ in range(3):
        world.claim()
        die(world)
    trial = world.trial(0)
    assert (trial.state, trial.reason, trial.value, trial.finished_at) == (
        "failed",
        "lost 3 times while alone",
        None,
        NOW,
    )
    assert len(world.attempts(1)) == 3
    assert not world.claim()


def test_a_lost_run_of_a_sweep_that_ends_counts_with_what_a_pause_handed_in(world: World) -> None:
    world.add_sweep(trials=2, asked=1)
    first = world.claim()[0].lease
    world.finish(paused(first, 0.25))
    moves.queue_on(world.connection, [first.run], 3, 2)
    world.claim(slots=2)
    moves.end_sweep(world.connection, world.policy, 1, SweepState.COMPLETED, "the time is up", NOW)
    die(world)
    assert [(world.trial(number).state, world.trial(number).value) for number in (0, 1)] == [
        ("completed", 0.25),
        ("cancelled", None),
    ]


def test_after_a_start_of_the_server_its_former_children_hold_nothing_and_others_have_a_fresh_term(
    world: World,
) -> None:
    world.add_sweep(trials=2)
    world.claim("local_1-a")
    world.claim("localX1-b")
    lost_leases.recover(world.connection, world.policy, "local_1-", NOW, NOW + 2 * TERM)
    assert [world.run(key).state for key in (1, 2)] == ["queued", "running"]
    assert world.run(2).lease_until == NOW + 2 * TERM
    assert blame(world) == (0, 0)
