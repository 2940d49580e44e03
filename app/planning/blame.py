"""Who is to blame for lost attempts: a run is suspected by losses in company, and convicted by losses alone."""

from app.domain.runs import Blame

SUSPECT_LOSSES = 3
"""After so many losses in a row a run is tried alone: any of those that shared its workers may have been the cause."""

FATAL_LOSSES = 3
"""After so many losses in a row while it was alone a run fails: nobody else can have been the cause."""


def after_loss(blame: Blame, *, alone: bool) -> Blame:
    """Return the blame of a run after one more loss; one in company interrupts the row of those alone."""
    return Blame(losses=blame.losses + 1, alone=blame.alone + 1 if alone else 0)


def after_return(blame: Blame, later: int) -> Blame:
    """Return the blame of a run once the worker of a loss is heard again, that was followed by so many later ones.

    It was no fault of the run. One of the last losses, of those in a row that it was alone at, shortens the row.
    """
    return Blame(losses=max(blame.losses - 1, 0), alone=blame.alone - (later < blame.alone))


def fatal(blame: Blame) -> str | None:
    """Return why a run with this blame fails, or None while it is tried again."""
    if blame.alone < FATAL_LOSSES:
        return None
    return f"{FATAL_LOSSES} times in a row a worker died, fell silent or refused with nothing but this run in its hands"
