"""The planning room: what happens next in a sweep, and what the storage asks within a transaction; pure."""

from app.planning.drawing import HORIZON, LOW_WATER
from app.planning.plan import fits_models, need_of, plan
from app.planning.policy import StandardPolicy
from app.planning.stopping import passed_rungs

__all__ = ["HORIZON", "LOW_WATER", "StandardPolicy", "fits_models", "need_of", "passed_rungs", "plan"]
