"""The networks and stacks that the engine is measured on, and what is hoped for; standard library only."""

from dataclasses import dataclass
from typing import Literal

from benchmarks.spread import Target


@dataclass(frozen=True, slots=True)
class Shape:
    """A network with its batch size, how many of it a stack holds, and how much of it to measure."""

    inputs: int
    hidden_units: tuple[int, ...]
    outputs: int
    batch_size: int
    stack: int
    steps: int
    """Mini-batches of an epoch; one epoch is measured in each round."""
    rounds: int
    alone_pytorch: tuple[Target, ...]
    """How many times faster than PyTorch eager one network alone should be."""
    stack_pytorch: tuple[Target, ...]
    """How many times faster than PyTorch eager a network in the stack should be."""
    stack_jax: tuple[Target, ...]
    """How many times faster than JAX's `vmap` in a `scan` a network in the stack should be."""

    @property
    def title(self) -> str:
        """What a table calls it: the widths and the batch size."""
        widths = "-".join(map(str, (self.inputs, *self.hidden_units, self.outputs)))
        return f"{widths}, batch {self.batch_size}"


def _times(value: float, kind: Literal["target", "goal"] = "target") -> Target:
    return Target(">=", value, "x", kind)


SHAPES = (
    Shape(
        64, (16,), 10, 16, stack=32, steps=200, rounds=21,
        alone_pytorch=(_times(10),), stack_pytorch=(_times(75),), stack_jax=(_times(3),),
    ),
    Shape(
        64, (64,), 10, 64, stack=16, steps=200, rounds=21,
        alone_pytorch=(_times(8),), stack_pytorch=(_times(17),), stack_jax=(_times(2),),
    ),
    Shape(
        64, (256, 128), 10, 64, stack=4, steps=100, rounds=15,
        alone_pytorch=(_times(3.3),), stack_pytorch=(_times(3.3),), stack_jax=(_times(1.05),),
    ),
    Shape(
        784, (512, 512), 10, 128, stack=2, steps=20, rounds=11,
        alone_pytorch=(_times(1.2),), stack_pytorch=(_times(1.2), _times(1.4, "goal")), stack_jax=(_times(1, "goal"),),
    ),
)  # fmt: skip  # a network each
