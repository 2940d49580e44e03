"""What every storage must do with sweeps, plans and trials: through the protocol alone, no SQL."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from app.domain.errors import Conflict, NotFound
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
    RunView,
    Snapshot,
    StoredDecision,
    Train,
    TrialView,
)
from app.domain.queue import Claimed
from app.domain.runs import Attempt
from app.domain.states import SweepState, TrialState
from app.domain.sweeps import Best, Budget, Labels, SweepChanges, SweepFilter, Used
from app.domain.work import GivenBack, Lease, Progress, Result
from app.storage import Storage
from tests.app.storage.world import (
    DATASET,
    HORIZON,
    START,
    SWEEP,
    TERM,
    add_sweep,
    claim,
    claim_one,
    create,
    drawn,
    end,
    finish,
    make,
    paused,
    point,
    spec,
)
from tests.suites.storages import STORAGES

LATER = START + timedelta(minutes=1)


@pytest.fixture(params=sorted(STORAGES))
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Storage]:
    opened = STORAGES[request.param](tmp_path)
    yield opened
    opened.close()


def look(storage: Storage, need: Need = Need.NOTHING, *, horizon: int = HORIZON) -> Snapshot:
    return storage.snapshot(SWEEP, need, horizon)


def views(storage: Storage) -> dict[int, RunView]:
    return {run.trial: run for run in look(storage, Need.ROUND).runs}


def counts(storage: Storage) -> dict[TrialState, int]:
    return {state: count for state, count in storage.sweep(SWEEP).counts.items() if count}


def add_budgeted(storage: Storage, budget: Budget, trials: int) -> None:
    create(storage, replace(spec(1), budget=budget))
    assert make(storage, Draw(drawn(0, trials), 0, "drawn"))


def pause_runs(storage: Storage, values: Mapping[int, float | None], *, epochs: int = 4) -> list[Claimed]:
    """Claim a run for each value and hand it in as paused."""
    claimed = claim(storage, slots=len(values)).claimed
    storage.finish("w1", [paused(item.lease, values[item.trial], epochs) for item in claimed], [], START)
    return claimed


def decision(storage: Storage, lease: Lease) -> tuple[str, str | None]:
    (answer,) = storage.heartbeat("w1", [lease], START + TERM)
    return answer.decision, answer.reason


# Sweeps


def test_a_sweep_comes_back_as_it_was_created(storage: Storage) -> None:
    whole = replace(spec(5, seconds=60.0), budget=Budget(5, 60.0, 100, 0.125), replicates=2)
    create(storage, whole, labels=Labels("rain", ("wet", "ü"), "some notes"))
    sweep = storage.sweep(SWEEP)
    assert (sweep.spec, sweep.labels) == (whole, Labels("rain", ("wet", "ü"), "some notes"))
    assert (sweep.state, sweep.ending, sweep.used) == (SweepState.RUNNING, None, Used(0, 0, 0.0))
    assert (sweep.created_at, sweep.started_at, sweep.finished_at) == (START, None, None)
    assert (sweep.posted, sweep.best, counts(storage)) == ({"posted": True}, None, {TrialState.QUEUED: 5})
    assert storage.sweep_spec(SWEEP) == (whole, DATASET)


@pytest.mark.parametrize(
    "verb",
    [
        lambda storage: storage.sweep("swp_9"),
        lambda storage: storage.sweep_spec("swp_9"),
        lambda storage: storage.snapshot("swp_9", Need.NOTHING, 1),
        lambda storage: storage.change_sweep("swp_9", SweepChanges("x"), reopen=False, now=START),
        lambda storage: storage.pause_sweep("swp_9"),
        lambda storage: storage.resume_sweep("swp_9"),
        lambda storage: storage.cancel_sweep("swp_9", keep=True, now=START),
        lambda storage: storage.delete_sweep("swp_9"),
        lambda storage: storage.decisions("swp_9", 0, 9),
        lambda storage: storage.attempts("swp_9", 0),
        lambda storage: storage.trial("swp_9", 0),
    ],
)
def test_a_sweep_that_is_not_there_is_not_found(storage: Storage, verb: Callable[[Storage], object]) -> None:
    with pytest.raises(NotFound, match='no sweep "swp_9"'):
        verb(storage)


@pytest.mark.parametrize(
    ("which", "found"),
    [
        (SweepFilter(), [2, 1, 0]),
        (SweepFilter(name="RAIN"), [1, 0]),
        (SweepFilter(name="50%"), [1]),
        (SweepFilter(name="_"), []),
        (SweepFilter(state=SweepState.CANCELLED), [2]),
        (SweepFilter(state=SweepState.RUNNING), [1, 0]),
        (SweepFilter(tag="wet"), [2, 0]),
        (SweepFilter(tag="we"), []),
        (SweepFilter(dataset="rain"), [2, 1, 0]),
        (SweepFilter(dataset="snow"), []),
        (SweepFilter(name="rain", state=SweepState.RUNNING, tag="wet"), [0]),
    ],
)
def test_sweeps_are_listed_by_what_fits(storage: Storage, which: SweepFilter, found: Sequence[int]) -> None:
    names = [("Rain", ("wet", "cold")), ("rain at 50%", ("wetter",)), ("snow", ("wet",))]
    for number, (name, tags) in enumerate(names):
        create(storage, spec(1), f"swp_{number}", Labels(name, tags))
    storage.cancel_sweep("swp_2", keep=False, now=START)
    assert [sweep.id for sweep in storage.sweeps(which, None, 9)] == [f"swp_{number}" for number in found]
    assert [sweep.id for sweep in storage.sweeps(which, "swp_1", 1)] == [f"swp_{n}" for n in found if n < 1][:1]
    assert storage.running_sweeps() == ["swp_0", "swp_1"]


def test_a_patch_changes_what_it_names_and_only_a_budget_makes_plans_outdated(storage: Storage) -> None:
    create(storage, spec(2), labels=Labels("a", ("t",), "n"))
    before = look(storage).version
    storage.change_sweep(SWEEP, SweepChanges(tags=("u", "v"), notes=""), reopen=False, now=START)
    assert storage.sweep(SWEEP).labels == Labels("a", ("u", "v"), "")
    assert (look(storage).version, storage.decisions(SWEEP, 0, 9)) == (before, [])
    storage.change_sweep(SWEEP, SweepChanges("b", budget=Budget(3, None, 40)), reopen=False, now=START)
    after = look(storage)
    assert (after.version, after.budget) == (before + 1, Budget(3, None, 40))
    assert (storage.sweep(SWEEP).labels.name, storage.sweep(SWEEP).spec.budget) == ("b", Budget(3, None, 40))
    assert counts(storage) == {TrialState.QUEUED: 3}
    reason = "the budget was changed: trials 2 to 3, epochs without limit to 40"
    assert storage.decisions(SWEEP, 0, 9) == [StoredDecision(1, 0, "patch", (), reason)]


def test_a_budget_below_what_is_used_is_refused_with_all_that_is_short(storage: Storage) -> None:
    add_budgeted(storage, Budget(9, 60.0), 3)
    claim_one(storage)
    storage.pass_time(2.5)
    short = "2 trials, of which 3 were drawn; 11 epochs, of which 12 are spent or promised; 2 seconds, of which 2.5"
    with pytest.raises(Conflict, match=re.escape(short)):
        storage.change_sweep(SWEEP, SweepChanges("x", budget=Budget(2, 2.0, 11)), reopen=False, now=START)
    assert storage.sweep(SWEEP).labels.name == "how it rains"
    storage.change_sweep(SWEEP, SweepChanges(budget=Budget(3, 2.5, 12)), reopen=False, now=START)


def test_more_budget_reopens_a_completed_sweep_and_no_other_that_ended(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 1))
    finish(storage, claim_one(storage).lease)
    end(storage)
    more = SweepChanges(budget=Budget(2))
    with pytest.raises(Conflict, match="is completed, so its budget cannot be changed"):
        storage.change_sweep(SWEEP, more, reopen=False, now=START)
    before = look(storage).version
    storage.change_sweep(SWEEP, more, reopen=True, now=START)
    again = storage.sweep(SWEEP)
    assert (again.state, again.finished_at, again.reason) == (SweepState.RUNNING, None, None)
    assert look(storage).version == before + 1
    assert counts(storage) == {TrialState.COMPLETED: 1, TrialState.QUEUED: 1}
    storage.cancel_sweep(SWEEP, keep=False, now=START)
    with pytest.raises(Conflict, match="is cancelled, so its budget cannot be changed: it has ended"):
        storage.change_sweep(SWEEP, more, reopen=True, now=START)
    storage.change_sweep(SWEEP, SweepChanges("a name is free"), reopen=False, now=START)


def test_nothing_that_was_reported_is_lost_by_a_pause(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 2))
    one = claim_one(storage)
    before = look(storage).version
    storage.pause_sweep(SWEEP)
    storage.pause_sweep(SWEEP)
    assert (storage.sweep(SWEEP).state, look(storage).version) == (SweepState.PAUSED, before + 1)
    assert decision(storage, one.lease)[0] == "pause"
    assert claim(storage, "w2").claimed == []
    storage.finish("w1", [paused(one.lease, 0.25, 2)], [], START)
    assert storage.trial(SWEEP, 0).state is TrialState.PAUSED
    storage.resume_sweep(SWEEP)
    storage.resume_sweep(SWEEP)
    assert (storage.sweep(SWEEP).state, look(storage).version) == (SweepState.RUNNING, before + 2)
    assert storage.trial(SWEEP, 0).state is TrialState.QUEUED
    (again,) = [item for item in claim(storage, slots=2).claimed if item.trial == 0]
    assert (again.lease, again.to_epoch) == (Lease(one.lease.run, 2), 4)
    assert storage.curve(SWEEP, 0, 0, 0, 9) == [point(1), point(2)]


def test_a_run_that_waits_for_the_planner_stays_paused_through_a_resume(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 1), round_=1)
    pause_runs(storage, {0: 0.5})
    storage.pause_sweep(SWEEP)
    storage.resume_sweep(SWEEP)
    assert views(storage)[0].state is TrialState.PAUSED


def test_an_ended_sweep_is_neither_paused_nor_resumed_nor_cancelled(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 1))
    finish(storage, claim_one(storage).lease)
    end(storage)
    for verb in (storage.pause_sweep, storage.resume_sweep):
        with pytest.raises(Conflict, match="is completed and cannot be"):
            verb(SWEEP)
    with pytest.raises(Conflict, match="is completed and cannot be cancelled any more"):
        storage.cancel_sweep(SWEEP, keep=True, now=START)


def test_cancelling_takes_all_that_is_open(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 2), budget=4)
    one = claim_one(storage)
    before = look(storage).version
    storage.cancel_sweep(SWEEP, keep=False, now=LATER)
    storage.cancel_sweep(SWEEP, keep=False, now=LATER)
    sweep = storage.sweep(SWEEP)
    assert (sweep.state, sweep.finished_at, sweep.reason) == (SweepState.CANCELLED, LATER, "cancelled on request")
    assert (look(storage).version, counts(storage)) == (before + 1, {TrialState.CANCELLED: 4})
    assert decision(storage, one.lease)[0] == "stop"
    (attempt,) = storage.attempts(SWEEP, 0)
    assert (attempt.ending, attempt.ended_at, attempt.reason) == ("released", LATER, "cancelled on request")


def test_cancelling_with_keeping_completes_what_has_a_result_and_waits_for_what_trains(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 4), round_=1)
    first, second = claim(storage, slots=2).claimed
    storage.finish("w1", [paused(first.lease, 0.25, 4)], [], START)
    before = look(storage).version
    storage.cancel_sweep(SWEEP, keep=True, now=START)
    sweep = storage.sweep(SWEEP)
    assert (sweep.state, sweep.ending) == (SweepState.RUNNING, SweepState.CANCELLED)
    assert (look(storage).version, look(storage).ending) == (before + 1, "cancelled")
    assert decision(storage, second.lease) == ("complete", "the sweep ends: cancelled on request")
    assert claim(storage, "w2").claimed == []
    assert counts(storage) == {TrialState.COMPLETED: 1, TrialState.RUNNING: 1, TrialState.CANCELLED: 2}
    for verb in (storage.pause_sweep, lambda sweep: storage.change_sweep(sweep, CHANGE, reopen=False, now=START)):
        with pytest.raises(Conflict, match="is about to end"):
            verb(SWEEP)
    finish(storage, second.lease, 0.5)
    assert make(storage, End(SweepState.CANCELLED, "cancelled on request"))
    sweep = storage.sweep(SWEEP)
    assert (sweep.state, sweep.ending, sweep.reason) == (SweepState.CANCELLED, None, "cancelled on request")
    assert counts(storage) == {TrialState.COMPLETED: 2, TrialState.CANCELLED: 2}
    assert sweep.best == Best(0, 0.25, {"l2": 0.0})


CHANGE = SweepChanges(budget=Budget(9))


def test_a_paused_sweep_is_cancelled_with_keeping_at_once_if_nothing_trains(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 2))
    one = claim_one(storage)
    storage.pause_sweep(SWEEP)
    storage.finish("w1", [paused(one.lease, 0.25, 2)], [], START)
    storage.cancel_sweep(SWEEP, keep=True, now=START)
    assert storage.sweep(SWEEP).state is SweepState.CANCELLED
    kept = storage.trial(SWEEP, 0)
    assert (kept.state, kept.value, kept.epochs) == (TrialState.COMPLETED, 0.25, 2)


def test_a_deleted_sweep_leaves_nothing_and_its_leases_never_pass_for_others(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 30), round_=1)
    add_sweep(storage, drawn(0, 1), sweep="swp_0")
    with pytest.raises(Conflict, match="is running and cannot be deleted before it has ended"):
        storage.delete_sweep(SWEEP)
    claimed = [item for item in claim(storage, slots=31).claimed if item.sweep == SWEEP]
    finish(storage, claimed[0].lease, 0.25, b"weights")
    model = storage.model(SWEEP, 0)
    assert model is not None
    storage.cancel_sweep(SWEEP, keep=False, now=START)
    storage.delete_sweep(SWEEP)
    with pytest.raises(NotFound):
        storage.sweep(SWEEP)
    assert [sweep.id for sweep in storage.sweeps(SweepFilter(), None, 9)] == ["swp_0"]
    assert storage.trial("swp_0", 0).state is TrialState.RUNNING
    add_sweep(storage, drawn(0, 30))
    again = claim(storage, slots=31).claimed
    assert {item.sweep for item in again} == {SWEEP}
    assert {item.lease.run for item in again}.isdisjoint(item.lease.run for item in claimed)
    (answer,) = storage.report("w1", [Progress(claimed[1].lease, [point(1)])])
    assert answer.decision == "stop"
    assert storage.curve(SWEEP, 1, 0, 0, 9) == []


def test_the_content_of_a_deleted_data_set_leaves_with_the_last_sweep_that_names_it(storage: Storage) -> None:
    create(storage, spec(1))
    storage.cancel_sweep(SWEEP, keep=False, now=START)
    storage.remove_dataset("rain")
    assert storage.artifact_size(DATASET.sha256) == len(b"content")
    storage.delete_sweep(SWEEP)
    assert storage.artifact_size(DATASET.sha256) is None


def test_time_passes_for_running_sweeps_with_a_budget_of_it_that_have_started(storage: Storage) -> None:
    for sweep, seconds in (("swp_1", 1.0), ("swp_2", 1.0), ("swp_3", None), ("swp_4", 9.0)):
        create(storage, spec(1, seconds=seconds), sweep)
        assert make(storage, Draw(drawn(0, 1), 0, "drawn"), sweep=sweep)
    assert len(claim(storage, slots=4).claimed) == 4
    create(storage, spec(1, seconds=0.5), "swp_5")
    storage.pause_sweep("swp_2")
    assert storage.pass_time(0.75) == []
    assert storage.pass_time(0.75) == ["swp_1"]
    used = {sweep.id: sweep.used.seconds for sweep in storage.sweeps(SweepFilter(), None, 9)}
    assert used == {"swp_1": 1.5, "swp_2": 0.0, "swp_3": 0.0, "swp_4": 1.5, "swp_5": 0.0}
    assert make(storage, End(SweepState.COMPLETED, "the time is up"), sweep="swp_1")
    assert storage.pass_time(0.75) == []


# Plans


def test_a_snapshot_counts_what_waits_up_to_the_horizon_and_what_is_open(storage: Storage) -> None:
    create(storage, spec(9))
    empty = look(storage)
    assert (empty.drawn, empty.waiting, empty.open_runs, empty.in_training) == (0, 0, False, False)
    assert (empty.state, empty.spec, empty.dataset_sha256) == (SweepState.RUNNING, spec(9), DATASET.sha256)
    assert make(storage, Draw(drawn(0, 5), 1, "drawn"), memory={"round": 1, "since": 1})
    full = look(storage)
    assert (full.drawn, full.waiting, full.charged, full.memory) == (5, 5, 20, {"round": 1, "since": 1})
    assert look(storage, horizon=3).waiting == 3
    pause_runs(storage, dict.fromkeys(range(5), 0.5))
    stopped = look(storage)
    assert (stopped.waiting, stopped.open_runs, stopped.in_training) == (0, True, False)


def test_the_best_value_is_that_of_a_final_trial(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 2), round_=1)
    first, second = claim(storage, slots=2).claimed
    storage.finish("w1", [paused(first.lease, 0.125, 4)], [], START)
    assert (look(storage).best, storage.sweep(SWEEP).best) == (None, None)
    finish(storage, second.lease, 0.5)
    assert (look(storage).best, storage.sweep(SWEEP).best) == (0.5, Best(1, 0.5, {"l2": 1 / 64}))


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
    storage.report("w1", [Progress(one.lease, [point(1)])])
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
    assert [(run.state, run.epochs, run.asked, run.value) for run in shown.values()] == [
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
    assert look(storage, Need.ALL).trials == (TrialView(0, {"l2": 0.0}, None), TrialView(1, {"l2": 1 / 64}, 0.25))


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
    assert counts(storage) == {TrialState.COMPLETED: 1, TrialState.CANCELLED: 2}
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


# Trials


def test_a_trial_has_a_run_for_each_replicate_with_a_curve_and_attempts_of_its_own(storage: Storage) -> None:
    create(storage, replace(spec(1), replicates=2))
    assert make(storage, Draw([Drawn(0, {"l2": 0.5}, "c0", 4, replicates=2)], 0, "drawn"))
    one, two = claim(storage, slots=2).claimed
    assert [(item.trial, item.replicate) for item in (one, two)] == [(0, 0), (0, 1)]
    assert (storage.trial(SWEEP, 0).replicates, look(storage).charged) == (2, 8)
    storage.report("w1", [Progress(two.lease, [point(1, 0.75)])])
    assert storage.curve(SWEEP, 0, 0, 0, 9) == []
    assert storage.curve(SWEEP, 0, 1, 0, 9) == [point(1, 0.75)]
    storage.release("w1", [GivenBack(two.lease)], LATER)
    (again,) = claim(storage, "w2", now=LATER).claimed
    assert (again.replicate, again.lease.fence) == (1, 2)
    assert storage.attempts(SWEEP, 0) == [
        Attempt(0, 0, 1, "w1", START, None, None, None, 0),
        replace(released(storage), trial=0, replicate=1, number=1, worker="w1", ended_at=LATER, epochs=1),
        Attempt(0, 1, 2, "w2", LATER, None, None, None, 1),
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
