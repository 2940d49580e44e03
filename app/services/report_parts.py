"""A long report is stored in parts: other requests take their turn in between."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from app.domain.work import Decision, Lease, Progress

PART = 4096
"""The most epochs that are stored at a time, which takes some tens of milliseconds."""


def parts(items: Sequence[Progress]) -> Iterator[list[Progress]]:
    """Yield the progress in its order, with at most PART epochs at a time; at least one part, which may be empty."""
    part, epochs = list[Progress](), 0
    for item in items:
        for piece in _pieces(item):
            if part and epochs + len(piece.epochs) > PART:
                yield part
                part, epochs = [], 0
            part.append(piece)
            epochs += len(piece.epochs)
    yield part


def _pieces(item: Progress) -> Iterator[Progress]:
    """Yield the epochs of one run in pieces; the checkpoint comes with the last, since it needs all of them."""
    last = max(len(item.epochs) - 1, 0) // PART * PART
    for first in range(0, last, PART):
        yield replace(item, epochs=item.epochs[first : first + PART], checkpoint=None)
    yield replace(item, epochs=item.epochs[last:]) if last else item


def joined(items: Sequence[Progress], decided: Sequence[Decision]) -> list[Decision]:
    """Return one decision for each item: the first that is no `continue`, of those on its pieces."""
    waiting = iter(decided)
    return [_first(item.lease, [next(waiting) for _ in _pieces(item)]) for item in items]


def _first(lease: Lease, decisions: Sequence[Decision]) -> Decision:
    return next((one for one in decisions if one.decision != "continue"), Decision(lease, "continue"))
