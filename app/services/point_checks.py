"""What is wrong with points that someone picked by hand for a sweep."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from app.contract.hyperparameters import plain, searchable_of
from app.domain.datasets import DatasetSummary
from app.domain.drafts import SweepDraft
from app.domain.errors import Fault, faults_of, pointer, show
from app.domain.hints import hint
from app.domain.space import Space
from app.domain.sweeps import SweepSpec
from app.domain.values import Value
from app.planning.within import within
from app.services.sweep_checks import own_faults

Point = Mapping[str, Value]


def plain_points(points: Sequence[Point], spec: SweepSpec) -> list[dict[str, Value]]:
    """Return points with their values as the engine writes them; what foreign trainers are told stays as it is."""
    own = spec.foreign is None
    return [{name: plain(name, value) if own else value for name, value in point.items()} for point in points]


def point_faults(points: Sequence[Point], spec: SweepSpec, dataset: DatasetSummary | None) -> Iterator[Fault]:
    """Yield every broken rule of some points, written plainly.

    They name parameters of the space and meet its constraints. Their values may lie beyond its ranges, if our engine
    can train with them: what a foreign trainer can do is known of the space alone.
    """
    for index, point in enumerate(points):
        place = pointer("points", index)
        strangers = [name for name in point if name not in spec.space.parameters]
        yield from faults_of(strangers, partial(_stranger, spec, place))
        known = {name: value for name, value in point.items() if name in spec.space.parameters}
        refused = _foreign_faults(known, spec, place) if spec.foreign else _own_faults(known, spec, dataset, place)
        faults = list(refused)
        yield from faults or _constraint_faults(known, spec, place)


def _stranger(spec: SweepSpec, place: str, name: str) -> Fault:
    if name in spec.fixed:
        detail = f"{name} is fixed in this sweep, to {show(spec.fixed[name])}. Leave it out of the point."
    else:
        detail = f"The space of this sweep has no parameter {show(name)}. {hint(name, list(spec.space))}"
    return Fault(place + pointer(name), detail)


def _own_faults(point: Point, spec: SweepSpec, dataset: DatasetSummary | None, place: str) -> Iterator[Fault]:
    """Yield what the engine refuses: as if all values of the point were fixed."""
    for fault in own_faults(SweepDraft({}, fixed={**spec.fixed, **point}), dataset):
        name = next((name for name in point if f"{fault.pointer}/".startswith(f"{pointer('fixed', name)}/")), None)
        yield Fault(place + (fault.pointer.removeprefix("/fixed") if name else ""), fault.detail, fault.count)


def _foreign_faults(point: Point, spec: SweepSpec, place: str) -> Iterator[Fault]:
    if within(spec, point) is None:
        rule = "every parameter whose condition holds must have a value of its range or list"
        yield Fault(place, f"{show(point)} is no point of the space: {rule}, and no other may be there.")


def _constraint_faults(point: Point, spec: SweepSpec, place: str) -> Iterator[Fault]:
    """Yield the constraints that a point breaks, its defaults included; of what its conditions leave out, none."""
    trained = searchable_of(spec, point)
    active = spec.space.active({name: trained.get(name) for name in spec.space}, spec.fixed, spec.rules)
    for text in spec.space.constraints:
        if not Space(spec.space.parameters, (text,)).admits(active, spec.fixed):
            yield Fault(place, f"The point {show(point)} breaks the constraint {show(text)} of this sweep.")
