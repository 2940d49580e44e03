"""What a worker has to tell, cut into requests that the server takes: by items, and by the bytes of their JSON."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from pydantic import TypeAdapter

from app.domain.work import (
    MOST_ITEMS,
    CheckpointRef,
    Epoch,
    FinishRequest,
    Lease,
    Progress,
    ReportRequest,
    Result,
)

MOST_EPOCHS = 8192
"""Epochs in one request: about 1 MB, which is encoded in a few milliseconds; training waits for no more than that."""

_FINISH, _REPORT = TypeAdapter(FinishRequest), TypeAdapter(ReportRequest)


@dataclass(frozen=True, slots=True)
class Parcel:
    """What there is to tell of one lease: epochs, in order, and at most one of a checkpoint and a result."""

    lease: Lease
    epochs: Sequence[Epoch] = ()
    checkpoint: CheckpointRef | None = None
    result: Result | None = None


def cut(
    parcels: Sequence[Parcel], most_items: int = MOST_ITEMS, most_epochs: int = MOST_EPOCHS
) -> Iterator[list[Parcel]]:
    """Yield parcels in their order, together up to the limits; one with more epochs is cut, its result coming last."""
    request, epochs = list[Parcel](), 0
    for parcel in parcels:
        for piece in _pieces(parcel, most_epochs):
            if request and (len(request) == most_items or epochs + len(piece.epochs) > most_epochs):
                yield request
                request, epochs = [], 0
            request.append(piece)
            epochs += len(piece.epochs)
    if request:
        yield request


def _pieces(parcel: Parcel, most_epochs: int) -> Iterator[Parcel]:
    """Yield a parcel in pieces of so many epochs; what else it holds goes with the last ones."""
    last = max(len(parcel.epochs) - 1, 0) // most_epochs * most_epochs
    for start in range(0, last, most_epochs):
        yield Parcel(parcel.lease, parcel.epochs[start : start + most_epochs])
    yield replace(parcel, epochs=parcel.epochs[last:])


def halves(parcels: Sequence[Parcel]) -> tuple[list[Parcel], list[Parcel]] | None:
    """Return a request as two, in order; None for one that has a single parcel with no more than one epoch."""
    middle = len(parcels) // 2
    if middle:
        return list(parcels[:middle]), list(parcels[middle:])
    (parcel,) = parcels
    half = len(parcel.epochs) // 2
    if not half:
        return None
    return [Parcel(parcel.lease, parcel.epochs[:half])], [replace(parcel, epochs=parcel.epochs[half:])]


def encode(worker: str, parcels: Sequence[Parcel]) -> bytes:
    """Return the body of a request: of a finish if there are results, else of a report."""
    progress = [Progress(one.lease, list(one.epochs), one.checkpoint) for one in parcels if one.result is None]
    if not any(one.result for one in parcels):
        return _REPORT.dump_json(ReportRequest(worker, progress))
    results = [replace(one.result, curve=list(one.epochs)) for one in parcels if one.result is not None]
    return _FINISH.dump_json(FinishRequest(worker, results, progress))
