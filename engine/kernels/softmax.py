"""The passes of softmax with cross-entropy beside exp, log and the sums; logits lie class by class, (R, k, m)."""

import numpy as np

from engine.arrays import Array, Indices
from engine.kernels.base import Kernel, changes, reads, scratch, writes, zeros


def softmax_load(labels: Indices, rows: Indices, first: Indices, label: Indices, place: Indices) -> None:
    """Fetch the labels of `rows`, and find where in the flat logits the true classes lie: m*label + first."""
    np.take(labels, rows, out=label[:, 0], mode="clip")
    np.multiply(label, rows.shape[1], out=place)
    np.add(place, first, out=place)


def softmax_shift(z: Array, place: Indices, zero: Array, largest: Array, truth: Array) -> None:
    """z -= the largest of the classes, and truth is that of the true class."""
    np.maximum.reduce(z, axis=1, keepdims=True, out=largest)
    # Of two zeros that differ in sign, which one is the larger depends on the machine.
    np.add(largest, zero, out=largest)
    np.subtract(z, largest, out=z)
    np.take(z.reshape(-1), place, out=truth, mode="clip")


def softmax_backward(dz: Array, total: Array, place: Indices, share: Array, row: Array) -> None:
    """dz = dz*(share/total), less share at the true class."""
    np.divide(share, total, out=row)
    np.multiply(dz, row, out=dz)
    dz.reshape(-1)[place] -= share


def softmax_weigh(label: Indices, by_class: Array, even: Array, weight: Array, share: Array) -> None:
    """Find the weight of each example's class, weight = by_class[label]; share = weight*even."""
    for found, weights, labels in zip(weight, by_class, label, strict=True):
        np.take(weights, labels, out=found, mode="clip")
    np.multiply(weight, even, out=share)


SOFTMAX_LOAD = Kernel(
    softmax_load,
    [
        reads("e", "places", below="k"),
        reads("rm", "places", below="e"),
        reads("r1m", "places", below="rkm"),
        *[writes("r1m", "places")] * 2,
    ],
)
SOFTMAX_SHIFT = Kernel(
    softmax_shift, [changes("rkm"), reads("r1m", "places", below="rkm"), zeros("r1m"), scratch("r1m"), writes("r1m")]
)
SOFTMAX_BACKWARD = Kernel(
    softmax_backward,
    [changes("rkm"), reads("r1m"), reads("r1m", "places", below="rkm"), reads("r1m"), scratch("r1m")],
)
SOFTMAX_WEIGH = Kernel(
    softmax_weigh, [reads("r1m", "places", below="k"), reads("rk"), reads("r1m"), *[writes("r1m")] * 2]
)
