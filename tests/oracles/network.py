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


EPSILON = 1e-5


@dataclass(frozen=True)
class NormPass:
    """What a batch went through under batch norm: the logits of each example, and the moments of each layer in turn."""

    logits: list[Row]
    moments: Row  # of the first layer its means, then its variances, and so on


def batch_norm_forward(
    arrays: Mapping[str, Layer], examples: Sequence[Row], activation: str, masks: Sequence[Sequence[Row]]
) -> NormPass:
    """Run a batch through hidden layers with batch norm and dropout; `masks` are those of the inputs and each layer."""
    hidden = sum(name.startswith("gamma") for name in arrays)
    signals, moments = _masked(examples, masks[0]), Row()
    for number in range(1, hidden + 1):
        sums = [_sums(arrays[f"W{number}"], signal) for signal in signals]
        means = [sum(column) / len(sums) for column in zip(*sums, strict=True)]
        variances = [
            sum((z - mean) ** 2 for z in column) / len(sums)
            for column, mean in zip(zip(*sums, strict=True), means, strict=True)
        ]
        moments += means + variances
        signals = _masked(
            [_normed(arrays, number, z, means, variances, activation) for z in sums], masks[min(number, len(masks) - 1)]
        )
    last = hidden + 1
    return NormPass([_with_bias(arrays, last, signal) for signal in signals], moments)


def averaged_norm_forward(arrays: Mapping[str, Layer], example: Row, activation: str) -> Row:
    """Return the logits of one example at test time."""
    hidden, signal = sum(name.startswith("gamma") for name in arrays), example
    for number in range(1, hidden + 1):
        means, variances = (_row(arrays[f"{name}{number}"]) for name in ("mean", "variance"))
        signal = _normed(arrays, number, _sums(arrays[f"W{number}"], signal), means, variances, activation)
    return _with_bias(arrays, hidden + 1, signal)


def _normed(arrays: Mapping[str, Layer], number: int, z: Row, means: Row, variances: Row, activation: str) -> Row:
    gammas, betas = (_row(arrays[f"{name}{number}"]) for name in ("gamma", "beta"))
    return [
        ACTIVATIONS[activation](gammas[u] * (z[u] - means[u]) / math.sqrt(variances[u] + EPSILON) + betas[u])
        for u in range(len(z))
    ]


def _row(array: Layer) -> Row:
    return [float(value) for value in array]  # type: ignore[arg-type]  # gamma and the like have one axis


def _sums(weights: Layer, signal: Row) -> Row:
    return [sum(signal[i] * weights[i][unit] for i in range(len(signal))) for unit in range(len(weights[0]))]


def _with_bias(arrays: Mapping[str, Layer], number: int, signal: Row) -> Row:
    biases = _row(arrays[f"b{number}"])
    return [z + bias for z, bias in zip(_sums(arrays[f"W{number}"], signal), biases, strict=True)]


def _masked(signals: Sequence[Row], mask: Sequence[Row]) -> list[Row]:
    return [[a * m for a, m in zip(signal, row, strict=True)] for signal, row in zip(signals, mask, strict=True)]
