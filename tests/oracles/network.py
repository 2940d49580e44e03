"""A dense network, one example and one unit at a time: outputs, losses, and gradients by the chain rule."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

Row = list[float]
Layer = list[Row]  # n_in rows of weights, and the bias as the last one

ACTIVATIONS: Mapping[str, Callable[[float], float]] = {
    "relu": lambda z: max(z, 0.0),
    "leaky_relu": lambda z: max(z, 0.01 * z),
    "tanh": math.tanh,
    "sigmoid": lambda z: 1.0 / (1.0 + math.exp(-z)),
}

SLOPES: Mapping[str, Callable[[float], float]] = {
    "relu": lambda z: 1.0 if z > 0 else 0.0,
    "leaky_relu": lambda z: 1.0 if z > 0 else 0.01,
    "tanh": lambda z: 1.0 - math.tanh(z) ** 2,
    "sigmoid": lambda z: math.exp(-z) / (1.0 + math.exp(-z)) ** 2,
}


@dataclass(frozen=True)
class Pass:
    """What one example went through: the inputs of every layer and what each unit summed up."""

    inputs: list[Row]
    sums: list[Row]


def forward(layers: Sequence[Layer], example: Sequence[float], activation: str) -> Pass:
    signal, inputs, sums = list(example), [], []
    for number, layer in enumerate(layers):
        inputs.append(signal)
        z = []
        for unit in range(len(layer[0])):
            total = layer[-1][unit]
            for place, value in enumerate(signal):
                total += value * layer[place][unit]
            z.append(total)
        sums.append(z)
        signal = z if number == len(layers) - 1 else [ACTIVATIONS[activation](value) for value in z]
    return Pass(inputs, sums)


def loss(logits: Sequence[float], target: float, kind: str) -> float:
    if kind == "squared":
        return (logits[0] - target) ** 2 / 2
    if kind == "logistic":
        probability = 1.0 / (1.0 + math.exp(-logits[0]))
        return -math.log(probability) if target == 1 else -math.log(1.0 - probability)
    total = sum(math.exp(z) for z in logits)
    return -math.log(math.exp(logits[int(target)]) / total)


def output_gradient(logits: Sequence[float], target: float, kind: str) -> Row:
    """y_hat - y."""
    if kind == "squared":
        return [logits[0] - target]
    if kind == "logistic":
        return [1.0 / (1.0 + math.exp(-logits[0])) - target]
    total = sum(math.exp(z) for z in logits)
    return [math.exp(z) / total - (1.0 if k == int(target) else 0.0) for k, z in enumerate(logits)]


def missed(logits: Sequence[float], target: float, kind: str) -> bool:
    if kind == "logistic":
        return (logits[0] > 0) != (target == 1)
    return max(range(len(logits)), key=lambda k: logits[k]) != int(target)


def gradients(
    layers: Sequence[Layer], examples: Sequence[Sequence[float]], targets: Sequence[float], activation: str, kind: str
) -> tuple[list[Layer], float]:
    """Return the gradient of the mean loss by every weight, and the mean loss."""
    found: list[Layer] = [[[0.0] * len(row) for row in layer] for layer in layers]
    total = 0.0
    for example, target in zip(examples, targets, strict=True):
        went = forward(layers, example, activation)
        total += loss(went.sums[-1], target, kind)
        delta = output_gradient(went.sums[-1], target, kind)
        for number in reversed(range(len(layers))):
            layer, inputs = layers[number], went.inputs[number]
            for unit, value in enumerate(delta):
                for place, entered in enumerate(inputs):
                    found[number][place][unit] += entered * value / len(examples)
                found[number][-1][unit] += value / len(examples)
            if number:
                below = went.sums[number - 1]
                delta = [
                    SLOPES[activation](below[place]) * sum(layer[place][unit] * d for unit, d in enumerate(delta))
                    for place in range(len(below))
                ]
    return found, total / len(examples)
