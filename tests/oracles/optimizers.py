"""The optimizers, one weight at a time, as a textbook has them."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass
class Memory:
    """What an optimizer remembers of one weight."""

    velocity: float = 0.0
    square: float = 0.0
    steps: int = 0


@dataclass(frozen=True)
class Settings:
    """The knobs of one member."""

    alpha: float
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8


def sgd(weight: float, gradient: float, memory: Memory, knobs: Settings) -> float:
    memory.steps += 1
    return weight - knobs.alpha * gradient


def momentum(weight: float, gradient: float, memory: Memory, knobs: Settings) -> float:
    memory.steps += 1
    memory.velocity = knobs.beta1 * memory.velocity + (1 - knobs.beta1) * gradient
    return weight - knobs.alpha * memory.velocity


def rmsprop(weight: float, gradient: float, memory: Memory, knobs: Settings) -> float:
    memory.steps += 1
    memory.square = knobs.beta2 * memory.square + (1 - knobs.beta2) * gradient**2
    return weight - knobs.alpha * gradient / math.sqrt(memory.square + knobs.epsilon)


def adam(weight: float, gradient: float, memory: Memory, knobs: Settings) -> float:
    memory.steps += 1
    memory.velocity = knobs.beta1 * memory.velocity + (1 - knobs.beta1) * gradient
    memory.square = knobs.beta2 * memory.square + (1 - knobs.beta2) * gradient**2
    velocity = memory.velocity / (1 - knobs.beta1**memory.steps)
    square = memory.square / (1 - knobs.beta2**memory.steps)
    return weight - knobs.alpha * velocity / (math.sqrt(square) + knobs.epsilon)


STEPS: Mapping[str, Callable[[float, float, Memory, Settings], float]] = {
    "sgd": sgd,
    "momentum": momentum,
    "rmsprop": rmsprop,
    "adam": adam,
}
