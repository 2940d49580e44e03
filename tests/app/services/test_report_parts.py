"""Tests of long reports: the parts hold everything once, in order, and the decisions come together again."""

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.work import CheckpointRef, Decision, Epoch, Lease, Progress
from app.services.report_parts import PART, joined, parts
from tests.tries import tries

CHECKPOINT = CheckpointRef(1, "0" * 64, 1)


def progress(counts: Sequence[int]) -> list[Progress]:
    return [
        Progress(Lease(run, 1), [Epoch(epoch + 1, {}, 0.0) for epoch in range(count)], CHECKPOINT)
        for run, count in enumerate(counts)
    ]


@settings(max_examples=tries(30), deadline=None)
@given(st.lists(st.sampled_from([0, 1, PART - 1, PART, PART + 1, 2 * PART, 2 * PART + 1]), max_size=5))
def test_the_parts_hold_all_epochs_in_their_order_and_each_checkpoint_after_its_epochs(counts: list[int]) -> None:
    items = progress(counts)
    found = list(parts(items))
    assert all(sum(len(piece.epochs) for piece in part) <= PART for part in found)
    pieces = [piece for part in found for piece in part]
    for item in items:
        mine = [piece for piece in pieces if piece.lease == item.lease]
        assert [epoch for piece in mine for epoch in piece.epochs] == item.epochs
        assert [piece.checkpoint for piece in mine] == [None] * (len(mine) - 1) + [CHECKPOINT]
    assert [piece.lease.run for piece in pieces] == sorted(piece.lease.run for piece in pieces)


def test_a_usual_report_is_one_part_as_it_came() -> None:
    items = progress([4] * 64)
    assert list(parts(items)) == [items]
    assert list(parts([])) == [[]]


def test_a_run_that_shall_stop_after_some_pieces_stops() -> None:
    items = progress([2 * PART, 1])
    first, second = (item.lease for item in items)
    stop = Decision(first, "stop", "a gap")
    decided = [stop, Decision(first, "stop", "lost"), Decision(second, "continue")]
    assert joined(items, decided) == [stop, Decision(second, "continue")]
