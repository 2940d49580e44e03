"""The mean of what several networks answer: of their probabilities, or of their numbers in a regression."""

import math
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from engine.arrays import Array
from engine.losses import LOSSES
from engine.metrics import Answers

_LEAST = np.finfo(np.float64).tiny
"""The least probability, where all of them come out as 0: its logarithm is a number."""

Shares = NDArray[np.float64]


def shares_of(loss: str, logits: Array) -> Shares:
    """Return what is averaged of logits (R, outputs, n): the probability of each class, or the standardised number.

    The shares of R members are (R, classes, n), also of two classes, or (R, 1, n).
    """
    z = logits.astype(np.float64)
    if loss == "squared":
        return z
    if loss == "logistic":
        z = np.concatenate([np.zeros_like(z), z], axis=1)
    return np.ascontiguousarray(LOSSES["softmax"].probabilities(z.swapaxes(1, 2)).swapaxes(1, 2))


def mean_share(shares: Iterable[Shares], counts: Sequence[int]) -> Shares:
    """Return the mean of shares, each counted so many times; always summed in their order."""
    total: Shares = np.zeros(())
    for share, count in zip(shares, counts, strict=True):
        total = total + count * share
    return total / sum(counts)


def answers_of(like: Answers, loss: str, shares: Shares) -> Answers:
    """Return shares as the answers of R members to the examples of `like`, with logits that stand for them."""
    logits = _logits_of(loss, shares)
    if loss == "squared":
        off = logits[:, 0] - (like.y - like.mean) / like.scale
        return _answers(like, logits, np.square(off).mean(axis=1) / 2.0, np.full(len(logits), math.nan))
    labels = like.labels
    of_truth = np.take_along_axis(shares, np.broadcast_to(labels, (len(shares), 1, len(labels))), axis=1)[:, 0]
    wrong = shares.argmax(axis=1) != labels
    return _answers(like, logits, -np.log(_positive(of_truth)).mean(axis=1), wrong.sum(axis=1).astype(np.float64))


def _logits_of(loss: str, shares: Shares) -> Shares:
    if loss == "squared":
        return shares
    logs = np.log(_positive(shares))
    return logs if loss == "softmax" else logs[:, 1:] - logs[:, :1]


def _positive(shares: Shares) -> Shares:
    """Return the shares without zeros; NaN stays."""
    return np.maximum(shares, _LEAST)


def _answers(like: Answers, logits: Array, loss: Array, misses: Array) -> Answers:
    return Answers(like.output, like.y, loss, misses, logits, like.mean, like.scale)
