"""A small sampler that learns, for tests of the planner: it stays near the best point that it has seen."""

from collections.abc import Mapping
from typing import final

import numpy as np

from app.domain.options import Option
from app.domain.plan import Need
from app.samplers.base import Ask, Quantiles, Sampler
from app.samplers.seen import seen
from app.samplers.streams import uniform


@final
class NearTheBest(Sampler):
    """Proposes points half way from chance to the best of the deepest rung that two trials have reached."""

    need = Need.ALL
    options: Mapping[str, Option] = {"batch": Option(4, 1, 64, "so many trials are drawn together")}

    def propose(self, ask: Ask) -> Quantiles:
        """Return the batch."""
        points, known = uniform(ask.seed, list(ask.space), ask.numbers), seen(ask.history, 2)
        if not known.params:
            return points
        best = known.params[int(np.argmin(known.costs))]
        place = [one.coordinate(best[name]) for name, one in ask.space.parameters.items()]
        shift = (len(known.params) + sum(cost for cost in known.costs if np.isfinite(cost))) % 1
        halfway: Quantiles = np.clip((points * (1 + shift / 10) + place) / 2.1, 0.0, 1.0)
        return halfway
