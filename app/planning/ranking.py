"""Which models a sweep keeps: the best of its final trials, and some of those that may yet be among them."""

from collections.abc import Sequence

from app.domain.order import Order
from app.domain.queue import RankedModel, Ranking
from app.domain.values import LARGEST_WHOLE
from app.domain.work import PAUSED_MODELS, Rank


def ranking(models: Sequence[RankedModel], keep: int) -> Ranking:
    """Return which models fall out, by trial number, and the last ranks that stay.

    Of final trials the best `keep` stay, in the order of trials, and apart from them as many of those confirmed: if the
    search goes on, their places must not be taken from those that may be confirmed next. Of the others the best
    PAUSED_MODELS * `keep`: some of those in front may diverge when they go on, and then the next ones are needed. A
    model without a cost is of no use once its trial is final; before, its cost is still to come. The last ranks are
    known once all places are taken.
    """
    confirmed, final = _final(models, confirmed=True), _final(models, confirmed=False)
    waiting = sorted(Rank(model.cost, model.trial) for model in models if not model.settled and model.cost is not None)
    worthless = [model.trial for model in models if model.settled and model.cost is None]
    places = PAUSED_MODELS * keep
    fallen = [one.number for one in [*confirmed[keep:], *final[keep:]]] + [rank.trial for rank in waiting[places:]]
    last_waiting = waiting[places - 1] if len(waiting) >= places else None
    return Ranking(sorted([*worthless, *fallen]), _last(final, keep), last_waiting)


def _final(models: Sequence[RankedModel], *, confirmed: bool) -> list[Order]:
    """Return the order of those that are final and were confirmed or not."""
    return sorted(
        Order.of(model.cost, model.state, model.trial, confirmed=confirmed)
        for model in models
        if model.settled and model.cost is not None and model.confirmed is confirmed
    )


def _last(final: Sequence[Order], keep: int) -> Rank | None:
    """Return the last rank that stays; a trial that was cut short gives way to any completed one of its cost."""
    if len(final) < keep:
        return None
    last = final[keep - 1]
    return Rank(last.cost, LARGEST_WHOLE if last.cut_short else last.number)
