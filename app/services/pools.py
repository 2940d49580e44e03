"""How many models a sweep keeps to choose an ensemble from: as many as a limit of bytes has room for."""

from collections.abc import Iterator, Sequence
from itertools import accumulate

from app.contract.hyperparameters import HYPERPARAMETERS, model_bytes
from app.contract.layers import widest
from app.domain.datasets import DatasetSummary
from app.domain.drafts import SweepDraft
from app.domain.ensembles import PoolEntry
from app.domain.errors import Fault, show
from app.domain.space import ChoiceParameter
from app.domain.values import Value

POOL = 50
"""The models of a pool, unless the sweep says another number."""

POOL_BYTES = 256 << 20
"""What the models of a pool may take, were all of them of the largest network that the sweep can draw."""


def pool_of(draft: SweepDraft, dataset: DatasetSummary | None) -> int:
    """Return the models of a sweep's pool: what it says, or what there is room for; foreign trainers have none."""
    if dataset is None:
        return 0
    return min(POOL, _room(draft, dataset)) if draft.pool is None else draft.pool


def pool_left(pool: int, draft: SweepDraft, dataset: DatasetSummary | None) -> int:
    """Return the models of a pool once the space is that of a draft: fewer, if its networks are too large for all."""
    return pool if dataset is None else min(pool, _room(draft, dataset))


def pool_faults(draft: SweepDraft, dataset: DatasetSummary | None) -> Iterator[Fault]:
    """Yield what is wrong with a pool that was asked for: it may take too many bytes."""
    if dataset is None or draft.pool is None or draft.pool <= (room := _room(draft, dataset)):
        return
    size, widths = max(_sizes(draft, dataset))
    found = f"{draft.pool:,} models with {size:,} bytes, which the network {show(list(widths))} takes"
    way = f"Use {room:,} or fewer, or narrower networks."
    yield Fault("/pool", f"A pool has at most {POOL_BYTES:,} bytes, too few for {found}. {way}")


def largest_model(draft: SweepDraft, dataset: DatasetSummary | None) -> int:
    """Return the bytes of the largest model that may be drawn; those of foreign trainers are not kept here."""
    return 0 if dataset is None else max((size for size, _ in _sizes(draft, dataset)), default=0)


def with_room(pool: Sequence[PoolEntry]) -> Sequence[PoolEntry]:
    """Return the best models that take no more than a pool may, at least one: all of them are in memory at once.

    More may be kept: by `keep_models`, or since the space was changed to one with wider networks.
    """
    ends = accumulate(one.size for one in pool)
    return [one for one, end in zip(pool, ends, strict=True) if end <= POOL_BYTES] or pool[:1]


def _room(draft: SweepDraft, dataset: DatasetSummary) -> int:
    return min((POOL_BYTES // size for size, _ in _sizes(draft, dataset)), default=POOL_BYTES)


def _sizes(draft: SweepDraft, dataset: DatasetSummary) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Yield the bytes of each network that may be drawn, and its widths; what are none is left to other checks."""
    norm = "batch_norm" in draft.parameters or draft.fixed.get("batch_norm") is True
    for value in _hidden_units(draft):
        if isinstance(value, list) and HYPERPARAMETERS["hidden_units"].allowed.accepts(value):
            size = model_bytes(value, dataset.features, dataset.outputs, batch_norm=norm)
            yield size, tuple(int(str(width)) for width in value)


def _hidden_units(draft: SweepDraft) -> list[Value]:
    if (by_count := widest(draft.parameters, draft.fixed)) is not None:
        return [list(by_count[0])]
    parameter, default = draft.parameters.get("hidden_units"), HYPERPARAMETERS["hidden_units"].default
    if isinstance(parameter, ChoiceParameter):
        return [*parameter.values, *([default] if parameter.when else [])]
    return [draft.fixed.get("hidden_units", default)]
