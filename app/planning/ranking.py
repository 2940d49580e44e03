"""Which models a sweep keeps: the best of its final trials, and some of those that may yet be among them."""

from collections.abc import Sequence

from app.domain.queue import RankedModel, Ranking
from app.domain.work import PAUSED_MODELS, Rank


def ranking(models: Sequence[RankedModel], keep: int) -> Ranking:
    """Return which models fall out, by trial number, and the last ranks that stay.

    Of final trials the best `keep` stay, by cost and trial. Of the others the best PAUSED_MODELS * `keep`: some of
    those in front may diverge when they go on, and then the next ones are needed. A model without a cost is of no use
    once its trial is final; before, its cost is still to come. The last ranks are known once all places are taken.
    """
    final = _in_order(models, settled=True)
    waiting = _in_order(models, settled=False)
    worthless = [model.trial for model in models if model.settled and model.cost is None]
    places = PAUSED_MODELS * keep
    fallen = [rank.trial for rank in (*final[keep:], *waiting[places:])]
    return Ranking(sorted([*worthless, *fallen]), _last(final, keep), _last(waiting, places))


def _in_order(models: Sequence[RankedModel], *, settled: bool) -> list[Rank]:
    return sorted(
        Rank(model.cost, model.trial) for model in models if model.settled is settled and model.cost is not None
    )


def _last(ranked: Sequence[Rank], places: int) -> Rank | None:
    return ranked[places - 1] if len(ranked) >= places else None
