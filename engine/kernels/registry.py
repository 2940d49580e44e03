"""All kernels; the compiled loop of each has its name, in a C file beside it."""

from engine.kernels.adam import ADAM
from engine.kernels.base import Kernel
from engine.kernels.momentum import MOMENTUM
from engine.kernels.relu import RELU_BACKWARD, RELU_FORWARD
from engine.kernels.rmsprop import RMSPROP
from engine.kernels.sgd import SGD

KERNELS: tuple[Kernel, ...] = (ADAM, MOMENTUM, RELU_BACKWARD, RELU_FORWARD, RMSPROP, SGD)
