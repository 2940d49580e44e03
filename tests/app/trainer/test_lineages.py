"""Tests of runs that go on from others: the same bits from memory, from any checkpoint, and by the whole lineage."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from app.contract.hyperparameters import complete
from app.domain.errors import Unavailable
from app.domain.work import CheckpointRef, Decision, Epoch, GivenBack, Lease, LeasedRun, Piece
from app.trainer.loading import RunLoader
from app.trainer.packing import LeasedCheckpoint, packed
from app.trainer.trainer import StoppedRun, Trainer
from tests.app.trainer.runs import Stored, add, run, table

DATA = table("binary")
SHARED: Mapping[str, Any] = {"epochs": 8, "hidden_units": [6], "keep_prob": 0.8, "batch_norm": True}
GRAND = {"learning_rate": 0.05, "beta1": 0.9}
PARENT = {"learning_rate": 0.02, "beta1": 0.8}
CHILD = {"learning_rate": 0.03, "beta1": 0.95}


def piece(trial: int, to_epoch: int, knobs: Mapping[str, float]) -> Piece:
    return Piece(trial, dict(complete({**SHARED, **knobs})), to_epoch)


def of(trial: int, knobs: Mapping[str, Any], lineage: Sequence[Piece] = (), to_epoch: int = 8) -> LeasedRun:
    """A run that goes on from what its ancestors trained."""
    return replace(run(DATA, trial, **SHARED, **knobs), lineage=list(lineage), to_epoch=to_epoch, early_stopping=None)


FIRST, SECOND = piece(0, 2, GRAND), piece(1, 5, PARENT)
GRANDPARENT, PARENT_RUN, CHILD_RUN = of(0, GRAND), of(1, PARENT, [FIRST]), of(2, CHILD, [FIRST, SECOND])


def finish(trainer: Trainer) -> tuple[dict[Lease, list[Epoch]], dict[Lease, StoppedRun]]:
    curves: dict[Lease, list[Epoch]] = {}
    stopped: dict[Lease, StoppedRun] = {}
    while len(trainer):
        turn = trainer.train({})
        for lease, epoch in turn.epochs:
            curves.setdefault(lease, []).append(epoch)
        stopped |= {one.result.lease: one for one in turn.stopped}
    return curves, stopped


def trained(one: LeasedRun, *company: LeasedRun, source: Stored | None = None) -> tuple[list[Epoch], StoppedRun]:
    """Train a run, beside others, in a trainer that has nothing in memory."""
    trainer = Trainer(lambda: 0.0)
    add(trainer, [*company, one], RunLoader(source or Stored(DATA)))
    curves, stopped = finish(trainer)
    return curves[one.lease], stopped[one.lease]


def stored(snapshot: LeasedCheckpoint | None) -> tuple[CheckpointRef, Stored]:
    """Return a checkpoint as it is handed in, and a source that has it."""
    assert snapshot is not None
    ref, pieces = packed(snapshot[1])
    source = Stored(DATA)
    source.checkpoints[ref.sha256] = b"".join(pieces)
    return ref, source


def again(one: LeasedRun, checkpoint: CheckpointRef | None = None, to_epoch: int = 8) -> LeasedRun:
    lease = Lease(one.lease.run, one.lease.fence + 1)
    return replace(one, lease=lease, checkpoint=checkpoint, to_epoch=to_epoch)


@pytest.fixture(scope="module")
def alone() -> tuple[list[Epoch], StoppedRun]:
    """What the child comes to by its whole lineage, alone."""
    return trained(CHILD_RUN)


def assert_same(found: tuple[list[Epoch], StoppedRun], alone: tuple[list[Epoch], StoppedRun]) -> None:
    (curve, stopped), (wanted, end) = found, alone
    assert curve == wanted[-len(curve) :]
    assert stopped.weights == end.weights is not None
    assert replace(stopped.result, lease=end.result.lease) == end.result


def test_only_its_own_epochs_are_told_of_a_run_that_trains_its_whole_lineage(
    alone: tuple[list[Epoch], StoppedRun],
) -> None:
    curve, stopped = alone
    assert [point.epoch for point in curve] == [6, 7, 8]
    assert (stopped.result.state, stopped.result.epochs) == ("completed", 8)
    assert stopped.result.best_epoch in {6, 7, 8}


def test_each_of_its_ancestors_and_its_own_knobs_shape_what_a_run_comes_to(
    alone: tuple[list[Epoch], StoppedRun],
) -> None:
    others = [
        of(2, CHILD, [piece(0, 2, PARENT), SECOND]),
        of(2, CHILD, [replace(FIRST, trial=3), SECOND]),
        of(2, CHILD, [SECOND]),
        of(2, PARENT, [FIRST, SECOND]),
    ]
    found = [trained(one)[1].weights for one in others]
    assert len({alone[1].weights, *found}) == 5


def test_a_lineage_in_company_has_the_bits_of_one_alone(alone: tuple[list[Epoch], StoppedRun]) -> None:
    company = [of(number, {**GRAND, "l2": 0.1 * number}) for number in (5, 6)]
    assert_same(trained(CHILD_RUN, *company, PARENT_RUN), alone)


def test_a_run_goes_on_from_a_parent_parked_beside_it_which_goes_on_as_well(
    alone: tuple[list[Epoch], StoppedRun],
) -> None:
    trainer, loader = Trainer(lambda: 0.0), RunLoader(Stored(DATA))
    add(trainer, [replace(PARENT_RUN, to_epoch=5)], loader)
    curves, _ = finish(trainer)
    assert [point.epoch for point in curves[PARENT_RUN.lease]] == [3, 4, 5]
    add(trainer, [again(PARENT_RUN), CHILD_RUN], loader)
    turns = 0
    curve, stopped = list[Epoch](), dict[int, StoppedRun]()
    while len(trainer):
        turn = trainer.train({})
        curve += [epoch for lease, epoch in turn.epochs if lease == CHILD_RUN.lease]
        stopped |= {one.result.lease.run: one for one in turn.stopped}
        turns += 1
    assert turns == 3  # no epoch was trained again
    assert_same((curve, stopped[CHILD_RUN.lease.run]), alone)
    whole = trained(PARENT_RUN)[1]
    assert stopped[PARENT_RUN.lease.run].weights == whole.weights


@pytest.mark.parametrize(("ancestor", "epoch"), [(GRANDPARENT, 1), (GRANDPARENT, 2), (PARENT_RUN, 4), (PARENT_RUN, 5)])
def test_a_run_goes_on_from_any_checkpoint_of_its_ancestors(
    ancestor: LeasedRun, epoch: int, alone: tuple[list[Epoch], StoppedRun]
) -> None:
    before = Trainer(lambda: 0.0)
    add(before, [replace(ancestor, to_epoch=epoch)], RunLoader(Stored(DATA)))
    finish(before)
    ref, source = stored(before.next_checkpoint(0.0))
    assert ref.epoch == epoch
    assert_same(trained(replace(CHILD_RUN, checkpoint=ref), source=source), alone)


@pytest.mark.parametrize("epochs", [1, 2, 3, 4, 5, 6, 7])
def test_a_run_that_was_lost_anywhere_on_its_way_goes_on_from_what_it_had_handed_in(
    epochs: int, alone: tuple[list[Epoch], StoppedRun]
) -> None:
    times = iter(range(1000))
    before = Trainer(lambda: float(next(times)))
    add(before, [CHILD_RUN], RunLoader(Stored(DATA)))
    for _ in range(epochs):
        before.train({})
    snapshot = before.next_checkpoint(0.0)
    if epochs in {2, 5}:  # just become its own: what it was is its ancestor's
        assert snapshot is None
        return
    ref, source = stored(snapshot)
    assert ref.epoch == epochs
    curve, stopped = trained(again(CHILD_RUN, ref), source=source)
    assert curve == alone[0][max(epochs - 5, 0) :]
    assert stopped.weights == alone[1].weights


@pytest.mark.parametrize("content", [b"", b"broken"])
def test_a_run_whose_ancestors_checkpoint_is_of_no_use_trains_its_whole_lineage(
    content: bytes, alone: tuple[list[Epoch], StoppedRun]
) -> None:
    ref = CheckpointRef(5, "ab" * 32, 10)
    source = Stored(DATA)
    source.checkpoints[ref.sha256] = content
    assert_same(trained(replace(CHILD_RUN, checkpoint=ref), source=source), alone)


def test_a_checkpoint_of_another_network_is_not_inherited(alone: tuple[list[Epoch], StoppedRun]) -> None:
    other = replace(run(DATA, 1, **{**SHARED, "hidden_units": [3]}), to_epoch=5, early_stopping=None)
    before = Trainer(lambda: 0.0)
    add(before, [other], RunLoader(Stored(DATA)))
    finish(before)
    ref, source = stored(before.next_checkpoint(0.0))
    assert_same(trained(replace(CHILD_RUN, checkpoint=ref), source=source), alone)


def test_a_run_pauses_on_its_own_way_and_goes_on_here_and_elsewhere(alone: tuple[list[Epoch], StoppedRun]) -> None:
    trainer = Trainer(lambda: 0.0)
    add(trainer, [replace(CHILD_RUN, to_epoch=6)], RunLoader(Stored(DATA)))
    curves, stopped = finish(trainer)
    assert stopped[CHILD_RUN.lease].result.state == "paused"
    assert curves[CHILD_RUN.lease] == alone[0][:1]
    ref, source = stored(trainer.next_checkpoint(0.0))
    elsewhere = trained(again(CHILD_RUN, ref), source=source)
    add(trainer, [again(CHILD_RUN)], RunLoader(Stored(DATA)))
    curves, stopped = finish(trainer)
    lease = again(CHILD_RUN).lease
    assert_same((curves[lease], stopped[lease]), alone)
    assert_same(elsewhere, alone)


@pytest.mark.parametrize("decision", ["pause", "complete"])
@pytest.mark.parametrize("epochs", [1, 2, 5])
def test_a_run_that_is_to_stop_before_its_first_own_epoch_goes_back(decision: Any, epochs: int) -> None:
    trainer = Trainer(lambda: 0.0)
    add(trainer, [CHILD_RUN], RunLoader(Stored(DATA)))
    for _ in range(epochs):
        assert trainer.train({}).epochs == []
    turn = trainer.obey([Decision(CHILD_RUN.lease, decision)], {})
    assert turn.given_back == [GivenBack(CHILD_RUN.lease)]
    assert turn.stopped == []
    assert len(trainer) == 0
    assert not trainer.is_parked(CHILD_RUN)


def test_hyperparameters_of_ancestors_that_a_worker_does_not_know_are_refused_too() -> None:
    strange = replace(SECOND, params={**SECOND.params, "warp": 9})
    with pytest.raises(Unavailable, match="does not know: warp"):
        RunLoader(Stored(DATA)).load(of(2, CHILD, [FIRST, strange]), parked=False)


@pytest.mark.parametrize("replicate", [1, 2])
def test_runs_of_folds_inherit_from_the_same_fold_of_their_parents(replicate: int) -> None:
    """With two folds run 2 is the first fold again, with other random numbers."""
    whole = replace(of(1, PARENT, [FIRST]), folds=2, replicate=replicate)
    parent = replace(of(0, GRAND), folds=2, replicate=replicate, to_epoch=2)
    trainer, loader = Trainer(lambda: 0.0), RunLoader(Stored(DATA))
    add(trainer, [parent], loader)
    finish(trainer)
    add(trainer, [whole], loader)
    curves, stopped = finish(trainer)
    assert (curves[whole.lease], stopped[whole.lease]) == trained(whole)
