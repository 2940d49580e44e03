"""Batch norm at its edges: units that are always the same, batches of one, and rows copied into longer runs."""

import numpy as np
import pytest

from engine.arrays import Array, Signal, Workspace
from engine.kernels import Kernel
from engine.kernels.check import equal_bits, examples
from engine.kernels.norm import NORM_BACKWARD, NORM_CENTRE, NORM_SCALE
from engine.layers.batch_norm import BatchNorm, NormArrays

MEMBERS, WIDTH = 2, 3
GAMMA, BETA = [1.5, -0.5, 2.0], [0.25, 0.5, -1.0]


class Bound:
    """Batch norm of a stack of two on `z` (R, m, WIDTH), with the gradient `dy` after it."""

    def __init__(self, z: Array, dy: Array, dtype: type = np.float64) -> None:
        workspace, examples = Workspace(dtype), z.shape[1]
        self.sums = workspace.signal("z", MEMBERS, examples, WIDTH, training=False)
        self.outputs = workspace.signal("hidden.0", MEMBERS, examples, WIDTH, training=True)
        self.sums.features[...], self.outputs.feature_gradient[...] = z, dy
        parameters = NormArrays(*(np.tile(np.array(row, dtype), (MEMBERS, 1)) for row in (GAMMA, BETA)))
        self.gradient = NormArrays(*(np.zeros((MEMBERS, WIDTH), dtype) for _ in range(2)))
        self.moments: Array = np.full((MEMBERS, 2 * WIDTH), np.nan, dtype)
        sums = Signal(self.sums.values, self.outputs.gradient, WIDTH)
        self.layer = BatchNorm(sums, self.outputs, parameters, self.gradient, self.moments, workspace)
        self.layer.forward()
        self.layer.backward()


def numbers(examples: int, seed: int = 0) -> Array:
    return np.random.default_rng(seed).standard_normal((MEMBERS, examples, WIDTH))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_of_a_batch_of_one_only_beta_passes_and_only_beta_learns(dtype: type) -> None:
    z: Array = (1e3 * numbers(1)).astype(dtype)
    dy: Array = numbers(1, seed=1).astype(dtype)
    bound = Bound(z, dy, dtype)

    np.testing.assert_array_equal(bound.outputs.features, np.broadcast_to(np.array(BETA, dtype), z.shape))
    np.testing.assert_array_equal(bound.moments, np.concatenate([z[:, 0], np.zeros((MEMBERS, WIDTH))], axis=1))
    np.testing.assert_array_equal(bound.gradient.gamma, 0.0)
    np.testing.assert_array_equal(bound.gradient.beta, dy[:, 0])
    np.testing.assert_array_equal(bound.outputs.feature_gradient, 0.0)


@pytest.mark.parametrize("value", [0.0, 1.0, -300.0])
@pytest.mark.parametrize("examples", [2, 7, 64])
def test_a_unit_that_is_always_the_same_gives_beta_and_finite_gradients(value: float, examples: int) -> None:
    z = numbers(examples)
    z[..., 1] = value
    bound = Bound(z, numbers(examples, seed=1))

    np.testing.assert_allclose(bound.outputs.features[..., 1], BETA[1], atol=1e-9)
    np.testing.assert_allclose(bound.moments[:, [1, WIDTH + 1]], [[value, 0.0]] * MEMBERS, atol=1e-12)
    np.testing.assert_allclose(bound.gradient.gamma[:, 1], 0.0, atol=1e-9)
    assert np.isfinite(bound.outputs.gradient).all()


@pytest.mark.parametrize("examples", [1, 2, 7, 64])
def test_the_column_of_ones_passes(examples: int) -> None:
    bound = Bound(numbers(examples), numbers(examples, seed=1))

    np.testing.assert_array_equal(bound.sums.values[..., -1], 1.0)
    np.testing.assert_array_equal(bound.outputs.values[..., -1], 1.0)


def test_a_member_that_is_no_number_leaves_its_neighbour_alone() -> None:
    z, dy = numbers(8), numbers(8, seed=1)
    calm = Bound(z, dy)
    z[0] = np.nan
    with np.errstate(invalid="ignore"):
        found = Bound(z, dy)

    assert np.isnan(found.outputs.features[0]).all()
    for one, other in (
        (found.outputs.values, calm.outputs.values),
        (found.outputs.gradient, calm.outputs.gradient),
        (found.moments, calm.moments),
        (found.gradient.gamma, calm.gradient.gamma),
    ):
        assert one[1].tobytes() == other[1].tobytes()


@pytest.mark.parametrize("kernel", [NORM_CENTRE, NORM_SCALE, NORM_BACKWARD], ids=lambda kernel: kernel.name)
@pytest.mark.parametrize("copies", [2, 3, 6])
def test_a_row_spread_over_longer_runs_gives_the_bits_of_broadcasting(kernel: Kernel, copies: int) -> None:
    rng = np.random.default_rng(0)
    once = examples(kernel.operands, rng, np.float32, 2, 5)
    members, width = once[0].shape[0], once[0].shape[-1]
    arrays = [rng.standard_normal((members, 6, width)) if one.ndim == 3 and one.shape[1] > 1 else one for one in once]
    spread = [array.copy() for array in arrays[:-1]]
    with np.errstate(all="ignore"):
        kernel(*arrays)
        kernel(*spread, np.zeros((members, copies, width)))

    for operand, one, other in zip(kernel.operands, arrays, spread, strict=False):
        assert operand.role == "scratch" or equal_bits(one, other)
