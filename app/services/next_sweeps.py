"""The next sweep: what the trials of one say of its space, and the request for one that refines it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from app.analysis.evidence import Evidence
from app.analysis.next_space import next_request
from app.analysis.search import Search, search_analysis
from app.contract.hyperparameters import parameter_faults
from app.domain.datasets import DatasetSummary
from app.domain.drafts import ChangesDraft, SweepDraft
from app.domain.plan import Need
from app.domain.space import Parameter
from app.domain.space_faults import space_faults
from app.domain.sweeps import Sweep, SweepSpec
from app.domain.trials import Trial
from app.domain.values import Value
from app.planning.pairs import pair_faults
from app.planning.within import within
from app.samplers import SAMPLERS
from app.services.space_changes import changed_search
from app.services.sweep_checks import draft_faults

LEARNS = "gp"
"""The sampler of a refined sweep, unless the sweep before had one that learns itself."""

_SCHEDULERS: Sequence[Mapping[str, Value]] = ({"kind": "successive_halving", "bracket": 27}, {"kind": "none"})
"""What stands in for a scheduler that goes with no sampler that learns: the first that may."""

_LONGEST_NAME = 180


def searched(spec: SweepSpec, trials: Sequence[Trial], unread: Sequence[float]) -> Search:
    """Return what trials say of a space: of those that lie in it, however they came about.

    `unread` are the costs of those that were drawn from it too, but are more than can be read.
    """
    evidence = Evidence.of(spec.space, spec.objective.direction, list(_inside(spec, trials)))
    by_chance = SAMPLERS[str(spec.sampler["kind"])].need is Need.NOTHING and spec.sampler["kind"] != "grid"
    costs = np.concatenate([evidence.costs, unread]) if by_chance else None
    return search_analysis(evidence, trials, _may_be_searched, costs, rules=spec.rules, trainings=spec.trainings)


def _inside(spec: SweepSpec, trials: Sequence[Trial]) -> Iterator[Trial]:
    """Yield the trials as points of the space; those that were drawn from it lie in it, others are looked at."""
    for trial in trials:
        if trial.space_version == spec.space_version and not trial.enqueued:
            yield trial
        elif (point := within(spec, trial.params)) is not None:
            yield replace(trial, params=point)


def next_sweep(found: Sweep, dataset: DatasetSummary, search: Search) -> dict[str, Any]:
    """Return a request for the sweep that refines one, with it as its history; its rules are checked."""
    spec, space = found.spec, found.spaces[-1]
    changed = _sound(spec, dataset, search.parameters)
    request = next_request(found.posted, space.space, space.constraints, spec.space, changed)
    sampler = spec.sampler if SAMPLERS[str(spec.sampler["kind"])].need is Need.ALL else {"kind": LEARNS}
    return {
        **request,
        "name": f"{found.labels.name[:_LONGEST_NAME]}, refined",
        "sampler": sampler,
        "scheduler": _scheduler(spec, dataset, sampler),
        "budget": {
            part: limit for part, limit in asdict(spec.budget).items() if limit is not None and part != "target"
        },
        "history": {"sweeps": [found.id]},
    }


def _may_be_searched(name: str, parameter: Parameter) -> bool:
    return not parameter_faults(name, parameter, "") and not space_faults({name: replace(parameter, when=None)}, {}, ())


def _sound(spec: SweepSpec, dataset: DatasetSummary, changed: Mapping[str, Parameter]) -> Mapping[str, Parameter]:
    """Return the changes without those that break a rule together with the rest of the sweep."""
    left = dict(changed)
    while left and (faults := draft_faults(_draft(spec, left), dataset)):
        named = {part for fault in faults for part in fault.pointer.split("/")[2:3]} & left.keys()
        left = {name: one for name, one in left.items() if named and name not in named}
    return left


def _draft(spec: SweepSpec, changed: Mapping[str, Parameter]) -> SweepDraft:
    draft = changed_search(ChangesDraft(parameters={**spec.space.parameters, **changed}), spec)
    assert draft is not None, "parameters are given"
    limits: dict[str, Any] = {
        "trials": spec.budget.trials,
        "epochs": spec.budget.epochs,
        "confirm": spec.confirm,
        "folds": spec.folds,
    }
    return replace(draft, pool=spec.pool, **limits)


def _scheduler(spec: SweepSpec, dataset: DatasetSummary, sampler: Mapping[str, Value]) -> Mapping[str, Value]:
    """Return the scheduler of the sweep before if the sampler goes with it, else one that it goes with."""
    for scheduler in (spec.scheduler, *_SCHEDULERS):
        draft = replace(_draft(spec, {}), sampler=sampler, scheduler=scheduler)
        if not any(pair_faults(sampler, scheduler)) and not draft_faults(draft, dataset):
            return scheduler
    return _SCHEDULERS[-1]
