"""Trials that train to their end, drawn batch by batch: what a sampler that learns needs where nothing is compared."""

from collections.abc import Mapping
from typing import final

from app.domain.options import settled
from app.domain.values import Value
from app.samplers import SAMPLERS
from app.schedulers import Bracket, Round, RungScheduler, Selection

BATCH = 8
"""The trials of a batch, for a sampler that has no option for it."""


@final
class TrainWhole(RungScheduler):
    """Brackets of one batch of the sampler, each trial to its own end."""

    def __init__(self, sampler: Mapping[str, Value]) -> None:
        self._batch = settled(sampler, SAMPLERS[str(sampler["kind"])].options).get("batch", BATCH)

    def bracket(self, posted: Mapping[str, Value], epochs: int, index: int) -> Bracket:  # noqa: ARG002 - all are alike
        """Return a batch without rungs."""
        return Bracket((), self._batch)

    def decide(self, posted: Mapping[str, Value], stopped: Round) -> Selection:  # noqa: ARG002 - nothing is compared
        """Return that nobody goes on: all have come to their end."""
        return Selection()
