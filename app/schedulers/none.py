"""No scheduling: every trial trains to its end."""

from collections.abc import Mapping
from typing import final

from app.domain.plan import Need
from app.domain.values import Value
from app.schedulers.base import Round, Scheduler, Selection


@final
class NoScheduler(Scheduler):
    """Compares no trials before their end."""

    need = Need.NOTHING

    def first_epoch(self, posted: Mapping[str, Value], epochs: int) -> int:  # noqa: ARG002 - it has no options
        """Return the last epoch."""
        return epochs

    def decide(
        self,
        posted: Mapping[str, Value],  # noqa: ARG002 - nothing is left to decide
        epochs: int,  # noqa: ARG002
        stopped: Round,  # noqa: ARG002
    ) -> Selection:
        """Return that nobody goes on: all have come to their end."""
        return Selection()
