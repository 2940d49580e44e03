"""An epoch of JAX as a careful user would write it: one compiled call, for one network or by `vmap` for a stack.

Of what such a user would try this is the fastest, measured with JAX 0.10.2 on the four shapes and AVX2 (Zen 3):

- Orders of examples come from NumPy: `jax.random.permutation` in the call takes 1.6 times as long on the two small
  networks. `Shuffling` has both.
- `vmap` in the scan and a scan in the `vmap` take the same time, `lax.map` over networks up to 1.4 times as much.
- One-hot labels are as fast as a gather of the label's logit, or faster; Adam by hand spares a dependency.
- Adam over all weights as one vector takes 0.9 times as long on the smallest network, and 1.02 to 1.09 times on the
  others. Steps unrolled by 4 gain nothing, and inputs fetched for the whole epoch cost up to 1.2 times.
- Buffers of the state are donated, which is no slower and takes half the memory.
"""

import itertools
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.engine_epoch import Epoch
from benchmarks.shapes import Shape
from engine.data import Dataset

Layers: TypeAlias = Sequence[tuple[Any, Any]]
"""W (n_in, n_out) and b (n_out,) of each layer; in a stack the axis of the networks comes first."""

Shuffling: TypeAlias = Literal["numpy", "jax"]
"""Who draws the orders of examples: NumPy, before the compiled call, or `jax.random.permutation` in it."""

LEARNING_RATE, BETA1, BETA2, EPSILON = 1e-3, 0.9, 0.999, 1e-8


class State(NamedTuple):
    """What a step of Adam changes: the layers, both moments of each array, and the number of updates."""

    layers: Layers
    mean: Layers
    square: Layers
    updates: Any


@dataclass(frozen=True, slots=True)
class CompiledEpoch:
    """An epoch, and the seconds that tracing and compiling it took, which are in no epoch's time."""

    run: Epoch
    compilation: float


def start(layers: Layers) -> State:
    """Return the state of one network before its first step; `jax.vmap` makes that of a stack."""
    zeros = jax.tree.map(jnp.zeros_like, layers)
    return State(layers, zeros, jax.tree.map(jnp.zeros_like, layers), jnp.float32(0))


def loss(layers: Layers, x: Any, labels: Any) -> Any:
    """Return the mean cross-entropy of a rectified network with a softmax; x is (m, n_in), labels (m,)."""
    *hidden, (w, b) = layers
    for w_hidden, b_hidden in hidden:
        x = jax.nn.relu(x @ w_hidden + b_hidden)
    logits = x @ w + b
    return -(jax.nn.log_softmax(logits) * jax.nn.one_hot(labels, logits.shape[-1])).sum(-1).mean()


def step(state: State, x: Any, labels: Any) -> tuple[State, Any]:
    """Take one step of Adam; return the state after it, and the loss before it."""
    value, gradient = jax.value_and_grad(loss)(state.layers, x, labels)
    updates = state.updates + 1
    mean = jax.tree.map(lambda m, g: BETA1 * m + (1 - BETA1) * g, state.mean, gradient)
    square = jax.tree.map(lambda s, g: BETA2 * s + (1 - BETA2) * g * g, state.square, gradient)
    by_mean, by_square = 1 / (1 - BETA1**updates), 1 / (1 - BETA2**updates)
    layers = jax.tree.map(
        lambda w, m, s: w - LEARNING_RATE * (m * by_mean) / (jnp.sqrt(s * by_square) + EPSILON),
        state.layers, mean, square,
    )  # fmt: skip
    return State(layers, mean, square, updates), value


def epoch_alone(state: State, x: Any, labels: Any, orders: Any) -> tuple[State, Any]:
    """Train one network on the rows of `orders`, (steps, m); return its state and the losses, (steps,)."""
    state, losses = jax.lax.scan(lambda state, rows: step(state, x[rows], labels[rows]), state, orders)
    return state, losses


def epoch_of_stack(state: State, x: Any, labels: Any, orders: Any) -> tuple[State, Any]:
    """Train a stack on the rows of `orders`, (steps, R, m); return its state and the losses, (steps, R)."""
    state, losses = jax.lax.scan(lambda state, rows: jax.vmap(step)(state, x[rows], labels[rows]), state, orders)
    return state, losses


def jax_epoch(shape: Shape, data: Dataset) -> CompiledEpoch:
    """Return an epoch of one network: `jit` of a scan over the steps."""
    rng = np.random.default_rng(0)
    layers = [(w[0], b[0]) for w, b in _initial_layers(shape, 1)]

    def orders() -> Any:
        rows = rng.permutation(len(data.x_train)).astype(np.int32)
        return rows.reshape(shape.steps, shape.batch_size)

    return _compiled(shape, data, epoch_alone, start(layers), orders, 1)


def jax_stack_epoch(shape: Shape, data: Dataset, shuffling: Shuffling) -> CompiledEpoch:
    """Return an epoch of a whole stack: `jit` of a scan over the steps, and `vmap` over the networks in it."""
    state = jax.vmap(start)(_initial_layers(shape, shape.stack))
    if shuffling == "jax":
        seeds = map(np.uint32, itertools.count())
        return _compiled(shape, data, _epoch_that_shuffles(shape), state, lambda: next(seeds), shape.stack)
    rng = np.random.default_rng(0)
    in_order = np.broadcast_to(np.arange(len(data.x_train), dtype=np.int32), (shape.stack, len(data.x_train)))
    return _compiled(
        shape, data, epoch_of_stack, state, lambda: _by_step(rng.permuted(in_order, axis=1), shape), shape.stack
    )


def _epoch_that_shuffles(shape: Shape) -> Callable[..., Any]:
    def epoch(state: State, x: Any, labels: Any, seed: Any) -> tuple[State, Any]:
        keys = jax.random.split(jax.random.key(seed), shape.stack)
        orders = jax.vmap(lambda key: jax.random.permutation(key, len(x)))(keys)
        return epoch_of_stack(state, x, labels, _by_step(orders, shape))

    return epoch


def _by_step(orders: Any, shape: Shape) -> Any:
    """Cut orders of all examples, (R, n), into those of the steps, (steps, R, m)."""
    return orders.reshape(len(orders), shape.steps, shape.batch_size).swapaxes(0, 1)


def _initial_layers(shape: Shape, networks: int) -> Layers:
    rng = np.random.default_rng(0)
    widths = (shape.inputs, *shape.hidden_units, shape.outputs)
    return [
        (
            jnp.asarray(rng.standard_normal((networks, *sizes), np.float32) / sizes[0] ** 0.5),
            jnp.zeros((networks, sizes[1])),
        )
        for sizes in itertools.pairwise(widths)
    ]


def _compiled(
    shape: Shape, data: Dataset, epoch: Callable[..., Any], state: State, orders: Callable[[], Any], networks: int
) -> CompiledEpoch:
    """Compile `epoch` for this state and data; `orders` gives its last argument anew for each run, in its time."""
    x, labels = jnp.asarray(data.x_train), jnp.asarray(data.y_train.astype(np.int32))
    before = time.perf_counter()
    call = jax.jit(epoch, donate_argnums=0).lower(state, x, labels, orders()).compile()
    compilation = time.perf_counter() - before

    def run() -> float:
        nonlocal state
        begin = time.perf_counter()
        state, losses = call(state, x, labels, orders())
        jax.block_until_ready((state, losses))
        return (time.perf_counter() - begin) / shape.steps / networks * 1e6

    return CompiledEpoch(run, compilation)
