"""Which models a sweep keeps: the best of its final trials, and some of those that may yet be among them."""

from collections.abc import Sequence

from app.domain.queue import RankedModel, Ranking


def ranking(models: Sequence[RankedModel], keep: int) -> Ranking:
    """Return which models fall out, by trial number, and the bounds beyond which no weights need be sent.

    Of final trials the best `keep` stay, by value and trial. Of the others the best 2 * `keep`: some of those in front
    may diverge when they go on, and then the next ones are needed. A model without a value is of no use once its trial
    is final; before, its value is still to come. A bound is the worst value that stays, once all places are taken.
    """
    final = _by_value(models, settled=True)
    waiting = _by_value(models, settled=False)
    worthless = [model.trial for model in models if model.settled and model.value is None]
    fallen = [trial for _, trial in (*final[keep:], *waiting[2 * keep :])]
    return Ranking(sorted([*worthless, *fallen]), _bound(final, keep), _bound(waiting, 2 * keep))


def _by_value(models: Sequence[RankedModel], *, settled: bool) -> list[tuple[float, int]]:
    return sorted(
        (model.value, model.trial) for model in models if model.settled is settled and model.value is not None
    )


def _bound(ranked: Sequence[tuple[float, int]], places: int) -> float | None:
    return ranked[places - 1][0] if len(ranked) >= places else None
