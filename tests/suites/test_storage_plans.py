"""What every storage must show to planners, and do by their plans: through the protocol alone, no SQL."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from app.domain.errors import Conflict
from app.domain.plan import (
    REFUND_BLOCK,
    Block,
    Draw,
    Drawn,
    End,
    Move,
    Need,
    Plan,
    Prune,
    Refund,
    StoredDecision,
    Train,
    TrialView,
)
from app.domain.queue import Claimed
from app.domain.runs import Attempt
from app.domain.states import SweepState, TrialState
from app.domain.sweeps import Best, Budget, Used
from app.domain.values import Value
from app.domain.work import GivenBack, Lease, Progress, Result
from app.storage import Storage
from app.storage.moves import IllegalMove
from tests.app.storage.world import (
    DATASET,
    START,
    SWEEP,
    add_sweep,
    claim,
    claim_one,
    create,
    drawn,
    finish,
    make,
    paused,
    point,
    spec,
)
from tests.suites.one_sweep import LATER, counts, look, pause_runs, views


def add_budgeted(storage: Storage, budget: Budget, trials: int) -> None:
    create(storage, replace(spec(1), budget=budget))
    assert make(storage, Draw(drawn(0, trials), 0, "drawn"))


def test_a_snapshot_counts_what_waits_up_to_the_horizon_and_tells_what_trains(storage: Storage) -> None:
    create(storage, spec(9))
    empty = look(storage)
    assert (empty.drawn, empty.waiting, empty.in_training) == (0, 0, False)
    assert (empty.state, empty.spec, empty.dataset_sha256) == (SweepState.RUNNING, spec(9), DATASET.sha256)
    assert make(storage, Draw(drawn(0, 5), 1, "drawn"), memory={"round": 1, "since": 1})
    full = look(storage)
    assert (full.drawn, full.waiting, full.charged, full.memory) == (5, 5, 20, {"round": 1, "since": 1})
    assert look(storage, horizon=3).waiting == 3
    pause_runs(storage, dict.fromkeys(range(5), 0.5))
    stopped = look(storage)
    assert (stopped.waiting, stopped.in_training) == (0, False)


def test_the_best_value_is_that_of_a_final_trial(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 2), round_=1)
    first, second = claim(storage, slots=2).claimed
    storage.finish("w1", [paused(first.lease, 0.125, 4)], [], START)
    assert (look(storage).best_cost, storage.sweep(SWEEP).best) == (None, None)
    finish(storage, second.lease, 0.5)
    assert (look(storage).best_cost, storage.sweep(SWEEP).best) == (0.5, Best(1, 0.5, {"l2": 1 / 64}))


def test_a_plan_for_another_version_changes_nothing(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 1), budget=3)
    version = look(storage).version
    plan = Plan([Draw(drawn(1, 1), 1, "drawn")], {"round": 1})
    for other in (version - 1, version + 1):
        assert not storage.apply(SWEEP, other, plan, START)
    assert (look(storage).version, look(storage).drawn, look(storage).memory) == (version, 1, {})
    assert storage.decisions(SWEEP, 0, 9) == []
    assert storage.apply(SWEEP, version, plan, START)
    assert (look(storage).version, look(storage).drawn) == (version + 1, 2)
    assert not storage.apply("swp_9", 0, plan, START)


def test_no_plan_is_made_in_a_sweep_that_does_not_run(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 1), budget=3)
    storage.pause_sweep(SWEEP)
    assert not make(storage, Draw(drawn(1, 1), 0, "drawn"))
    storage.cancel_sweep(SWEEP, keep=False, now=START)
    assert not make(storage, Draw(drawn(1, 1), 0, "drawn"))
    assert storage.sweep(SWEEP).used.trials == 1


def test_the_version_stays_while_workers_claim_report_and_finish(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 2))
    before = look(storage).version
    one, two = claim(storage, slots=2).claimed
    storage.report("w1", [Progress(one.lease, [point(1)])], START).result()
    finish(storage, two.lease)
    storage.release("w1", [GivenBack(one.lease)], START)
    assert look(storage).version == before


def test_a_plan_on_a_run_that_moved_on_is_dropped_with_all_its_moves(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 2), budget=3, round_=1)
    pause_runs(storage, {0: 0.5, 1: 0.25})
    shown = views(storage)
    train = Train([shown[1]], 8, 2, "the better one")
    for stale in (replace(shown[0], state=TrialState.RUNNING), replace(shown[0], epochs=3), replace(shown[0], key=99)):
        for move in (Prune(stale, 2, "worse"), Train([stale], 8, 2, "all")):
            assert not make(storage, Draw(drawn(2, 1), 2, "drawn"), train, move)
    assert (views(storage), look(storage).drawn, look(storage).charged) == (shown, 2, 8)
    assert [one.kind for one in storage.decisions(SWEEP, 0, 9)] == ["draw"]


def test_trials_must_be_drawn_in_their_order(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 2), budget=9)
    for numbers in ((1, 1), (3, 1)):
        with pytest.raises(Exception, match="the next one has number 2"):
            make(storage, Draw(drawn(*numbers), 0, "drawn"))
    assert look(storage).drawn == 2


def test_a_round_goes_on_with_some_and_prunes_the_others(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 3), round_=1)
    one, two, three = claim(storage, slots=3).claimed
    storage.finish("w1", [paused(one.lease, 0.5, 4), paused(two.lease, 0.25, 4)], [], START)
    assert look(storage, Need.ROUND).runs == ()  # one still trains
    finish(storage, three.lease, 0.75)
    shown = views(storage)
    assert [(run.state, run.epochs, run.asked, run.cost) for run in shown.values()] == [
        (TrialState.PAUSED, 4, 4, 0.5),
        (TrialState.PAUSED, 4, 4, 0.25),
        (TrialState.COMPLETED, 4, 4, 0.75),
    ]
    assert make(storage, Train([shown[1]], 12, 2, "rank 1"), Prune(shown[0], 2, "rank 2 of 3"), memory={"since": 2})
    pruned = storage.trial(SWEEP, 0)
    assert (pruned.state, pruned.value, pruned.reason) == (TrialState.PRUNED, 0.5, "rank 2 of 3")
    assert (pruned.finished_at, storage.trial(SWEEP, 1).state) == (START, TrialState.QUEUED)
    assert look(storage).charged == 3 * 4 + 8
    again = claim_one(storage)
    assert (again.trial, again.to_epoch, again.lease) == (1, 12, Lease(two.lease.run, 2))
    storage.finish("w1", [replace(paused(again.lease, 0.125, 12), curve=[point(n) for n in range(5, 13)])], [], START)
    assert list(views(storage)) == [1]  # the others are of an earlier round
    assert storage.decisions(SWEEP, 0, 9) == [
        StoredDecision(1, 1, "draw", (0, 1, 2), "drawn"),
        StoredDecision(2, 2, "train", (1,), "rank 1"),
        StoredDecision(3, 2, "prune", (0,), "rank 2 of 3"),
    ]
    assert [one.number for one in storage.decisions(SWEEP, 1, 1)] == [2]


def test_a_sampler_that_learns_sees_all_finished_trials(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 3), budget=9)
    one, two, _ = claim(storage, slots=3).claimed
    finish(storage, two.lease, 0.25)
    finish(storage, one.lease, None)
    assert look(storage, Need.NOTHING).trials == look(storage, Need.ROUND).trials == ()
    assert look(storage, Need.ALL).trials == (
        TrialView(0, {"l2": 0.0}, TrialState.COMPLETED, None),
        TrialView(1, {"l2": 1 / 64}, TrialState.COMPLETED, 0.25),
    )


def test_a_block_is_refunded_once_all_its_trials_are_final(storage: Storage) -> None:
    trials = REFUND_BLOCK + 2
    add_budgeted(storage, Budget(trials, None, 1000), trials)
    claimed = claim(storage, slots=trials).claimed
    for item in claimed[1:]:
        storage.finish("w1", [early(item)], [], START)
    assert look(storage).block is None  # trial 0 still trains
    storage.finish("w1", [early(claimed[0])], [], START)
    first = Block(0, REFUND_BLOCK, 4 * REFUND_BLOCK, 2 * REFUND_BLOCK)
    assert look(storage).block == first
    assert make(storage, Refund(first), memory={"refunded": REFUND_BLOCK})
    assert look(storage).charged == 4 * trials - 2 * REFUND_BLOCK
    last = Block(REFUND_BLOCK, trials, 8, 4)  # partial, as nothing is open
    assert look(storage).block == last
    assert make(storage, Refund(last), memory={"refunded": trials})
    assert (look(storage).charged, look(storage).block) == (2 * trials, None)
    assert storage.sweep(SWEEP).used == Used(trials, 2 * trials, 0.0)
    assert storage.decisions(SWEEP, 0, 9) == []


def test_a_partial_block_waits_while_a_run_is_open(storage: Storage) -> None:
    add_budgeted(storage, Budget(9, None, 1000), 3)
    item = claim_one(storage)
    storage.finish("w1", [early(item)], [], START)
    assert look(storage).block is None


def early(item: Claimed) -> Result:
    """Return a run that stopped early, at epoch 2 of 4."""
    return replace(paused(item.lease, 0.5, 2), state="completed")


def test_an_end_with_nothing_in_training_is_final_at_once(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 2), budget=3, round_=1)
    one = claim_one(storage)
    storage.finish("w1", [paused(one.lease, 0.25, 4)], [], START)
    assert storage.apply(SWEEP, look(storage).version, Plan([End(SweepState.COMPLETED, "enough")]), LATER)
    sweep = storage.sweep(SWEEP)
    assert (sweep.state, sweep.reason, sweep.finished_at) == (SweepState.COMPLETED, "enough", LATER)
    assert counts(storage) == {TrialState.COMPLETED: 1, TrialState.CANCELLED: 1}
    assert (storage.trial(SWEEP, 0).finished_at, storage.trial(SWEEP, 1).finished_at) == (LATER, LATER)


def test_an_end_is_told_once_though_it_is_made_twice(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 2))
    one = claim_one(storage)
    up = End(SweepState.COMPLETED, "the time is up")
    assert make(storage, up, memory={"round": 3})
    assert (look(storage).ending, look(storage).reason, look(storage).in_training) == ("completed", up.reason, True)
    storage.finish("w1", [paused(one.lease, 0.25, 2)], [], START)
    assert make(storage, up, memory={"round": 3})
    assert storage.sweep(SWEEP).state is SweepState.COMPLETED
    assert storage.trial(SWEEP, 0).state is TrialState.COMPLETED
    assert storage.decisions(SWEEP, 0, 9) == [StoredDecision(1, 3, "end", (), up.reason)]


def test_moves_are_made_in_their_order(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 2), budget=3, round_=1)
    pause_runs(storage, {0: 0.5, 1: 0.25})
    shown = views(storage)
    moves: Sequence[Move] = [
        Prune(shown[0], 1, "worse"),
        Draw(drawn(2, 1), 2, "one more"),
        End(SweepState.COMPLETED, "enough"),
    ]
    assert make(storage, *moves)
    states = [storage.trial(SWEEP, number).state for number in range(3)]
    assert states == [TrialState.PRUNED, TrialState.COMPLETED, TrialState.CANCELLED]


def test_a_trial_has_a_run_for_each_replicate_with_a_curve_and_attempts_of_its_own(storage: Storage) -> None:
    create(storage, replace(spec(1), replicates=2))
    assert make(storage, Draw([Drawn(0, {"l2": 0.5}, "c0", 4, replicates=2)], 0, "drawn"))
    one, two = claim(storage, slots=2).claimed
    assert [(item.trial, item.replicate) for item in (one, two)] == [(0, 0), (0, 1)]
    assert (storage.trial(SWEEP, 0).replicates, look(storage).charged) == (2, 8)
    storage.report("w1", [Progress(two.lease, [point(1, 0.75)])], START).result()
    assert storage.curve(SWEEP, 0, 0, 0, 9) == []
    assert storage.curve(SWEEP, 0, 1, 0, 9) == [point(1, 0.75)]
    storage.release("w1", [GivenBack(two.lease)], LATER)
    (again,) = claim(storage, "w2", now=LATER).claimed
    assert (again.replicate, again.lease.fence) == (1, 2)
    assert storage.attempts(SWEEP, 0) == [
        Attempt(0, 1, "w1", START, None, None, None, 0),
        replace(released(storage), replicate=1, number=1, worker="w1", ended_at=LATER, epochs=1),
        Attempt(1, 2, "w2", LATER, None, None, None, 1),
    ]


def released(storage: Storage) -> Attempt:
    (attempt,) = [one for one in storage.attempts(SWEEP, 0) if one.ending == "released"]
    return attempt


def test_a_model_has_the_weights_and_what_its_own_run_came_to(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 2))
    one, two = claim(storage, slots=2).claimed
    finish(storage, one.lease, 0.25, b"weights")
    finish(storage, two.lease, 0.5)
    model = storage.model(SWEEP, 0)
    assert model is not None
    assert (model.weights, model.made_with) == (b"weights", {"processor": "some"})
    assert (model.metrics, model.best_epoch, model.epochs) == ({"dev_error": 0.25}, 1, 4)
    assert storage.model(SWEEP, 1) is None


def test_enqueued_points_wait_on_top_of_the_budget_until_a_plan_draws_them(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 1), budget=3)
    points: list[Mapping[str, Value]] = [{"l2": 0.5}, {"l2": 0.25, "hidden_units": [8, 8]}]
    assert storage.enqueue_points(SWEEP, points, START) == 0
    shown = look(storage)
    assert (list(shown.points), shown.budget.trials, storage.sweep(SWEEP).waiting_points) == (points, 5, 2)
    assert storage.decisions(SWEEP, 0, 9) == [
        StoredDecision(1, 0, "enqueue", (), "2 points were enqueued, and the budget was changed: trials 3 to 5")
    ]
    first = replace(drawn(1, 1)[0], params=points[0], enqueued=True)
    assert make(storage, Draw([first, *drawn(2, 1)], 0, "drawn"))
    assert (list(look(storage).points), storage.enqueued_trials(SWEEP, 0, 9)) == (points[1:], [1])
    assert storage.enqueued_trials(SWEEP, 1, 9) == storage.enqueued_trials(SWEEP, 0, 0) == []
    assert [storage.trial(SWEEP, number).enqueued for number in range(3)] == [False, True, False]
    assert counts(storage) == {TrialState.QUEUED: 5}
    assert storage.enqueue_points(SWEEP, points[:1], START) == 2


def test_a_plan_for_other_points_than_those_that_wait_is_refused(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 1))
    storage.enqueue_points(SWEEP, [{"l2": 0.5}], START)
    stranger = replace(drawn(1, 1)[0], params={"l2": 0.25}, enqueued=True)
    with pytest.raises(IllegalMove):
        make(storage, Draw([stranger], 0, "drawn"))
    assert look(storage).drawn == 1


def test_no_points_are_enqueued_in_a_sweep_that_ended_or_where_too_many_wait(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 1))
    storage.enqueue_points(SWEEP, [{"l2": 0.5}] * 200, START)
    with pytest.raises(Conflict, match="200 points of the sweep"):
        storage.enqueue_points(SWEEP, [{"l2": 0.5}], START)
    storage.cancel_sweep(SWEEP, keep=False, now=START)
    with pytest.raises(Conflict, match="is cancelled, so that no points can be enqueued"):
        storage.enqueue_points(SWEEP, [{"l2": 0.5}], START)
    assert storage.sweep(SWEEP).spec.budget.trials == 201
