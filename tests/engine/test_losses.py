"""What losses count, against loops that anyone can follow."""

from random import Random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from engine.arrays import Array, Workspace
from engine.losses import LOSSES

FEW = st.sampled_from([-2.0, -0.0, 0.0, 0.5, 3.0])
"""So few values that ties are common."""

LOGITS = array_shapes(min_dims=3, max_dims=3, max_side=5).flatmap(lambda shape: arrays(np.float32, shape, elements=FEW))


def misses(logits: Array, labels: Array) -> Array:
    """Return the misses of each member for logits (R, m, k) on the same labels (m,)."""
    members, examples, classes = logits.shape
    workspace = Workspace(np.float32)
    loss = LOSSES["softmax"]
    rows = np.tile(np.arange(examples), (members, 1))
    bound = loss.bind(rows, classes, loss.encode(labels, workspace), workspace)
    bound.load()
    bound.logits.values[...] = logits
    bound.total()
    return bound.misses()


@given(LOGITS, st.randoms(use_true_random=False))
def test_an_example_is_missed_unless_its_class_is_the_first_with_the_largest_logit(
    logits: Array, random: Random
) -> None:
    examples, classes = logits.shape[1:]
    labels = np.array([random.choice(range(classes)) for _ in range(examples)])
    expected = [
        sum(list(row).index(max(row)) != label for row, label in zip(member, labels, strict=True)) for member in logits
    ]

    assert misses(logits, labels).tolist() == expected


@given(LOGITS, st.sampled_from([np.nan, np.inf, -np.inf]))
def test_a_member_that_broke_changes_no_count_of_the_others(logits: Array, broken: float) -> None:
    labels = np.zeros(logits.shape[1])
    company = np.concatenate([logits, np.full_like(logits[:1], broken)])

    with np.errstate(invalid="ignore"):
        assert misses(company, labels)[:-1].tolist() == misses(logits, labels).tolist()
