"""The kernels that have a compiled loop, which has the kernel's name, in a C file beside it; others run in NumPy."""

from engine.kernels.accumulate import ACCUMULATE
from engine.kernels.adam import ADAM
from engine.kernels.base import Kernel
from engine.kernels.l1 import ADD_L1
from engine.kernels.l2 import ADD_L2
from engine.kernels.momentum import MOMENTUM
from engine.kernels.relu import RELU_BACKWARD, RELU_FORWARD
from engine.kernels.rmsprop import RMSPROP
from engine.kernels.scale import SCALE
from engine.kernels.sgd import SGD

KERNELS: tuple[Kernel, ...] = (
    *(ACCUMULATE, ADAM, ADD_L1, ADD_L2, MOMENTUM, RELU_BACKWARD, RELU_FORWARD, RMSPROP, SCALE, SGD),
)
