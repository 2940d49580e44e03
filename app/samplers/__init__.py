"""Samplers: each proposes the hyperparameters of trials by their numbers; pure, one kind per file."""

from collections.abc import Mapping

from app.samplers.base import Ask, Sampler
from app.samplers.gp import GaussianProcess
from app.samplers.halton import HaltonSampler
from app.samplers.latin_hypercube import LatinHypercubeSampler
from app.samplers.random import RandomSampler
from app.samplers.sobol import SobolSampler

__all__ = ["SAMPLERS", "Ask", "Sampler"]

SAMPLERS: Mapping[str, Sampler] = {
    "random": RandomSampler(),
    "sobol": SobolSampler(),
    "halton": HaltonSampler(),
    "latin_hypercube": LatinHypercubeSampler(),
    "gp": GaussianProcess(),
}
