"""Heirs: trials that a scheduler lets go on from others, made ready to be queued."""

from collections.abc import Iterator
from dataclasses import replace

from app.domain.plan import Drawn, Inheritance, Snapshot
from app.planning.drawing import as_drawn
from app.schedulers import Step


def heirs_of(snapshot: Snapshot, step: Step, first: int, most: int) -> Iterator[Drawn]:
    """Yield the heirs of a step, `most` of them, as trials from number `first` on: their points are not drawn."""
    rests_on = [trial.number for trial in snapshot.trials]
    for number, heir in enumerate(step.heirs[:most], first):
        drawn = as_drawn(snapshot.spec, snapshot.dataset_sha256, number, heir.params, step.first_epoch, rests_on)
        yield replace(drawn, inherits=Inheritance(heir.parent, heir.epoch))
