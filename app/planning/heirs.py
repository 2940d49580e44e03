"""Heirs: trials that a scheduler lets go on from others, made ready to be queued."""

from collections.abc import Iterator

from app.contract.hyperparameters import cohort_key, params_of
from app.domain.plan import Drawn, Inheritance, Snapshot
from app.schedulers import Step


def heirs_of(snapshot: Snapshot, step: Step, first: int, most: int) -> Iterator[Drawn]:
    """Yield the heirs of a step, `most` of them, as trials from number `first` on: their points are not drawn."""
    spec, rests_on = snapshot.spec, [trial.number for trial in snapshot.trials]
    for number, heir in enumerate(step.heirs[:most], first):
        yield Drawn(
            number=number,
            params=heir.params,
            cohort=cohort_key(snapshot.dataset_sha256 or "", params_of(spec, heir.params), spec.rules),
            to_epoch=step.first_epoch,
            replicates=spec.replicates,
            rests_on=rests_on,
            inherits=Inheritance(heir.parent, heir.epoch),
        )
