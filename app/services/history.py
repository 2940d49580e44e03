"""What a sweep learns of earlier ones, copied at its post, and why it may not."""

from collections.abc import Iterator, Mapping, Sequence
from math import inf
from typing import final

from app.contract.hyperparameters import params_of
from app.domain.drafts import SweepDraft
from app.domain.errors import Fault, InvalidRequest, NotFound, pointer, show
from app.domain.foreign import is_foreign
from app.domain.history import MOST_TRIALS, Copied, EarlierSweep
from app.domain.objectives import cost
from app.domain.plan import Need
from app.domain.states import TrialState
from app.domain.sweeps import SweepSpec
from app.domain.trials import Trial
from app.domain.values import Value
from app.planning.within import within
from app.samplers import SAMPLERS
from app.storage.interface import Storage

_LOOKED_AT = 10_000
"""So many of the newest trials of an earlier sweep are looked at."""

_COMPARED = frozenset({TrialState.COMPLETED, TrialState.DIVERGED})
"""What stopped short of its end, pruned or cancelled, cannot be compared with what came to it."""

Point = tuple[Mapping[str, Value], float]


@final
class Histories:
    """Copies of earlier sweeps for new ones."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def faults(self, draft: SweepDraft, metric: str | None) -> Iterator[Fault]:
        """Yield why a draft, whose objective is this metric, if it is known, cannot learn from what it names."""
        yield from _unlearning(draft)
        for index, sweep in enumerate(draft.history):
            place = pointer("history", "sweeps", index)
            if sweep in draft.history[:index]:
                yield Fault(place, f"The sweep {show(sweep)} is named twice. Name each once.")
            else:
                yield from self._faults(draft, metric, sweep, place)

    def copied(self, draft: SweepDraft, spec: SweepSpec, dataset_sha256: str | None) -> list[Copied]:
        """Return what is to be stored. Raises InvalidRequest for sweeps of which no trial lies in the space."""
        found = [self._copy(sweep, spec, dataset_sha256, MOST_TRIALS // len(draft.history)) for sweep in draft.history]
        empty = [
            Fault(pointer("history", "sweeps", index), _nothing(one.earlier.sweep))
            for index, one in enumerate(found)
            if not one.earlier.costs
        ]
        if empty:
            raise InvalidRequest(empty)
        return found

    def _faults(self, draft: SweepDraft, metric: str | None, sweep: str, place: str) -> Iterator[Fault]:
        try:
            spec, _ = self._storage.sweep_spec(sweep)
        except NotFound:
            yield Fault(place, f"There is no sweep {show(sweep)}. GET /v1/sweeps lists them.")
            return
        yield from (Fault(place, detail) for detail in _differences(draft, metric, sweep, spec))

    def _copy(self, sweep: str, spec: SweepSpec, dataset_sha256: str | None, most: int) -> Copied:
        found = self._storage.sweep(sweep)
        trials = [one for one in self._storage.finished_trials(sweep, _LOOKED_AT) if one.same_as is None]
        kept = _kept([point for trial in trials if (point := _point(found.spec, spec, trial))], most)
        same = found.dataset_sha256 is not None and found.dataset_sha256 == dataset_sha256
        earlier = EarlierSweep(sweep, same, [params for params, _ in kept], [value for _, value in kept])
        return Copied(earlier, found.dataset_sha256)


def _unlearning(draft: SweepDraft) -> Iterator[Fault]:
    kind = str(draft.sampler.get("kind"))
    if draft.history and kind in SAMPLERS and SAMPLERS[kind].need is not Need.ALL:
        learning = ", ".join(name for name, one in SAMPLERS.items() if one.need is Need.ALL)
        rule = f"The sampler {kind} draws its points ahead of all results, so that it learns from no sweep"
        yield Fault("/history", f"{rule}. Leave history out, or use one of {learning}.")


def _differences(draft: SweepDraft, metric: str | None, sweep: str, spec: SweepSpec) -> Iterator[str]:
    """Yield what an earlier sweep has so different that nothing can be learnt of it."""
    if spec.trainer != draft.trainer:
        yield f"The sweep {sweep} was trained by {spec.trainer}, this one is by {draft.trainer}. Name one of its own."
        return
    if metric is not None and spec.objective.metric != metric:
        rule = f"The sweep {sweep} was ranked by {spec.objective.metric}, this one is by {metric}"
        yield f"{rule}. Use the same objective, or leave that sweep out."
    if (
        is_foreign(draft.trainer)
        and spec.foreign
        and (draft.metrics or {}).get(metric or "")
        not in {
            None,
            spec.objective.direction,
        }
    ):
        yield f"The sweep {sweep} was to {spec.objective.direction} {metric}, this one is not. Leave that sweep out."
    known = {*spec.space, *spec.fixed}
    if is_foreign(draft.trainer) and (missing := [name for name in draft.parameters if name not in known]):
        yield f"The sweep {sweep} knows no {', '.join(missing)}, of which foreign trainers have no defaults here."


def _nothing(sweep: str) -> str:
    rule = f"The sweep {sweep} has no completed trial that lies in this space"
    return f"{rule}, so that there is nothing to learn. Leave it out, or widen the space."


def _point(earlier: SweepSpec, spec: SweepSpec, trial: Trial) -> Point | None:
    """Return a trial as a point of the new space with its cost; None if it lies outside or cannot be compared.

    What it was trained with counts, whether it was searched or fixed then.
    """
    if trial.state not in _COMPARED:
        return None
    trained = params_of(earlier, trial.params)
    params = {**trial.params, **{name: trained[name] for name in spec.space if name in trained}}
    point = within(spec, params)
    value = cost(trial.value, earlier.objective.direction)
    return None if point is None else (point, inf if value is None else value)


def _kept(points: Sequence[Point], most: int) -> list[Point]:
    """Return so many of the points, the best ones, in the order of their numbers."""
    ranked = sorted(range(len(points)), key=lambda place: points[place][1])
    return [points[place] for place in sorted(ranked[:most])]
