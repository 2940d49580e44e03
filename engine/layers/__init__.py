"""The layers of a network, one kind in each file."""

from collections.abc import Mapping

from engine.layers.base import Activation, BoundLayer
from engine.layers.dense import Dense
from engine.layers.leaky_relu import LeakyRelu
from engine.layers.relu import Relu
from engine.layers.sigmoid import Sigmoid
from engine.layers.tanh import Tanh

ACTIVATIONS: Mapping[str, Activation] = {
    "relu": Relu(),
    "leaky_relu": LeakyRelu(),
    "tanh": Tanh(),
    "sigmoid": Sigmoid(),
}

__all__ = ["ACTIVATIONS", "Activation", "BoundLayer", "Dense"]
