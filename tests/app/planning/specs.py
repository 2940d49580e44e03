"""Made-up sweeps for the tests of the planner."""

from collections.abc import Mapping

from app.domain.space import FloatParameter, IntParameter, Space
from app.domain.sweeps import Budget, Objective, SweepSpec
from app.domain.values import Value

HALVING: Mapping[str, Value] = {"kind": "successive_halving", "eta": 3, "first_rung": 1}


def search(
    budget: Budget,
    *,
    epochs: int | None = 9,
    replicates: int = 1,
    scheduler: Mapping[str, Value] | None = None,
) -> SweepSpec:
    """Return a sweep of random search; `epochs` are searched from 1 to 9 if None."""
    space: dict[str, FloatParameter | IntParameter] = {"learning_rate": FloatParameter(1e-4, 1.0, "log")}
    if epochs is None:
        space["epochs"] = IntParameter(1, 9)
    return SweepSpec(
        name="",
        dataset="iris",
        seed=7,
        space=Space(space),
        fixed={} if epochs is None else {"epochs": epochs},
        objective=Objective("dev_error", "minimize"),
        sampler={"kind": "random"},
        scheduler=scheduler or {"kind": "none"},
        early_stopping=None,
        budget=budget,
        replicates=replicates,
    )
