"""Surrogates: models of what a point will cost, learnt from the points that were tried; arrays in, arrays out."""

from app.surrogates.fit import Prior, fit
from app.surrogates.improvement import log_improvement
from app.surrogates.inputs import Embedding
from app.surrogates.parzen import Density, Normals, Shares
from app.surrogates.posterior import Believer, Posterior
from app.surrogates.scores import normal_scores

__all__ = [
    "Believer",
    "Density",
    "Embedding",
    "Normals",
    "Posterior",
    "Prior",
    "Shares",
    "fit",
    "log_improvement",
    "normal_scores",
]
