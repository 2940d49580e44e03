"""What is wrong with a request of a worker, beyond what its form already shows."""

import math
from collections.abc import Iterator, Sequence

from app.domain.errors import Fault, InvalidRequest, pointer
from app.domain.trials import METRICS
from app.domain.work import ClaimRequest, Epoch, FinishRequest, HeartbeatRequest, Progress, ReportRequest, Result

MOST_SLOTS = 4096
MOST_ITEMS = 4096
LONGEST_NAME = 200
MOST_LAYERS = 64


def require_sound(request: ClaimRequest | HeartbeatRequest | ReportRequest | FinishRequest) -> None:
    """Raise InvalidRequest with everything that is wrong with the request."""
    faults = [*_worker_faults(request.worker), *_body_faults(request)]
    if faults:
        raise InvalidRequest(faults)


def _body_faults(request: ClaimRequest | HeartbeatRequest | ReportRequest | FinishRequest) -> Iterator[Fault]:
    if isinstance(request, ClaimRequest):
        yield from _claim_faults(request)
    elif isinstance(request, HeartbeatRequest):
        yield from _count_faults("leases", request.leases)
    else:
        yield from _count_faults("items", request.items)
        yield from _item_faults(request)


def _item_faults(request: ReportRequest | FinishRequest) -> Iterator[Fault]:
    if isinstance(request, FinishRequest):
        for index, result in enumerate(request.items):
            yield from _result_faults(result, pointer("items", index))
        yield from _count_faults("progress", request.progress)
        yield from _progress_faults("progress", request.progress)
    else:
        yield from _progress_faults("items", request.items)


def _progress_faults(name: str, items: Sequence[Progress]) -> Iterator[Fault]:
    for index, progress in enumerate(items):
        yield from _curve_faults(progress.epochs, pointer(name, index, "epochs"))


def _worker_faults(worker: str) -> Iterator[Fault]:
    if not 1 <= len(worker) <= LONGEST_NAME:
        detail = f"The worker's id has {len(worker)} characters; it must have 1 to {LONGEST_NAME}."
        yield Fault("/worker", f"{detail} Choose one that no other worker has.")


def _claim_faults(request: ClaimRequest) -> Iterator[Fault]:
    if not 1 <= request.slots <= MOST_SLOTS:
        yield Fault("/slots", f"slots is {request.slots}; it must be from 1 to {MOST_SLOTS}.")
    if not 0 <= request.wait < math.inf:
        yield Fault("/wait", f"wait is {request.wait}; it must be 0 or more seconds.")
    yield from _count_faults("cohorts", request.cohorts)


def _count_faults(name: str, items: Sequence[object]) -> Iterator[Fault]:
    if len(items) > MOST_ITEMS:
        detail = f"{name} has {len(items)} entries, but at most {MOST_ITEMS} fit into one request. Send several."
        yield Fault(pointer(name), detail)


def _result_faults(item: Result, place: str) -> Iterator[Fault]:
    for name, value in item.metrics.items():
        if name not in METRICS:
            detail = f'There is no metric "{name}". Known are {", ".join(METRICS)}.'
            yield Fault(place + pointer("metrics", name), detail)
        yield from _finite(value, name, place + pointer("metrics", name))
    for name, number in (("epochs", item.epochs), ("best_epoch", item.best_epoch or 0)):
        if number < 0:
            yield Fault(f"{place}/{name}", f"{name} is {number}; it must be 0 or more.")
    yield from _finite(item.seconds, "seconds", f"{place}/seconds")
    yield from _curve_faults(item.curve, f"{place}/curve")


def _curve_faults(curve: Sequence[Epoch], place: str) -> Iterator[Fault]:
    for index, point in enumerate(curve):
        if point.epoch < 1:
            detail = f"The epoch is {point.epoch}; epochs are counted from 1."
            yield Fault(f"{place}/{index}/epoch", detail)
        for name in ("train_loss", "dev_loss", "dev_error", "dev_rmse", "seconds"):
            yield from _finite(getattr(point, name), name, f"{place}/{index}/{name}")
        yield from _norm_faults(point.gradient_norms or (), f"{place}/{index}/gradient_norms")


def _norm_faults(norms: Sequence[float | None], place: str) -> Iterator[Fault]:
    if len(norms) > MOST_LAYERS:
        yield Fault(place, f"gradient_norms has {len(norms)} entries; at most {MOST_LAYERS} are kept, one a layer.")
        return
    for index, norm in enumerate(norms):
        yield from _finite(norm, "a gradient norm", f"{place}/{index}")


def _finite(value: float | None, name: str, place: str) -> Iterator[Fault]:
    if value is not None and not math.isfinite(value):
        yield Fault(place, f"{name} is {value}; send null for a value that is not finite.")
