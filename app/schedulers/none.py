"""No scheduling: every trial trains to its end."""

from typing import final

from app.domain.plan import Need
from app.schedulers.base import Scheduler


@final
class NoScheduler(Scheduler):
    """Compares no trials before their end."""

    need = Need.NOTHING
