"""Random trials of made-up functions, whose importance, optimum and region of divergence are known."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from app.analysis.evidence import Evidence
from app.contract.rules import CURRENT_RULES
from app.domain.space import FloatParameter, Space
from app.domain.states import TrialState
from tests.app.analysis.trials import trial

Cost = Callable[[Mapping[str, Any]], float | None]
"""The value of a point; None where its training diverges."""

UNIT = Space({name: FloatParameter(0.0, 1.0) for name in ("a", "b", "c")})


def searched(cost: Cost, count: int = 200, space: Space = UNIT, seed: int = 0) -> Evidence:
    """Return random trials of a space, with the values of a function."""
    quantiles = np.random.default_rng(seed).random((count, len(space))).tolist()
    points = space.points(quantiles, {}, CURRENT_RULES)
    ended = [(number, point, cost(point)) for number, point in enumerate(points)]
    state = {True: TrialState.DIVERGED, False: TrialState.COMPLETED}
    trials = [replace(trial(number, value), params=point, state=state[value is None]) for number, point, value in ended]
    return Evidence.of(space, "minimize", trials)
