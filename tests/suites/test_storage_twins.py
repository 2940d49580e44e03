"""What every storage must do with trials that take the result of another one, which has the same point."""

from collections import Counter
from dataclasses import replace

import pytest

from app.domain.plan import Block, Draw, Drawn, End, Need, Plan, Refund
from app.domain.states import SweepState, TrialState
from app.domain.sweeps import Budget, Duplicates, SweepChanges
from app.domain.values import key
from app.storage import Storage
from tests.app.storage.world import SWEEP, claim, claim_one, create, drawn, finish, make, spec
from tests.suites.one_sweep import LATER, look


def add(storage: Storage, trials: list[Drawn], *, epochs: int | None = None, duplicates: Duplicates = "reuse") -> None:
    create(storage, replace(spec(9), budget=Budget(9, epochs=epochs), duplicates=duplicates))
    assert make(storage, Draw(trials, 0, "drawn"))


def twin(number: int, of: int) -> Drawn:
    return replace(drawn(of, 1)[0], number=number, same_as=of)


def counts(storage: Storage) -> dict[TrialState, int]:
    """Return how many of the drawn trials are in each state; the sweep's counts say the same of those that ended."""
    found = Counter(storage.trial(SWEEP, number).state for number in range(look(storage).drawn))
    told = storage.sweep(SWEEP).counts
    assert all(told[state] == found[state] for state in TrialState if state is not TrialState.QUEUED)
    return found


def test_it_waits_without_a_run_and_takes_the_result_when_it_comes(storage: Storage) -> None:
    add(storage, [*drawn(0, 1), twin(1, 0)])
    assert (look(storage).waiting, look(storage).charged) == (1, 4)
    assert storage.trial(SWEEP, 1).reason == "has the point of trial 0, and its result"
    claimed = claim_one(storage)
    assert not claim(storage, slots=4).claimed
    assert counts(storage) == {TrialState.QUEUED: 1, TrialState.RUNNING: 1}
    finish(storage, claimed.lease, 0.25)
    first, second = (storage.trial(SWEEP, number) for number in (0, 1))
    assert (second.state, second.same_as) == (TrialState.COMPLETED, 0)
    assert second.finished_at == first.finished_at
    taken = ("value", "metrics", "best_epoch", "epochs")
    assert [getattr(second, name) for name in taken] == [getattr(first, name) for name in taken]
    assert (second.value, second.seconds, second.started_at) == (0.25, 0.0, None)
    assert counts(storage) == {TrialState.COMPLETED: 2}
    best = storage.sweep(SWEEP).best
    assert best is not None
    assert best.trial == 0
    assert storage.attempts(SWEEP, 1) == []
    assert storage.curve(SWEEP, 1, 0, 0, 9) == []


def test_drawn_after_the_result_it_has_it_at_once(storage: Storage) -> None:
    add(storage, drawn(0, 1))
    finish(storage, claim_one(storage).lease, 0.25)
    assert make(storage, Draw([twin(1, 0)], 0, "drawn"))
    assert storage.trial(SWEEP, 1).value == 0.25
    assert counts(storage) == {TrialState.COMPLETED: 2}


def test_those_that_have_it_already_stay_as_they_are_when_another_one_takes_it(storage: Storage) -> None:
    add(storage, [*drawn(0, 1), twin(1, 0)])
    finish(storage, claim_one(storage).lease, 0.25)
    before = storage.trial(SWEEP, 1)
    version = look(storage).version
    assert storage.apply(SWEEP, version, Plan((Draw([twin(2, 0)], 0, "drawn"),)), LATER)
    assert storage.trial(SWEEP, 1) == before
    assert (storage.trial(SWEEP, 2).value, storage.trial(SWEEP, 2).finished_at) == (0.25, LATER)


def test_the_means_of_replicates_are_taken_once_all_have_ended(storage: Storage) -> None:
    trial = replace(drawn(0, 1)[0], replicates=2)
    add(storage, [trial, replace(trial, number=1, same_as=0)])
    finish(storage, claim_one(storage).lease, 0.25)
    assert storage.trial(SWEEP, 1).value is None
    finish(storage, claim_one(storage).lease, 0.75)
    assert (storage.trial(SWEEP, 1).value, storage.trial(SWEEP, 1).replicates) == (0.5, 2)


def test_it_is_cancelled_with_the_other_and_waits_again_with_it(storage: Storage) -> None:
    add(storage, [*drawn(0, 2), twin(2, 1)])
    finish(storage, claim_one(storage).lease, 0.25)
    assert make(storage, End(SweepState.COMPLETED, "enough"))
    assert counts(storage) == {TrialState.COMPLETED: 1, TrialState.CANCELLED: 2}
    storage.change_sweep(SWEEP, SweepChanges(budget=Budget(12)), reopen=True)
    assert counts(storage) == {TrialState.COMPLETED: 1, TrialState.QUEUED: 2}
    assert storage.trial(SWEEP, 2).finished_at is None
    finish(storage, claim_one(storage).lease, 0.75)
    assert storage.trial(SWEEP, 2).value == 0.75
    storage.cancel_sweep(SWEEP, keep=False, now=LATER)
    assert counts(storage) == {TrialState.COMPLETED: 3}


@pytest.mark.parametrize("keep", [True, False])
def test_a_cancelled_sweep_leaves_none_waiting(storage: Storage, *, keep: bool) -> None:
    add(storage, [*drawn(0, 2), twin(2, 0), twin(3, 1)])
    running = claim_one(storage)
    storage.cancel_sweep(SWEEP, keep=keep, now=LATER)
    if keep:
        finish(storage, running.lease, 0.5)
        assert counts(storage) == {TrialState.COMPLETED: 2, TrialState.CANCELLED: 2}
    else:
        assert counts(storage) == {TrialState.CANCELLED: 4}


def test_samplers_are_not_shown_it_and_planners_are_shown_each_point_with_its_first_trial(storage: Storage) -> None:
    add(storage, [*drawn(0, 2), twin(2, 0)])
    for _ in range(2):
        finish(storage, claim_one(storage).lease, 0.5)
    shown = look(storage, Need.ALL)
    assert [trial.number for trial in shown.trials] == [0, 1]
    assert shown.taken == {key({"l2": 0.0}): 0, key({"l2": 1 / 64}): 1}


def test_the_point_of_a_cancelled_trial_is_free_again(storage: Storage) -> None:
    add(storage, drawn(0, 2), duplicates="skip")
    finish(storage, claim_one(storage).lease, 0.5)
    assert make(storage, End(SweepState.COMPLETED, "enough"))
    assert look(storage).taken == {key({"l2": 0.0}): 0}


def test_points_follow_trials_that_are_drawn_cancelled_and_queued_again_from_look_to_look(storage: Storage) -> None:
    points = [key({"l2": 0.0}), key({"l2": 1 / 64}), key({"l2": 2 / 64})]
    add(storage, drawn(0, 1), duplicates="skip")
    assert look(storage).taken == {points[0]: 0}
    assert make(storage, Draw(drawn(1, 1), 0, "drawn"))
    assert make(storage, Draw(drawn(2, 1), 0, "drawn"))
    assert look(storage).taken == dict(zip(points, range(3), strict=True))
    finish(storage, claim_one(storage).lease, 0.5)
    assert make(storage, End(SweepState.COMPLETED, "enough"))
    assert look(storage).taken == {points[0]: 0}
    storage.change_sweep(SWEEP, SweepChanges(budget=Budget(12)), reopen=True)
    assert look(storage).taken == dict(zip(points, range(3), strict=True))


def test_without_a_choice_planners_are_shown_no_points(storage: Storage) -> None:
    add(storage, drawn(0, 2), duplicates="seed")
    assert look(storage).taken == {}


def test_a_block_of_nothing_but_taken_results_has_no_epochs(storage: Storage) -> None:
    add(storage, drawn(0, 1), epochs=100)
    finish(storage, claim_one(storage).lease, 0.5)
    block = look(storage).block
    assert block
    assert make(storage, Refund(block), Draw([twin(1, 0), twin(2, 0)], 0, "drawn"), memory={"refunded": 1})
    assert look(storage).block == Block(1, 3, 0, 0)
