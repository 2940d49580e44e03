"""Changes of a live sweep's space: what is asked for as a whole search, to be checked as one."""

from collections.abc import Iterator
from datetime import datetime

from app.domain.datasets import DatasetSummary
from app.domain.drafts import ChangesDraft, SweepDraft
from app.domain.errors import Fault
from app.domain.space import Space
from app.domain.sweeps import NewSpace, SweepSpec
from app.services.pools import pool_left
from app.services.sweep_checks import plain_draft


def changed_search(draft: ChangesDraft, spec: SweepSpec) -> SweepDraft | None:
    """Return the sweep as it would be posted with the space that is asked for; None if that stays as it is."""
    if draft.parameters is None and draft.constraints is None:
        return None
    foreign = spec.foreign
    changed = SweepDraft(
        posted={},
        trainer=spec.trainer,
        metrics=foreign.metrics if foreign else None,
        steps=foreign.steps if foreign else None,
        pauses=foreign is not None and foreign.pauses,
        dataset=spec.dataset,
        parameters=spec.space.parameters if draft.parameters is None else draft.parameters,
        fixed=spec.fixed,
        unreadable=draft.unreadable,
        constraints=spec.space.constraints if draft.constraints is None else draft.constraints,
        metric=spec.objective.metric,
        sampler=spec.sampler,
        scheduler=spec.scheduler,
        replicates=spec.replicates,
    )
    return plain_draft(changed)


def duplicate_faults(spec: SweepSpec) -> Iterator[Fault]:
    """Yield that the space must stay where trials depend on the points of lower numbers."""
    if spec.duplicates != "seed":
        detail = f'In a sweep with "duplicates": "{spec.duplicates}" the space cannot be changed'
        yield Fault("/space", f"{detail}. Start another sweep with the new space.")


def new_space(
    search: SweepDraft, draft: ChangesDraft, spec: SweepSpec, dataset: DatasetSummary | None, now: datetime
) -> NewSpace | None:
    """Return the space of a search without faults, to be in force from now on; None if it is the one in force."""
    space = Space(search.parameters, tuple(search.constraints))
    if space == spec.space:
        return None
    posted = draft.posted.get("space")
    pool = pool_left(spec.pool, search, dataset)
    return NewSpace(space, now, posted if isinstance(posted, dict) else None, draft.constraints, pool)
