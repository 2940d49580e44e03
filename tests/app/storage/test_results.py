"""What is stored of results, and what their senders are told."""

from dataclasses import replace

import pytest
from sqlalchemy import select, update

from app.domain.runs import Attempt
from app.domain.states import SweepState
from app.domain.work import CheckpointRef, Diverged, Lease, ModelRef, Progress, Result
from app.storage import attempts as attempt_rows
from app.storage import lost_leases, moves, results
from app.storage.tables import attempts, runs
from tests.app.storage.queue_world import NOW, World, completed, hash_of, paused, point, points

CHECKPOINT = CheckpointRef(2, "bb" * 32, 5)


def test_progress_and_a_result_of_the_same_run_count_together(world: World) -> None:
    world.add_sweep(asked=3)
    lease = world.claim()[0].lease
    item = Result(lease, "completed", {"dev_error": 0.5}, 1, 3, 0.5, "done", points(3))
    progress = [Progress(lease, points(1, 2), CHECKPOINT)]
    recorded = results.finish(world.connection, world.policy, "w1", [item], progress, NOW)
    assert recorded.outcomes == [("recorded", None)]
    assert world.epochs(1) == [1, 2, 3]
    assert world.checkpoint() == (2, CHECKPOINT.sha256)


def test_epochs_that_come_again_the_same_leave_no_note(world: World) -> None:
    world.add_sweep()
    world.report(world.claim()[0].lease, 1)
    world.lose()
    again = world.claim("w2")[0].lease
    world.finish(completed(again), worker="w2")
    assert world.attempts(1)[1] == (2, "w2", "finished", "trained to its end")


def test_epochs_that_came_out_otherwise_are_noted_in_the_attempt_and_stand(world: World) -> None:
    world.add_sweep()
    world.report(world.claim()[0].lease, 1, 2)
    world.lose()
    again = world.claim("w2")[0].lease
    curve = [replace(point(1, 0.25), seconds=9.0), point(2)]
    world.finish(replace(completed(again), curve=curve), worker="w2")
    (_, _, _, reason) = world.attempts(1)[1]
    assert reason == (
        "epoch 1 came out otherwise than before: dev_error 0.25, not 0.5; "
        "another kind of processor or another version of a library computed it; trained to its end"
    )
    assert [metrics["dev_error"] for metrics in world.curve(1)] == [0.25, 0.5]
    assert world.trial(0).reason == "trained to its end"


def test_a_run_has_no_epochs_beyond_its_end(world: World) -> None:
    world.add_sweep(asked=4)
    world.report(world.claim()[0].lease, 1, 2, 3)
    world.lose()
    world.finish(completed(world.claim()[0].lease, epochs=2))
    assert (world.run(1).epochs, world.trial(0).epochs, world.epochs(1)) == (2, 2, [1, 2])


def test_a_pause_short_of_what_an_attempt_before_had_reached_loses_no_epoch_and_is_queued_again(world: World) -> None:
    world.add_sweep(asked=2)
    world.report(world.claim()[0].lease, 1, 2)
    world.lose()
    lease = world.claim()[0].lease
    moves.move_sweep(world.connection, 1, SweepState.PAUSED, {})
    world.finish(paused(lease, epochs=1))
    assert (world.run(1).state, world.epochs(1)) == ("queued", [1, 2])


def test_a_pause_of_a_sweep_that_ends_completes_the_run(world: World) -> None:
    world.add_sweep()
    lease = world.claim()[0].lease
    moves.end_sweep(world.connection, world.policy, 1, SweepState.COMPLETED, "enough", NOW)
    assert world.report(lease, 1).decision == "complete"
    world.finish(paused(lease, 0.25))
    assert (world.trial(0).state, world.trial(0).value) == ("completed", 0.25)


@pytest.mark.parametrize(("diverged", "value"), [("exclude", None), ("best_epoch", 0.25)])
def test_a_diverged_run_is_compared_only_where_its_sweep_says_so(
    world: World, diverged: Diverged, value: float | None
) -> None:
    world.add_sweep(diverged=diverged)
    world.finish(replace(completed(world.claim()[0].lease, 0.25), state="diverged"))
    trial = world.trial(0)
    assert (trial.state, trial.value, trial.best_epoch) == ("diverged", value, 1)
    assert world.metrics(0) == {"dev_error": 0.25}


def test_the_trial_tells_the_only_hold_of_its_only_run(world: World) -> None:
    world.add_sweep()
    lease = world.claim()[0].lease
    assert world.finish(completed(lease)).outcomes == [("recorded", None)]
    assert world.connection.execute(select(attempts)).all() == []
    assert world.attempts(1) == [(1, "w1", "finished", "trained to its end")]
    (told,) = attempt_rows.of_trial(world.connection, "swp_1", 0)
    assert told == Attempt(0, 1, "w1", NOW, NOW, "finished", "trained to its end", 2)
    # What was answered once is repeated, and nobody else's.
    assert world.finish(completed(lease)).outcomes == [("repeated", None)]
    assert world.finish(completed(lease), worker="w2").outcomes[0][0] == "stale"
    assert world.finish(completed(replace(lease, fence=2))).outcomes[0][0] == "stale"


def test_what_a_second_hold_or_a_replicate_came_to_is_an_attempt_of_its_own(world: World) -> None:
    world.add_sweep("swp_1", replicates=2)
    for claimed in world.claim(slots=2):
        world.finish(completed(claimed.lease))
    world.add_sweep("swp_2")
    world.claim("w1")
    world.lose()
    again = world.claim("w2")[0].lease
    world.finish(completed(again), worker="w2")
    stored = world.connection.execute(select(attempts.c.run_key, attempts.c.fence)).all()
    assert stored == [(1, 1), (2, 1), (3, 1), (3, 2)]


def test_a_failed_run_keeps_the_epochs_that_it_had(world: World) -> None:
    world.add_sweep()
    lease = world.claim()[0].lease
    world.report(lease, 1)
    failed = Result(lease, "failed", {}, None, 0, 0.0, "training failed: ValueError: no")
    assert world.finish(failed).outcomes == [("recorded", None)]
    assert world.finish(failed).outcomes == [("repeated", None)]
    assert (world.trial(0).state, world.trial(0).epochs, world.epochs(1)) == ("failed", 1, [1])
    assert world.attempts(1) == [(1, "w1", "error", "training failed: ValueError: no")]


def test_what_died_with_an_error_was_no_result(world: World) -> None:
    world.add_sweep()
    lease = world.claim()[0].lease
    lost_leases.lose_worker(world.connection, world.policy, "w1", "error", "exit code 1", NOW)
    assert world.finish(completed(lease)).outcomes[0][0] == "stale"


def test_metrics_of_other_trainers_stand_beside_ours(world: World) -> None:
    world.add_sweep()
    item = replace(completed(world.claim()[0].lease), metrics={"dev_error": 0.5, "bleu": 0.25})
    world.finish(item)
    assert world.metrics(0) == {"dev_error": 0.5, "bleu": 0.25}


def test_sweeps_whose_queue_is_empty_are_named(world: World) -> None:
    world.add_sweep("swp_1", 1)
    world.add_sweep("swp_2", 2)
    first, second = (one.lease for one in world.claim(slots=2))
    assert world.finish(completed(second)).idle == []
    assert world.finish(completed(first)).idle == ["swp_1"]


def test_a_model_that_is_missing_refuses_its_item_alone(world: World) -> None:
    world.add_sweep(trials=2)
    first, second = (one.lease for one in world.claim(slots=2))
    item = completed(first, model=ModelRef(hash_of("nowhere"), 4))
    outcomes = world.finish(item, completed(second)).outcomes
    assert [word for word, _ in outcomes] == ["refused", "recorded"]
    assert world.run(1).state == "running"
    assert world.epochs(1) == []


def test_a_lease_of_a_run_that_is_gone_is_stale(world: World) -> None:
    world.add_sweep()
    recorded = world.finish(completed(Lease(99, 1)))
    assert recorded.outcomes == [("stale", "there is no such run: its sweep was deleted")]


def test_blame_stays_until_a_result_gets_further_than_ever(world: World) -> None:
    world.add_sweep(asked=2)
    world.connection.execute(update(runs).values(losses=1, alone_losses=1))
    world.finish(paused(world.claim()[0].lease, epochs=2))
    assert (world.run(1).losses, world.run(1).alone_losses) == (0, 0)
