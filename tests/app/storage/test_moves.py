"""Runs, trials and sweeps change their states together, and never against the rules."""

import pytest
from sqlalchemy import update

from app.domain.states import SweepState, TrialState
from app.storage import moves
from app.storage.moves import IllegalMove
from app.storage.outcomes import follow_runs
from app.storage.tables import runs
from tests.app.storage.queue_world import NOW, TERM, World, completed, paused

REASON = "the time is up"


def end(world: World, target: SweepState = SweepState.COMPLETED) -> bool:
    return moves.end_sweep(world.connection, world.policy, 1, target, REASON, NOW)


def states(world: World, count: int) -> list[str]:
    return [world.trial(number).state for number in range(count)]


def test_a_run_that_is_not_queued_cannot_start(world: World) -> None:
    world.add_sweep(trials=2)
    (claimed,) = world.claim()
    with pytest.raises(IllegalMove, match="1 of 2 could move to running"):
        moves.start_runs(world.connection, [1, 2], "w2", NOW, NOW + TERM)
    assert claimed.lease.run == 1


def test_only_a_held_run_can_come_to_an_end_by_its_worker(world: World) -> None:
    world.add_sweep()
    with pytest.raises(IllegalMove):
        moves.end_holds(world.connection, [{"key": 1, "state": "completed"}])


def test_only_a_paused_run_can_be_pruned_or_go_on(world: World) -> None:
    world.add_sweep()
    with pytest.raises(IllegalMove):
        moves.prune(world.connection, {1: "worse"})
    with pytest.raises(IllegalMove):
        moves.queue_on(world.connection, [1], 9, 1)


def test_what_goes_on_is_charged_for_the_epochs_that_are_new(world: World) -> None:
    world.add_sweep(asked=2)
    world.finish(paused(world.claim()[0].lease, epochs=2))
    assert moves.queue_on(world.connection, [1], 6, 2) == {(1, 0)}
    row = world.run(1)
    assert (row.state, row.asked, row.charged, row.round) == ("queued", 6, 6, 2)


def test_a_pruned_run_keeps_its_best_epoch_as_the_result(world: World) -> None:
    world.add_sweep(asked=2)
    world.finish(paused(world.claim()[0].lease, 0.25, epochs=2))
    moves.prune(world.connection, {1: "worse than others"})
    follow_runs(world.connection, world.policy, [(1, 0)], NOW)
    trial = world.trial(0)
    assert (trial.state, trial.value, trial.reason) == ("pruned", 0.25, "worse than others")
    assert trial.finished_at == NOW


def test_the_end_of_a_sweep_completes_what_paused_and_cancels_what_never_started(world: World) -> None:
    world.add_sweep(trials=3, asked=1)
    world.finish(*(paused(one.lease) for one in world.claim(slots=2)))
    moves.queue_on(world.connection, [2], 5, 2)
    assert end(world)
    assert states(world, 3) == ["completed", "completed", "cancelled"]
    assert (world.sweep().state, world.sweep().finished_at, world.sweep().ending) == ("completed", NOW, None)
    assert world.trial(0).reason == REASON


def test_an_end_awaits_what_is_in_training(world: World) -> None:
    world.add_sweep(trials=2)
    lease = world.claim()[0].lease
    assert not end(world)
    sweep = world.sweep()
    assert (sweep.state, sweep.ending, sweep.reason, sweep.finished_at) == ("running", "completed", REASON, None)
    assert states(world, 2) == ["running", "cancelled"]
    world.finish(completed(lease))
    assert end(world)
    assert world.sweep().state == "completed"


def test_a_paused_sweep_that_awaits_its_end_runs_again_for_it(world: World) -> None:
    world.add_sweep()
    world.claim()
    assert moves.move_sweep(world.connection, 1, SweepState.PAUSED, {})
    assert not end(world, SweepState.CANCELLED)
    assert (world.sweep().state, world.sweep().ending) == ("running", "cancelled")


def test_a_sweep_that_has_ended_cannot_end_again(world: World) -> None:
    world.add_sweep()
    assert end(world)
    with pytest.raises(IllegalMove):
        end(world)
    assert not moves.cancel_sweep(world.connection, world.policy, 1, "late", NOW)
    assert not moves.move_sweep(world.connection, 1, SweepState.PAUSED, {})


def test_to_cancel_ends_all_holds_and_leaves_no_value(world: World) -> None:
    world.add_sweep(trials=3, asked=1)
    held, other = (one.lease for one in world.claim(slots=2))
    world.finish(paused(other))
    assert moves.cancel_sweep(world.connection, world.policy, 1, "on request", NOW)
    assert states(world, 3) == ["cancelled"] * 3
    assert world.trial(1).value is None
    assert world.attempts(held.run) == [(1, "w1", "released", "on request")]
    assert world.run(held.run).lease_until is None


def test_what_was_interrupted_is_queued_again_and_what_awaits_a_plan_is_not(world: World) -> None:
    world.add_sweep(trials=2, asked=2)
    short, whole = (one.lease for one in world.claim(slots=2))
    moves.move_sweep(world.connection, 1, SweepState.PAUSED, {})
    world.finish(paused(short, epochs=1), paused(whole, epochs=2))
    assert moves.queue_interrupted(world.connection, 1) == {(1, 0)}
    assert [world.run(key).state for key in (1, 2)] == ["queued", "paused"]


def test_a_final_trial_keeps_its_state_while_late_replicates_change_the_rest(world: World) -> None:
    world.add_sweep(replicates=2)
    world.connection.execute(update(runs).where(runs.c.replicate == 0).values(state="diverged"))
    assert follow_runs(world.connection, world.policy, {(1, 0)}, NOW) == {(1, 0): None}
    world.finish(completed(world.claim()[0].lease))
    trial = world.trial(0)
    assert (TrialState(trial.state), trial.epochs) == (TrialState.DIVERGED, 2)
