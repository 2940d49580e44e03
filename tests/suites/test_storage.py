"""What every storage must do with sweeps and those who control them: through the protocol alone, no SQL."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from app.domain.errors import Conflict, NotFound
from app.domain.plan import (
    Draw,
    End,
    Need,
    StoredDecision,
)
from app.domain.states import SweepState, TrialState
from app.domain.sweeps import Best, Budget, Confirmation, Labels, SweepChanges, SweepFilter, Used
from app.domain.work import Lease, Progress
from app.storage import Storage
from tests.app.storage.world import (
    DATASET,
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
from tests.suites.one_sweep import LATER, counts, look, pause_runs, views


def decision(storage: Storage, lease: Lease) -> tuple[str, str | None]:
    (answer,) = storage.heartbeat("w1", [lease], START + TERM)
    return answer.decision, answer.reason


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
        lambda storage: storage.change_sweep("swp_9", SweepChanges("x"), reopen=False),
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
    storage.change_sweep(SWEEP, SweepChanges(tags=("u", "v"), notes=""), reopen=False)
    assert storage.sweep(SWEEP).labels == Labels("a", ("u", "v"), "")
    assert (look(storage).version, storage.decisions(SWEEP, 0, 9)) == (before, [])
    storage.change_sweep(SWEEP, SweepChanges("b", budget=Budget(3, None, 40)), reopen=False)
    after = look(storage)
    assert (after.version, after.budget) == (before + 1, Budget(3, None, 40))
    assert (storage.sweep(SWEEP).labels.name, storage.sweep(SWEEP).spec.budget) == ("b", Budget(3, None, 40))
    assert counts(storage) == {TrialState.QUEUED: 3}
    reason = "the budget was changed: trials 2 to 3, epochs without limit to 40"
    assert storage.decisions(SWEEP, 0, 9) == [StoredDecision(1, 0, "patch", (), reason)]
    storage.change_sweep(SWEEP, SweepChanges(budget=Budget(3, None, 40)), reopen=False)
    assert (look(storage).version, len(storage.decisions(SWEEP, 0, 9))) == (before + 1, 1)


def test_a_budget_below_what_is_used_is_refused_with_all_that_is_short(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 3), budget=9, seconds=60.0)
    claim_one(storage)
    storage.pass_time(2.5)
    short = "2 trials, of which 3 were drawn; 11 epochs, of which 12 are spent or promised; 2 seconds, of which 2.5"
    with pytest.raises(Conflict, match=re.escape(short)):
        storage.change_sweep(SWEEP, SweepChanges("x", budget=Budget(2, 2.0, 11)), reopen=False)
    assert storage.sweep(SWEEP).labels.name == "how it rains"
    storage.change_sweep(SWEEP, SweepChanges(budget=Budget(3, 2.5, 12)), reopen=False)


def test_more_budget_reopens_a_completed_sweep_and_no_other_that_ended(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 1))
    finish(storage, claim_one(storage).lease)
    end(storage)
    more = SweepChanges(budget=Budget(2))
    with pytest.raises(Conflict, match="is completed, so its budget cannot be changed"):
        storage.change_sweep(SWEEP, more, reopen=False)
    before = look(storage).version
    storage.change_sweep(SWEEP, more, reopen=True)
    again = storage.sweep(SWEEP)
    assert (again.state, again.finished_at, again.reason) == (SweepState.RUNNING, None, None)
    assert look(storage).version == before + 1
    assert counts(storage) == {TrialState.COMPLETED: 1, TrialState.QUEUED: 1}
    storage.cancel_sweep(SWEEP, keep=False, now=START)
    with pytest.raises(Conflict, match="is cancelled, so its budget cannot be changed: it has ended"):
        storage.change_sweep(SWEEP, more, reopen=True)
    storage.change_sweep(SWEEP, SweepChanges("a name is free"), reopen=False)


def test_a_reopened_sweep_trains_what_its_end_had_cancelled(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 3), seconds=9.0)
    finish(storage, claim_one(storage).lease)
    end(storage)
    assert counts(storage) == {TrialState.COMPLETED: 1, TrialState.CANCELLED: 2}
    storage.change_sweep(SWEEP, SweepChanges(budget=Budget(3, 99.0)), reopen=True)
    assert counts(storage) == {TrialState.COMPLETED: 1, TrialState.QUEUED: 2}
    again = storage.trial(SWEEP, 1)
    assert (again.reason, again.finished_at) == (None, None)
    assert [(one.trial, one.to_epoch) for one in claim(storage, slots=9).claimed] == [(1, 4), (2, 4)]


def test_a_reopened_sweep_leaves_what_was_cancelled_in_a_round(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 1), round_=1)
    end(storage)
    storage.change_sweep(SWEEP, SweepChanges(budget=Budget(2)), reopen=True)
    assert storage.trial(SWEEP, 0).state is TrialState.CANCELLED


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
    assert (look(storage).version, counts(storage)) == (before + 1, {TrialState.CANCELLED: 2})
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
    for verb in (storage.pause_sweep, lambda sweep: storage.change_sweep(sweep, CHANGE, reopen=False)):
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


def test_a_paused_sweep_runs_again_until_what_trains_has_answered_to_a_cancel_with_keeping(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 1))
    one = claim_one(storage)
    storage.pause_sweep(SWEEP)
    storage.cancel_sweep(SWEEP, keep=True, now=START)
    assert (storage.sweep(SWEEP).state, storage.sweep(SWEEP).ending) == (SweepState.RUNNING, SweepState.CANCELLED)
    assert decision(storage, one.lease)[0] == "complete"
    storage.cancel_sweep(SWEEP, keep=False, now=START)
    assert (storage.sweep(SWEEP).state, storage.sweep(SWEEP).ending) == (SweepState.CANCELLED, None)


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
    (answer,) = storage.report("w1", [Progress(claimed[1].lease, [point(1)])], START).result()
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


def test_the_end_of_the_time_that_a_search_has_before_it_is_confirmed_is_told_once(storage: Storage) -> None:
    create(storage, replace(spec(1, seconds=2.0), confirm=Confirmation(share=0.5)))
    assert make(storage, Draw(drawn(0, 1), 0, "drawn"))
    assert len(claim(storage).claimed) == 1
    assert [storage.pass_time(0.5) for _ in range(4)] == [[], [SWEEP], [], [SWEEP]]
