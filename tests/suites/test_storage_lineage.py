"""What every storage must do with trials that go on from others: through the protocol alone, no SQL."""

from dataclasses import replace

from app.domain.plan import Close, Confirm, Draw, Drawn, End, Inheritance, Need, Prune, Refund, Train
from app.domain.queue import Claimed
from app.domain.states import SweepState
from app.domain.sweeps import Budget, Confirmation
from app.domain.trials import Ancestor
from app.domain.work import CheckpointRef, GivenBack, Progress, Result
from app.storage import Storage
from tests.app.storage.world import START, SWEEP, claim, claim_one, create, drawn, make, paused, point, spec
from tests.suites.one_sweep import look


def begin(storage: Storage, replicates: int = 1) -> None:
    """Store a sweep whose trial 0 has paused at epoch 2."""
    create(storage, replace(spec(9), budget=Budget(9, epochs=99), replicates=replicates))
    (first,) = drawn(0, 1)
    assert make(storage, Draw([replace(first, to_epoch=2, replicates=replicates)], 1, "drawn"), memory={"round": 1})
    for claimed in claim(storage, slots=replicates).claimed:
        storage.finish("w1", [paused(claimed.lease, 0.5, 2)], [], START)


def heir(number: int, parent: int = 0, epoch: int = 2, to_epoch: int = 4, replicates: int = 1) -> Drawn:
    """A trial that goes on from another one."""
    return Drawn(number, {"l2": number / 64}, "c0", to_epoch, replicates, (parent,), Inheritance(parent, epoch))


def result(claimed: Claimed, first: int = 3) -> Result:
    """The end of an heir whose own epochs begin with this one."""
    curve = [point(epoch) for epoch in range(first, 5)]
    return Result(claimed.lease, "completed", {"dev_error": 0.25}, 4, 4, 0.5, "trained to its end", curve)


def test_an_heir_is_charged_and_reports_its_own_epochs_alone(storage: Storage) -> None:
    begin(storage)
    assert make(storage, Draw([heir(1)], 2, "drawn"), memory={"round": 2})
    assert look(storage).charged == 4
    claimed = claim_one(storage)
    assert (claimed.trial, claimed.to_epoch, claimed.params) == (1, 4, {"l2": 1 / 64})
    assert claimed.ancestors == [Ancestor(0, {"l2": 0.0}, 2)]
    assert storage.trial(SWEEP, 1).epochs == 2
    recorded = storage.finish("w1", [result(claimed)], [], START)
    assert [outcome for outcome, _ in recorded.outcomes] == ["recorded"]
    assert [one.epoch for one in storage.curve(SWEEP, 1, 0, 0, 9)] == [3, 4]
    assert [one.epoch for one in storage.curve(SWEEP, 0, 0, 0, 9)] == [1, 2]
    trial = storage.trial(SWEEP, 1)
    assert (trial.state, trial.value, trial.best_epoch, trial.epochs) == ("completed", 0.25, 4, 4)


def test_a_gap_after_what_an_heir_inherited_is_refused(storage: Storage) -> None:
    begin(storage)
    assert make(storage, Draw([heir(1)], 2, "drawn"))
    claimed = claim_one(storage)
    (decision,) = storage.report("w1", [Progress(claimed.lease, [point(4)])], START).result()
    assert decision.decision == "stop"
    assert "from 3 on" in (decision.reason or "")


def test_what_heirs_and_their_parents_did_not_train_is_given_back(storage: Storage) -> None:
    begin(storage)
    assert make(storage, Draw([heir(1), heir(2)], 2, "drawn"), memory={"round": 2})
    first, second = claim(storage, slots=2).claimed
    storage.finish("w1", [result(first)], [Progress(second.lease, [point(3)])], START)
    assert make(storage, End(SweepState.COMPLETED, "over"))
    again = replace(result(second), epochs=3, best_epoch=3, curve=[])
    storage.finish("w1", [again], [], START)
    block = look(storage, Need.ALL).block
    assert block is not None
    assert (block.charged, block.trained) == (6, 5)


def test_who_may_have_the_parent_in_memory_gets_its_heirs_first(storage: Storage) -> None:
    begin(storage)
    (other,) = drawn(1, 1)
    assert make(storage, Draw([other], 2, "drawn"), memory={"round": 2})
    assert make(storage, Draw([heir(2)], 2, "drawn"), memory={"round": 2})
    assert claim_one(storage, "w2").trial == 1
    assert make(storage, Draw(drawn(3, 1), 2, "drawn"), memory={"round": 2})
    assert claim_one(storage, "w1").trial == 2


def test_a_parents_checkpoint_is_offered_to_its_heirs_also_if_it_came_late(storage: Storage) -> None:
    begin(storage)
    shown = look(storage, Need.ALL).runs
    (parent,) = shown
    assert make(storage, Draw([heir(1)], 2, "drawn"), memory={"round": 2})
    late = CheckpointRef(2, "ab" * 32, 100)
    lease = claim_one(storage).lease  # of the heir
    storage.release("w1", [GivenBack(lease)], START)
    storage.report("w1", [Progress(replace(lease, run=parent.key, fence=1), [], late)], START).result()
    claimed = claim_one(storage)
    assert claimed.checkpoint == late
    early = CheckpointRef(1, "cd" * 32, 100)
    storage.report("w1", [Progress(claimed.lease, [], early)], START).result()
    storage.release("w1", [GivenBack(claimed.lease)], START)
    claimed = claim_one(storage)
    assert claimed.checkpoint == late
    own = CheckpointRef(3, "ef" * 32, 100)
    storage.report("w1", [Progress(claimed.lease, [point(3)], own)], START).result()
    storage.release("w1", [GivenBack(claimed.lease)], START)
    assert claim_one(storage).checkpoint == own


def test_a_checkpoint_of_a_parent_that_went_further_is_not_offered(storage: Storage) -> None:
    begin(storage)
    (parent,) = look(storage, Need.ALL).runs
    train, draw = Train([parent], 4, 2, "it leads"), Draw([heir(1)], 2, "drawn")
    assert make(storage, train, draw, memory={"round": 2})
    first, second = claim(storage, slots=2).claimed
    further = CheckpointRef(3, "ab" * 32, 100)
    storage.report("w1", [Progress(first.lease, [point(3)], further)], START).result()
    storage.finish("w1", [result(first, 4)], [], START)
    storage.release("w1", [GivenBack(second.lease)], START)
    assert claim_one(storage).checkpoint is None


def test_replicates_of_an_heir_begin_where_those_of_its_parent_stand(storage: Storage) -> None:
    begin(storage, replicates=2)
    parents = look(storage, Need.ALL).runs
    assert make(storage, Draw([heir(1, replicates=2)], 2, "drawn"), memory={"round": 2})
    ref = CheckpointRef(2, "ab" * 32, 100)
    lease = claim_one(storage, "w2").lease
    storage.release("w2", [GivenBack(lease)], START)
    storage.report("w1", [Progress(replace(lease, run=parents[1].key, fence=1), [], ref)], START).result()
    found = {one.replicate: one.checkpoint for one in claim(storage, slots=2).claimed}
    assert found == {0: None, 1: ref}


def test_the_lineage_of_a_trial_has_all_its_ancestors_the_first_one_first(storage: Storage) -> None:
    begin(storage)
    assert make(storage, Draw([heir(1, to_epoch=3)], 2, "drawn"), memory={"round": 2})
    claimed = claim_one(storage)
    storage.finish(
        "w1", [Result(claimed.lease, "paused", {"dev_error": 0.25}, 3, 3, 0.5, "paused", [point(3)])], [], START
    )
    assert make(storage, Draw([heir(2, parent=1, epoch=3)], 3, "drawn"), memory={"round": 3})
    line = [Ancestor(0, {"l2": 0.0}, 2), Ancestor(1, {"l2": 1 / 64}, 3)]
    assert storage.lineage(SWEEP, [0, 1, 2]) == {1: line[:1], 2: line}
    assert claim_one(storage).ancestors == line


def test_a_sweep_with_heirs_is_refunded_and_deleted_with_all_that_belongs_to_it(storage: Storage) -> None:
    begin(storage)
    (parent,) = look(storage, Need.ALL).runs
    assert make(storage, Draw([heir(1)], 2, "drawn"), Prune(parent, 1, "its heir takes its place"), memory={"round": 2})
    storage.finish("w1", [result(claim_one(storage))], [], START)
    block = look(storage, Need.ALL).block
    assert block is not None
    assert make(storage, Refund(block), memory={"refunded": 2})
    assert look(storage).charged == 4
    assert make(storage, End(SweepState.COMPLETED, "over"))
    storage.delete_sweep(SWEEP)
    assert storage.running_sweeps() == []


def test_more_runs_of_a_confirmed_heir_begin_where_its_own_epochs_do(storage: Storage) -> None:
    whole = replace(spec(9), budget=Budget(9, epochs=99), confirm=Confirmation(leaders=1, replicates=1))
    create(storage, whole)
    (first,) = drawn(0, 1)
    assert make(storage, Draw([replace(first, to_epoch=2)], 1, "drawn"), memory={"round": 1})
    storage.finish("w1", [paused(claim_one(storage).lease, 0.5, 2)], [], START)
    assert make(storage, Draw([heir(1)], 2, "drawn"), memory={"round": 2})
    storage.finish("w1", [result(claim_one(storage))], [], START)
    (parent,) = (run for run in look(storage, Need.ALL).runs if run.trial == 0)
    assert make(storage, Prune(parent, 2, "it is behind"), Close("all done"), memory={"round": 2})
    before = look(storage)
    assert make(storage, Confirm(before.leaders, 1, "to confirm it"))
    assert look(storage).charged == before.charged + 2
    claimed = claim_one(storage)
    assert (claimed.trial, claimed.replicate, claimed.ancestors) == (1, 1, [Ancestor(0, {"l2": 0.0}, 2)])
    recorded = storage.finish("w1", [result(claimed)], [], START)
    assert [outcome for outcome, _ in recorded.outcomes] == ["recorded"]
