"""The preview of a space: what the points of a sweep would be like, before any of them is trained."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.contract.hyperparameters import NetworkSize, cohort_key, network_size, params_of
from app.domain.axis_bins import Bin, bins_of
from app.domain.datasets import DatasetSummary
from app.domain.plan import Need
from app.domain.sweeps import SweepSpec
from app.domain.values import Value
from app.planning.redraws import Point, admitted
from app.samplers import SAMPLERS, Ask

POINTS = 1_000
"""So many points are drawn, or all that the sampler has."""


@dataclass(frozen=True, slots=True)
class ParameterPreview:
    """How the values of a parameter spread: `active` is the share of points that have it, `bins` count its values.

    `scale` is the one on which the bins are equally wide; None for a choice, which has a bin for each value.
    """

    active: float
    scale: str | None
    bins: Sequence[Bin]


@dataclass(frozen=True, slots=True)
class Structures:
    """Into how many stacks the points fall: trials of one structure train together.

    `shares` are those of the largest ones, 20 at most. `alike` is the share of points that has the structure of a
    point, in the mean of all points; `detail` says what follows for stacking.
    """

    count: int
    shares: Sequence[float]
    alike: float
    detail: str


@dataclass(frozen=True, slots=True)
class SpacePreview:
    """What `points` points of a space are like, drawn by `sampler` from `seed`; shares are from 0 to 1.

    `rejected` is the share of first draws that the constraints do not admit. The largest network is that of the points.
    What a foreign trainer builds is not known here: its points have no structures and no network.
    """

    sampler: str
    seed: int
    points: int
    rejected: float
    parameters: Mapping[str, ParameterPreview]
    structures: Structures | None
    largest_network: NetworkSize | None


def preview(spec: SweepSpec, dataset: DatasetSummary | None) -> SpacePreview:
    """Return what the first points of a sweep are like; for a sampler that learns, points drawn at random."""
    sampler = str(spec.sampler["kind"])
    if SAMPLERS[sampler].need is not Need.NOTHING:
        sampler = "random"
    drawn = _drawn(spec, sampler)
    points = admitted(spec, range(len(drawn)), drawn)
    wholes = [params_of(spec, point) for point in points]
    return SpacePreview(
        sampler=sampler,
        seed=spec.seed,
        points=len(points),
        rejected=sum(not spec.space.admits(point, spec.fixed) for point in drawn) / len(drawn),
        parameters=dict(_parameters(spec, points)),
        structures=None if dataset is None else _structures(spec, dataset, wholes),
        largest_network=None if dataset is None else _largest(wholes, dataset),
    )


def _drawn(spec: SweepSpec, sampler: str) -> Sequence[Point]:
    kind, options = SAMPLERS[sampler], spec.sampler if sampler == spec.sampler["kind"] else {"kind": sampler}
    limit = kind.points(Ask(spec.space, (), spec.seed, spec.rules, spec.fixed, options))
    numbers = range(POINTS if limit is None else min(limit, POINTS))
    ask = Ask(spec.space, numbers, spec.seed, spec.rules, spec.fixed, options)
    return spec.space.points(kind.propose(ask).tolist(), spec.fixed, spec.rules)


def _parameters(spec: SweepSpec, points: Sequence[Point]) -> Iterator[tuple[str, ParameterPreview]]:
    for name, parameter in spec.space.parameters.items():
        values: list[Value] = [point[name] for point in points if name in point]
        scale = getattr(parameter, "scale", None)
        yield name, ParameterPreview(len(values) / len(points), scale, bins_of(parameter, values))


def _largest(wholes: Sequence[Point], dataset: DatasetSummary) -> NetworkSize:
    return max((network_size(whole, dataset) for whole in wholes), key=lambda size: size.weights)


def _structures(spec: SweepSpec, dataset: DatasetSummary, wholes: Sequence[Point]) -> Structures:
    counts = Counter(cohort_key(dataset.sha256, whole, spec.rules) for whole in wholes)
    total = counts.total()
    shares = [count / total for _, count in counts.most_common()]
    alike = sum(share * share for share in shares)
    return Structures(len(counts), shares[:20], alike, _on_stacking(len(counts), total, alike))


def _on_stacking(count: int, total: int, alike: float) -> str:
    if count == 1:
        return "All trials have one structure, so they stack as far as the memory of a worker goes."
    found = f"{total:,} points have {count:,} structures; of 100 trials {100 * alike:.3g} have that of a given one"
    way = "Give hidden_units, activation, batch_size and batch_norm fewer values, and more of them train together."
    return f"{found}, and those can train in one stack.{f' {way}' if alike < _HARDLY else ''}"


_HARDLY = 0.05
"""Below this share of trials alike, a sweep of a hundred hardly stacks."""
