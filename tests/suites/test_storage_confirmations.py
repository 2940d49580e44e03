"""What every storage must do with trials that are confirmed: through the protocol alone, no SQL."""

from dataclasses import replace

from app.domain.plan import Close, Confirm, Draw, End, Leader, StoredDecision
from app.domain.states import SweepState, TrialState
from app.domain.sweeps import Best, Budget, Confirmation, SweepChanges
from app.domain.work import Progress
from app.storage import Storage
from tests.app.storage.world import (
    START,
    SWEEP,
    claim,
    claim_one,
    create,
    drawn,
    end,
    finish,
    make,
    paused,
    point,
    result,
    spec,
)
from tests.suites.one_sweep import LATER, counts, look


def searched(storage: Storage, *values: float, replicates: int = 1, folds: int = 1) -> None:
    """Store a sweep whose search came to these values, and close it."""
    confirmation = Confirmation(leaders=2, replicates=2)
    whole = replace(spec(len(values), keep_models=3), confirm=confirmation, replicates=replicates, folds=folds)
    create(storage, whole)
    new = [replace(one, replicates=replicates * folds, folds=folds) for one in drawn(0, len(values))]
    assert make(storage, Draw(new, 0, "drawn"))
    for item in claim(storage, slots=99).claimed:
        finish(storage, item.lease, values[item.trial], weights=bytes([item.trial] * 8))
    assert make(storage, Close("all done"))


def test_a_closed_search_shows_its_leaders_and_the_sweep_still_runs(storage: Storage) -> None:
    searched(storage, 0.5, 0.25, 0.75, 0.25)
    sweep = storage.sweep(SWEEP)
    assert (sweep.state, sweep.ending, sweep.reason) == (SweepState.RUNNING, SweepState.COMPLETED, "all done")
    assert look(storage).leaders == (Leader(1, 1, 4), Leader(3, 1, 4))
    assert storage.decisions(SWEEP, 0, 9) == [StoredDecision(1, 0, "end", (), "the search: all done")]


def test_leaders_get_more_runs_and_rank_before_the_others_by_the_mean(storage: Storage) -> None:
    searched(storage, 0.5, 0.25, 0.75, 0.25)
    attempts, metrics = storage.attempts(SWEEP, 1), storage.trial(SWEEP, 1).metrics
    leaders = look(storage).leaders
    assert make(storage, Confirm(leaders, 2, "to confirm them"))
    assert storage.sweep(SWEEP).ending is None
    assert look(storage).charged == 4 * (4 + 2 * 2)
    assert (storage.attempts(SWEEP, 1), storage.trial(SWEEP, 1).metrics) == (attempts, metrics)
    claimed = claim(storage, slots=9).claimed
    assert [(item.trial, item.replicate, item.to_epoch) for item in claimed] == [
        (1, 1, 4),
        (1, 2, 4),
        (3, 1, 4),
        (3, 2, 4),
    ]
    assert counts(storage) == {TrialState.COMPLETED: 4}
    for item in claimed:
        finish(storage, item.lease, 1.0 if item.trial == 1 else 0.625)
    assert storage.trial(SWEEP, 1).value == 0.75
    assert storage.sweep(SWEEP).best == Best(3, 0.5, {"l2": 3 / 64})
    assert [one.number for one in storage.confirmed_trials(SWEEP)] == [1, 3]
    assert storage.trainings(SWEEP, [3]) == {3: {0: 0.25, 1: 0.625, 2: 0.625}}
    assert storage.attempts(SWEEP, 3)[0].reason is not None
    assert storage.model(SWEEP, 3) is not None
    assert look(storage).in_training is False
    end(storage)
    assert storage.sweep(SWEEP).state is SweepState.COMPLETED


def test_the_worst_confirmed_trial_ranks_before_the_best_of_the_others(storage: Storage) -> None:
    searched(storage, 0.5, 0.25, 0.75, 0.25)
    assert make(storage, Confirm(look(storage).leaders, 2, "to confirm them"))
    for item in claim(storage, slots=9).claimed:
        finish(storage, item.lease, 10.0)
    assert storage.sweep(SWEEP).best == Best(1, 6.75, {"l2": 1 / 64})


def test_a_confirmation_that_fails_leaves_the_trial_as_it_was(storage: Storage) -> None:
    searched(storage, 0.5, 0.25)
    assert make(storage, Confirm(look(storage).leaders, 2, "to confirm them"))
    assert make(storage, Close("time is up"))
    assert (storage.trial(SWEEP, 1).value, counts(storage)) == (0.25, {TrialState.COMPLETED: 2})
    end(storage)
    assert storage.sweep(SWEEP).best == Best(1, 0.25, {"l2": 1 / 64})


def test_trials_with_replicates_are_confirmed_with_more_of_them(storage: Storage) -> None:
    searched(storage, 0.5, 0.25, replicates=2)
    assert make(storage, Confirm(look(storage).leaders[:1], 2, "to confirm it"))
    claimed = claim(storage, slots=9).claimed
    assert [(item.trial, item.replicate) for item in claimed] == [(1, 2), (1, 3)]
    for item in claimed:
        finish(storage, item.lease, 0.75)
    assert storage.trial(SWEEP, 1).value == 0.5
    assert storage.sweep(SWEEP).best == Best(1, 0.5, {"l2": 1 / 64})


def test_a_seed_of_which_a_fold_is_missing_neither_counts_nor_confirms(storage: Storage) -> None:
    searched(storage, 0.5, 0.25, folds=2)
    assert make(storage, Confirm(look(storage).leaders[:1], 4, "to confirm it"))
    claimed = sorted(claim(storage, slots=9).claimed, key=lambda item: item.replicate)
    assert [(item.trial, item.replicate) for item in claimed] == [(1, 2), (1, 3), (1, 4), (1, 5)]
    finish(storage, claimed[0].lease, 0.75)
    finish(storage, claimed[2].lease, 0.75)
    assert (storage.trial(SWEEP, 1).value, storage.confirmed_trials(SWEEP)) == (0.25, [])
    finish(storage, claimed[3].lease, 0.25)
    assert storage.trial(SWEEP, 1).value == 0.375
    assert make(storage, End(SweepState.COMPLETED, "time is up"))
    assert (storage.trial(SWEEP, 1).value, len(storage.confirmed_trials(SWEEP))) == (0.375, 1)


def test_a_confirmation_that_was_cut_short_is_queued_again_under_higher_fences_and_not_charged_again(
    storage: Storage,
) -> None:
    searched(storage, 0.5, 0.25, 0.75, 0.25)
    assert make(storage, Confirm(look(storage).leaders, 2, "to confirm them"))
    first, second = (one.lease for one in claim(storage, slots=2).claimed)
    finish(storage, first, 1.25)
    assert make(storage, End(SweepState.COMPLETED, "time is up"))
    charged = look(storage).charged
    storage.change_sweep(SWEEP, SweepChanges(budget=Budget(4, seconds=9.0)), reopen=True)
    assert make(storage, Close("time is up"))
    leaders = look(storage).leaders
    assert leaders == (Leader(3, 3, 4, 2), Leader(1, 3, 4, 1))
    assert make(storage, Confirm(leaders, 2, "to confirm them"))
    assert look(storage).charged == charged
    claimed = claim(storage, slots=9).claimed
    assert [(item.trial, item.replicate) for item in claimed] == [(1, 2), (3, 1), (3, 2)]
    assert claimed[0].lease.run == second.run
    assert claimed[0].lease.fence > second.fence
    for item in claimed:
        finish(storage, item.lease, 0.75)
    assert storage.trainings(SWEEP, [1, 3]) == {1: {0: 0.25, 1: 1.25, 2: 0.75}, 3: {0: 0.25, 1: 0.75, 2: 0.75}}
    assert counts(storage) == {TrialState.COMPLETED: 4}


def test_a_trial_that_takes_the_result_of_a_leader_ended_when_it_ended(storage: Storage) -> None:
    create(storage, replace(spec(2), confirm=Confirmation(leaders=1, replicates=1), duplicates="reuse"))
    (first,) = drawn(0, 1)
    assert make(storage, Draw([first, replace(first, number=1, same_as=0)], 0, "drawn"))
    finish(storage, claim_one(storage).lease, 0.25)
    assert make(storage, Close("all done"))
    assert make(storage, Confirm(look(storage).leaders, 1, "to confirm it"))
    again = claim_one(storage).lease
    storage.pause_sweep(SWEEP)
    storage.finish("w1", [paused(again, 0.75, 2)], [], LATER)
    storage.resume_sweep(SWEEP)
    assert storage.trial(SWEEP, 1).finished_at == START
    storage.finish("w1", [result(claim_one(storage).lease, 0.75)], [], LATER)
    assert [(storage.trial(SWEEP, one).value, storage.trial(SWEEP, one).finished_at) for one in (0, 1)] == [
        (0.5, START)
    ] * 2


def test_only_trials_of_which_another_seed_came_to_its_end_are_confirmed(storage: Storage) -> None:
    searched(storage, 0.5, 0.25, 0.75, 0.25)
    assert make(storage, Confirm(look(storage).leaders, 2, "to confirm them"))
    first, second, third, fourth = (one.lease for one in claim(storage, slots=4).claimed)
    storage.report("w1", [Progress(second, [point(1)])], START).result()
    finish(storage, fourth, 0.625)
    assert storage.sweep(SWEEP).best == Best(3, 0.4375, {"l2": 3 / 64})
    assert make(storage, End(SweepState.COMPLETED, "time is up"))
    assert storage.sweep(SWEEP).state is SweepState.COMPLETED
    answers = storage.finish("w1", [result(lease, 9.0) for lease in (first, second, third)], [], START)
    assert [outcome for outcome, _ in answers.outcomes] == ["stale"] * 3
    assert storage.trainings(SWEEP, [1, 3]) == {1: {0: 0.25}, 3: {0: 0.25, 2: 0.625}}
    assert [one.number for one in storage.confirmed_trials(SWEEP)] == [3]
    assert (storage.trial(SWEEP, 1).value, storage.sweep(SWEEP).best) == (0.25, Best(3, 0.4375, {"l2": 3 / 64}))
    assert [(one.replicate, one.ending, one.epochs) for one in storage.attempts(SWEEP, 1)[1:]] == [
        (1, "released", 0),
        (2, "released", 1),
    ]
