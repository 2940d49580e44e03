"""What is wrong with a request of a worker, beyond what its form already shows: that numbers are finite, for one."""

from collections.abc import Iterable, Iterator, Sequence, Set
from types import MappingProxyType

from app.contract.metrics import MEASURES, suggestion
from app.domain.errors import Fault, InvalidRequest, faults_of, pointer, show
from app.domain.values import LARGEST_WHOLE
from app.domain.work import (
    MOST_ITEMS,
    About,
    CheckpointRef,
    ClaimRequest,
    Epoch,
    FinishRequest,
    HeartbeatRequest,
    Lease,
    Metrics,
    ModelRef,
    Progress,
    ReleaseRequest,
    ReportRequest,
    Result,
)
from app.services.artifacts import MOST_MODEL_BYTES, is_sha256
from app.services.checkpoints import MOST_CHECKPOINT_BYTES
from app.services.foreign_checks import Specs, declared, foreign_progress_faults, foreign_result_faults

MOST_SLOTS = 4096
LONGEST_NAME = 200
LONGEST_REASON = 2000
MOST_LAYERS = 64
MOST_MADE_WITH = 20

_KNOWN = MEASURES.keys()

Place = tuple[str | int, ...]
"""Where something is in a request: the tokens of its JSON pointer."""

WorkRequest = ClaimRequest | HeartbeatRequest | ReportRequest | FinishRequest | ReleaseRequest


def require_sound(request: WorkRequest, foreign: Specs = MappingProxyType({})) -> None:
    """Raise InvalidRequest with everything that is wrong with the request.

    `foreign` has the specs of those runs that are of foreign trainers.
    """
    if faults := list(_faults(request, foreign)):
        raise InvalidRequest(faults)


def is_sound(request: WorkRequest) -> bool:
    """Return whether nothing is wrong with a request about runs of our own trainer: it ends at the first fault."""
    return next(_faults(request, MappingProxyType({})), None) is None


def _faults(request: WorkRequest, foreign: Specs) -> Iterator[Fault]:
    yield from name_faults("worker", request.worker)
    yield from _body_faults(request, foreign)


def _body_faults(request: WorkRequest, foreign: Specs) -> Iterator[Fault]:
    match request:
        case ClaimRequest():
            yield from _claim_faults(request)
        case HeartbeatRequest():
            yield from _count_faults("leases", request.leases)
            for index, lease in enumerate(request.leases):
                yield from _lease_faults(lease, ("leases", index))
            yield from _about_faults(request.about)
        case ReportRequest():
            yield from _unknown_metrics(_curves("items", request.items), foreign)
            yield from _progress_faults("items", request.items)
            yield from foreign_progress_faults("items", request.items, foreign)
        case FinishRequest():
            yield from _finish_faults(request, foreign)
        case ReleaseRequest():
            yield from _count_faults("items", request.items)
            for index, item in enumerate(request.items):
                yield from _lease_faults(item.lease, ("items", index, "lease"))
                yield from _reason_faults(item.reason, pointer("items", index, "reason"))


def _claim_faults(request: ClaimRequest) -> Iterator[Fault]:
    yield from name_faults("trainer", request.trainer)
    if request.rules < 1:
        yield Fault("/rules", f"rules is {request.rules}; the versions of the rules are counted from 1.")
    yield from _whole_faults(request.rules, "/rules")
    if not 1 <= request.slots <= MOST_SLOTS:
        yield Fault("/slots", f"slots is {request.slots}; it must be from 1 to {MOST_SLOTS}.")
    if request.wait < 0:
        yield Fault("/wait", f"wait is {request.wait}; it must be 0 or more seconds.")
    yield from _count_faults("cohorts", request.cohorts)
    yield from _about_faults(request.about)


def _about_faults(about: About | None) -> Iterator[Fault]:
    if about is None:
        return
    if not 1 <= about.slots <= MOST_SLOTS:
        yield Fault("/about/slots", f"slots is {about.slots}; it must be from 1 to {MOST_SLOTS}.")
    if len(about.version) > LONGEST_NAME:
        detail = f"The version has {len(about.version)} characters; it may have {LONGEST_NAME}. Shorten it."
        yield Fault("/about/version", detail)
    if about.memory_bytes is not None:
        yield from _whole_faults(about.memory_bytes, "/about/memory_bytes")
        if -LARGEST_WHOLE <= about.memory_bytes < 0:
            yield Fault("/about/memory_bytes", f"memory_bytes is {about.memory_bytes}; it must be 0 or more.")


def _finish_faults(request: FinishRequest, foreign: Specs) -> Iterator[Fault]:
    yield from _count_faults("items", request.items)
    yield from _unknown_metrics(_measured(request), foreign)
    yield from foreign_result_faults(request.items, foreign)
    yield from foreign_progress_faults("progress", request.progress, foreign)
    for index, result in enumerate(request.items):
        yield from _lease_faults(result.lease, ("items", index, "lease"))
        yield from _result_faults(result, pointer("items", index))
        yield from _curve_faults(result.curve, ("items", index, "curve"))
    yield from _progress_faults("progress", request.progress)


def name_faults(field: str, name: str) -> Iterator[Fault]:
    """Yield what is wrong with a name, of a worker for one."""
    if not 1 <= len(name) <= LONGEST_NAME:
        detail = f"The {field} has {len(name)} characters; it must have 1 to {LONGEST_NAME}."
        way = " Choose an id that no other worker has." if field == "worker" else ""
        yield Fault(pointer(field), detail + way)


def _count_faults(name: str, items: Sequence[object]) -> Iterator[Fault]:
    if len(items) > MOST_ITEMS:
        detail = f"{name} has {len(items)} entries, but at most {MOST_ITEMS} fit into one request. Send several."
        yield Fault(pointer(name), detail)


def _lease_faults(lease: Lease, place: Place) -> Iterator[Fault]:
    if max(lease.run, lease.fence) > LARGEST_WHOLE or min(lease.run, lease.fence) < -LARGEST_WHOLE:
        yield from _whole_faults(lease.run, pointer(*place, "run"))
        yield from _whole_faults(lease.fence, pointer(*place, "fence"))


def _progress_faults(name: str, items: Sequence[Progress]) -> Iterator[Fault]:
    yield from _count_faults(name, items)
    for index, progress in enumerate(items):
        yield from _lease_faults(progress.lease, (name, index, "lease"))
        yield from _curve_faults(progress.epochs, (name, index, "epochs"))
        if progress.checkpoint is not None:
            yield from _checkpoint_faults(progress.checkpoint, pointer(name, index, "checkpoint"))


def _result_faults(item: Result, place: str) -> Iterator[Fault]:
    if item.epochs < 0:
        yield Fault(f"{place}/epochs", f"epochs is {item.epochs}; it must be 0 or more.")
    elif item.best_epoch is not None and not 0 <= item.best_epoch <= item.epochs:
        rule = f"it must be from 0 to the last epoch, {item.epochs}"
        yield Fault(f"{place}/best_epoch", f"best_epoch is {item.best_epoch}; {rule}.")
    if item.seconds < 0:
        yield Fault(f"{place}/seconds", f"seconds is {item.seconds}; it must be 0 or more.")
    yield from _reason_faults(item.reason, f"{place}/reason")
    if item.model is not None:
        yield from _model_faults(item.model, f"{place}/model")


def _curve_faults(curve: Sequence[Epoch], place: Place) -> Iterator[Fault]:
    for index, point in enumerate(curve):
        if point.epoch < 1:
            detail = f"The epoch is {point.epoch}; epochs are counted from 1."
            yield Fault(pointer(*place, index, "epoch"), detail)
        if point.gradient_norms is not None and len(point.gradient_norms) > MOST_LAYERS:
            rule = f"at most {MOST_LAYERS} are kept, one a layer"
            detail = f"gradient_norms has {len(point.gradient_norms)} entries; {rule}."
            yield Fault(pointer(*place, index, "gradient_norms"), detail)


def _curves(name: str, items: Sequence[Progress]) -> Iterator[tuple[Place, int, Metrics]]:
    """Yield the metrics of each epoch in some progress, where they are, and of which run."""
    for number, progress in enumerate(items):
        for index, point in enumerate(progress.epochs):
            yield (name, number, "epochs", index, "metrics"), progress.lease.run, point.metrics


def _measured(request: FinishRequest) -> Iterator[tuple[Place, int, Metrics]]:
    """Yield all metrics in a request with results, where they are, and of which run."""
    for number, result in enumerate(request.items):
        yield ("items", number, "metrics"), result.lease.run, result.metrics
        for index, point in enumerate(result.curve):
            yield ("items", number, "curve", index, "metrics"), result.lease.run, point.metrics
    yield from _curves("progress", request.progress)


def _unknown_metrics(measured: Iterable[tuple[Place, int, Metrics]], foreign: Specs) -> Iterator[Fault]:
    """Yield the faults of all unknown metrics of a request: they are counted before sentences are made of some."""
    known_of = {run: declared(spec) for run, spec in foreign.items()}
    unknown = [
        (place, name, known)
        for place, run, metrics in measured
        if not metrics.keys() <= (known := known_of.get(run, _KNOWN))
        for name in metrics
        if name not in known
    ]
    yield from faults_of(unknown, lambda one: _unknown_metric(*one))


def _unknown_metric(place: Place, name: str, known: Set[str]) -> Fault:
    guess = suggestion(name, known) if known is _KNOWN else f"The sweep declares {', '.join(sorted(known))}."
    return Fault(pointer(*place, name), f"There is no metric {show(name)}. {guess}")


def _checkpoint_faults(checkpoint: CheckpointRef, place: str) -> Iterator[Fault]:
    if checkpoint.epoch < 1:
        yield Fault(f"{place}/epoch", f"The epoch is {checkpoint.epoch}; epochs are counted from 1.")
    yield from _bytes_faults(checkpoint.sha256, checkpoint.size, MOST_CHECKPOINT_BYTES, place)


def _model_faults(model: ModelRef, place: str) -> Iterator[Fault]:
    yield from _bytes_faults(model.sha256, model.size, MOST_MODEL_BYTES, place)
    if model.size % 4:
        yield Fault(f"{place}/size", f"The weights have {model.size} bytes; float32 values need 4 each.")
    if len(model.made_with) > MOST_MADE_WITH:
        detail = f"made_with has {len(model.made_with)} entries; at most {MOST_MADE_WITH} are kept."
        yield Fault(f"{place}/made_with", detail)
    elif any(len(text) > LONGEST_NAME for pair in model.made_with.items() for text in pair):
        yield Fault(f"{place}/made_with", f"made_with has a text of more than {LONGEST_NAME} characters. Shorten it.")


def _bytes_faults(sha256: str, size: int, most: int, place: str) -> Iterator[Fault]:
    if not is_sha256(sha256):
        yield Fault(f"{place}/sha256", f"The sha256 is {show(sha256)}; it must have 64 digits of 0-9 and a-f.")
    if not 1 <= size <= most:
        yield Fault(f"{place}/size", f"The size is {size} bytes; it must be from 1 to {most:,}.")


def _reason_faults(reason: str | None, place: str) -> Iterator[Fault]:
    if reason is not None and len(reason) > LONGEST_REASON:
        detail = f"The reason has {len(reason):,} characters; at most {LONGEST_REASON:,} are kept. Shorten it."
        yield Fault(place, detail)


def _whole_faults(number: int, place: str) -> Iterator[Fault]:
    if abs(number) > LARGEST_WHOLE:
        shown = f"{number:.6g}" if abs(number) < 10**300 else "received"
        yield Fault(place, f"The number {shown} is beyond 64 bits.")
