"""The kernels that have a compiled loop, which has the kernel's name, in a C file beside it; others run in NumPy."""

from engine.kernels.accumulate import ACCUMULATE
from engine.kernels.adam import ADAM
from engine.kernels.base import Kernel
from engine.kernels.dropout import DROPOUT_MASK
from engine.kernels.gather import GATHER, GATHER_TARGETS
from engine.kernels.l1 import ADD_L1
from engine.kernels.l2 import ADD_L2
from engine.kernels.leaky_relu import LEAKY_RELU_BACKWARD, LEAKY_RELU_FORWARD
from engine.kernels.logistic import LOGISTIC_BACKWARD, LOGISTIC_LOSS, LOGISTIC_WEIGH
from engine.kernels.momentum import MOMENTUM
from engine.kernels.norm import NORM_AVERAGED, NORM_BACKWARD, NORM_CENTRE, NORM_SCALE
from engine.kernels.pcg64 import PCG64
from engine.kernels.relu import RELU_BACKWARD, RELU_FORWARD
from engine.kernels.rmsprop import RMSPROP
from engine.kernels.scale import SCALE
from engine.kernels.scaled_bytes import (
    BYTES_DIVIDED,
    BYTES_MULTIPLIED,
    GATHER_BYTES_DIVIDED,
    GATHER_BYTES_MULTIPLIED,
)
from engine.kernels.sgd import SGD
from engine.kernels.sigmoid import SIGMOID_BACKWARD, SIGMOID_FORWARD
from engine.kernels.softmax import SOFTMAX_BACKWARD, SOFTMAX_LOAD, SOFTMAX_SHIFT, SOFTMAX_WEIGH
from engine.kernels.tanh import TANH_BACKWARD

KERNELS: tuple[Kernel, ...] = (
    *(ACCUMULATE, ADAM, ADD_L1, ADD_L2, MOMENTUM, RMSPROP, SCALE, SGD),
    *(LEAKY_RELU_BACKWARD, LEAKY_RELU_FORWARD, RELU_BACKWARD, RELU_FORWARD),
    *(SIGMOID_BACKWARD, SIGMOID_FORWARD, TANH_BACKWARD),
    *(DROPOUT_MASK, PCG64, NORM_AVERAGED, NORM_BACKWARD, NORM_CENTRE, NORM_SCALE),
    *(GATHER, GATHER_TARGETS, GATHER_BYTES_DIVIDED, GATHER_BYTES_MULTIPLIED, BYTES_DIVIDED, BYTES_MULTIPLIED),
    *(LOGISTIC_BACKWARD, LOGISTIC_LOSS, LOGISTIC_WEIGH),
    *(SOFTMAX_BACKWARD, SOFTMAX_LOAD, SOFTMAX_SHIFT, SOFTMAX_WEIGH),
)
