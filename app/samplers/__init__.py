"""Samplers: each proposes the hyperparameters of trials by their numbers; pure, one kind per file."""

from collections.abc import Mapping

from app.samplers.base import Ask, Sampler
from app.samplers.evolution import Evolution
from app.samplers.gp import GaussianProcess
from app.samplers.grid import GridSampler
from app.samplers.halton import HaltonSampler
from app.samplers.latin_hypercube import LatinHypercubeSampler
from app.samplers.random import RandomSampler
from app.samplers.sobol import SobolSampler
from app.samplers.tpe import TreeParzen

__all__ = ["SAMPLERS", "Ask", "Sampler"]

SAMPLERS: Mapping[str, Sampler] = {
    "random": RandomSampler(),
    "sobol": SobolSampler(),
    "halton": HaltonSampler(),
    "latin_hypercube": LatinHypercubeSampler(),
    "grid": GridSampler(),
    "gp": GaussianProcess(),
    "tpe": TreeParzen(),
    "evolution": Evolution(),
}
