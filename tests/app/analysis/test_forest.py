"""Tests of the trees of a forest, beside those of scikit-learn."""

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.tree import DecisionTreeRegressor

from app.analysis.forest import Leaves, grown

Floats = NDArray[np.float64]
TREES = 5


def problem(count: int, seed: int, steps: int = 0) -> tuple[Floats, Floats]:
    """Return places, on a grid if it has steps, and costs with noise, which no two splits explain alike."""
    rng = np.random.default_rng(seed)
    places = rng.random((count, 3))
    if steps:
        places = np.round(places * steps) / steps
    return places, np.sin(6 * places[:, 0]) + places[:, 1] * places[:, 2] + 0.1 * rng.normal(size=count)


def told(leaves: Leaves, tree: int, places: Floats) -> Floats:
    """Return the value of the one leaf of a tree that each place lies in."""
    mine = leaves.tree == tree
    low, high = leaves.low[:, mine].T, leaves.high[:, mine].T
    inside = ((places[:, None, :] >= low) & (places[:, None, :] <= high)).all(2)
    assert (inside.sum(1) == 1).all()
    return np.asarray(leaves.value[mine][inside.argmax(1)])


@pytest.mark.parametrize("steps", [0, 4])
def test_each_tree_is_that_of_scikit_learn_on_the_same_bootstrap(steps: int) -> None:
    places, costs = problem(120, 1, steps)
    leaves = grown(places, costs, TREES, np.random.default_rng(3))
    drawn = np.random.default_rng(3).multinomial(120, np.full(120, 1.0 / 120), TREES)
    for tree, weights in enumerate(drawn):
        theirs = DecisionTreeRegressor(random_state=0).fit(places, costs, sample_weight=weights).predict(places)
        # What no trial of the bootstrap tells apart may fall to either side; at those that it has both say the same.
        seen = weights > 0
        np.testing.assert_allclose(told(leaves, tree, places[seen]), theirs[seen], atol=0.02)


def test_the_leaves_of_a_tree_fill_the_space_once() -> None:
    leaves = grown(*problem(200, 2), TREES, np.random.default_rng(0))
    volumes = np.bincount(leaves.tree, (leaves.high - leaves.low).prod(0), TREES)
    np.testing.assert_allclose(volumes, 1.0)


def test_costs_that_are_all_the_same_make_a_tree_of_one_leaf() -> None:
    leaves = grown(np.random.default_rng(0).random((30, 2)), np.full(30, 7.0), TREES, np.random.default_rng(0))
    assert leaves.tree.tolist() == list(range(TREES))
    np.testing.assert_allclose(leaves.value, 7.0)
