"""The optimizers, one kind in each file."""

from collections.abc import Mapping

from engine.optimizers.adam import Adam
from engine.optimizers.base import Factors, KnobColumns, Optimizer
from engine.optimizers.momentum import Momentum
from engine.optimizers.rmsprop import RmsProp
from engine.optimizers.sgd import Sgd

OPTIMIZERS: Mapping[str, Optimizer] = {
    "sgd": Sgd(),
    "momentum": Momentum(),
    "rmsprop": RmsProp(),
    "adam": Adam(),
}

__all__ = ["OPTIMIZERS", "Factors", "KnobColumns", "Optimizer"]
