"""Networks of the engine in PyTorch, from the same weights, masks and batches; it is imported where it is installed."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch

from engine.arrays import Workspace
from engine.layers.dropout import Mask, Words
from engine.seeds import Purpose
from engine.spec import Knobs, MemberSpec
from engine.training_set import TrainingSet
from tests.engine.parity.runs import Epoch, batches, initial_arrays

torch.set_num_threads(1)


class RmsProp(torch.optim.Optimizer):  # type: ignore[misc]  # PyTorch is Any to mypy
    """The table's formula; PyTorch's own adds epsilon outside the root."""

    def __init__(self, parameters: Sequence[Any], knobs: Knobs) -> None:
        super().__init__(parameters, {"lr": knobs.learning_rate})
        self.squares = [(parameter, torch.zeros_like(parameter)) for parameter in parameters]
        self.beta, self.epsilon = knobs.beta2, knobs.epsilon

    def step(self) -> None:
        """s = beta2*s + (1 - beta2)*g^2; w -= alpha*g/sqrt(s + epsilon)."""
        with torch.no_grad():
            for w, s in self.squares:
                s[...] = self.beta * s + (1 - self.beta) * w.grad**2
                w.sub_(self.param_groups[0]["lr"] * w.grad / torch.sqrt(s + self.epsilon))


def momentum(parameters: Sequence[Any], knobs: Knobs) -> Any:
    """PyTorch's dampening gives the factor 1 - beta, but not in the first step, unless there is a buffer before it."""
    optimizer = torch.optim.SGD(parameters, lr=knobs.learning_rate, momentum=knobs.beta1, dampening=knobs.beta1)
    for parameter in parameters:
        optimizer.state[parameter]["momentum_buffer"] = torch.zeros_like(parameter)
    return optimizer


TORCH_OPTIMIZERS: Mapping[str, Callable[[Sequence[Any], Knobs], Any]] = {
    "sgd": lambda parameters, knobs: torch.optim.SGD(parameters, lr=knobs.learning_rate),
    "momentum": momentum,
    "rmsprop": RmsProp,
    "adam": lambda parameters, knobs: torch.optim.Adam(
        parameters, lr=knobs.learning_rate, betas=(knobs.beta1, knobs.beta2), eps=knobs.epsilon
    ),
}
TORCH_ACTIVATIONS: Mapping[str, Callable[[Any], Any]] = {
    "relu": torch.nn.ReLU(),
    "leaky_relu": torch.nn.LeakyReLU(0.01),
    "tanh": torch.nn.Tanh(),
    "sigmoid": torch.nn.Sigmoid(),
}
TORCH_LOSSES: Mapping[str, Callable[[Any, Any], Any]] = {
    "logistic": lambda z, y: torch.nn.BCEWithLogitsLoss()(z[:, 0], y),
    "softmax": torch.nn.CrossEntropyLoss(),
    "squared": lambda z, y: torch.nn.MSELoss()(z[:, 0], y) / 2,
}

# How PyTorch says each decay, as a scheduler that is told of every period.
TORCH_DECAYS: Mapping[str, Callable[[Any, float, float], Any]] = {
    "inverse_time": lambda optimizer, rate, every: torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda count: 1 / (1 + rate * count / every)
    ),
    "exponential": lambda optimizer, rate, every: torch.optim.lr_scheduler.ExponentialLR(
        optimizer, rate ** (1 / every)
    ),
    "inverse_sqrt": lambda optimizer, rate, every: torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda count: rate / math.sqrt(count / every + 1)
    ),
    "staircase": lambda optimizer, rate, every: torch.optim.lr_scheduler.StepLR(optimizer, int(every), rate),
}


def float64(array: Any) -> Any:
    return torch.tensor(np.ascontiguousarray(array), dtype=torch.float64)


class Twin:
    """The network of a member in PyTorch, from the same weights, and all that moves them."""

    def __init__(self, data: TrainingSet, spec: MemberSpec, arrays: Mapping[str, Any]) -> None:
        self.data, self.spec, self.knobs = data, spec, spec.knobs
        count = sum(name.startswith("W") for name in arrays)
        self.dense, self.norms = torch.nn.ModuleList(), torch.nn.ModuleList()
        for number in range(1, count + 1):
            n_in, n_out = arrays[f"W{number}"].shape
            layer = torch.nn.Linear(n_in, n_out, bias=f"b{number}" in arrays, dtype=torch.float64)
            layer.weight.data = float64(arrays[f"W{number}"].T)
            if layer.bias is not None:
                layer.bias.data = float64(arrays[f"b{number}"])
            else:
                # A momentum of one: the running moments are those of the last batch, and averaged by our rule.
                self.norms.append(torch.nn.BatchNorm1d(n_out, eps=1e-5, momentum=1.0, dtype=torch.float64))
            self.dense.append(layer)
        self.averages = [float64(np.zeros((2, norm.num_features))) for norm in self.norms]
        self.parameters = [*self.dense.parameters(), *self.norms.parameters()]
        self.optimizer = TORCH_OPTIMIZERS[spec.optimizer](self.parameters, self.knobs)
        self.updates = 0
        self.schedulers = self.make_schedulers(sum(1 for _ in batches(data, spec, 0)))

    def make_schedulers(self, steps: int) -> dict[str, list[Any]]:
        """Return the schedulers to tell of each epoch and of each mini-batch, of which an epoch has `steps`."""
        found: dict[str, list[Any]] = {"epoch": [], "batch": []}
        if self.spec.decay != "none":
            decay = TORCH_DECAYS[self.spec.decay](self.optimizer, self.knobs.decay_rate, self.knobs.decay_every)
            found[self.spec.decay_by].append(decay)
        if rise := int(self.knobs.warmup_epochs * steps):
            found["batch"].append(torch.optim.lr_scheduler.LinearLR(self.optimizer, 1 / rise, 1.0, rise - 1))
        return found

    def logits(self, x: Any, masks: Sequence[Any]) -> Any:
        """Run the network; `masks` are those of the inputs and of each hidden layer."""
        signal = x * masks[0]
        for number, mask in enumerate(masks[1:]):
            z = self.dense[number](signal)
            if self.norms:
                z = self.norms[number](z)
            signal = TORCH_ACTIVATIONS[self.spec.structure.activation](z) * mask
        return self.dense[-1](signal)

    def loss(self, logits: Any, targets: Any) -> Any:
        wanted = torch.tensor(targets) if self.data.loss_name == "softmax" else float64(targets)
        return TORCH_LOSSES[self.data.loss_name](logits, wanted)

    def penalty(self, examples: int) -> Any:
        """lambda/(2m) times the sum of squares, or of absolute values, of the weights."""
        squares = sum((layer.weight**2).sum() for layer in self.dense)
        absolutes = sum(layer.weight.abs().sum() for layer in self.dense)
        return (self.knobs.l2 * squares + self.knobs.l1 * absolutes) / (2 * examples)

    def clip(self) -> None:
        """Shorten the gradient; PyTorch's own clip_grad_norm_ divides by its length + 1e-6."""
        length = torch.nn.utils.get_total_norm([parameter.grad for parameter in self.parameters])
        if 0.0 < self.knobs.clip_norm < length:
            for parameter in self.parameters:
                parameter.grad *= self.knobs.clip_norm / length

    def train_epoch(self, epoch: int) -> float:
        """Train the epoch after `epoch` others; return the mean loss over its batches as trained."""
        words = Words(1)
        words.begin_epoch([self.spec.seed.generator(Purpose.DROPOUT, epoch)])
        total = 0.0
        for rows in batches(self.data, self.spec, epoch):
            x, targets = self.data.train.x[rows, :-1], self.data.train.targets[rows]
            loss = self.loss(self.logits(float64(x), list(self.masks(len(rows), words))), targets)
            self.optimizer.zero_grad()
            (loss + self.penalty(len(rows))).backward()
            self.clip()
            self.optimizer.step()
            self.average(len(rows))
            for scheduler in self.schedulers["batch"]:
                scheduler.step()
            total += loss.item() * len(rows)
        for scheduler in self.schedulers["epoch"]:
            scheduler.step()
        return total / len(self.data.train)

    def masks(self, examples: int, words: Words) -> Iterator[Any]:
        """Yield the masks that the engine draws for a mini-batch: of the inputs, then of each hidden layer."""
        widths = (self.spec.structure.inputs, *self.spec.structure.hidden_units)
        for number, width in enumerate(widths):
            keep_prob = self.knobs.keep_prob if number else self.knobs.input_keep_prob
            mask = Mask(np.array([keep_prob]), examples, width, "mask", Workspace(np.float64))
            mask.draw(words)
            yield float64(mask.values[0, :, :-1])

    def average(self, examples: int) -> None:
        """v = beta*v + (1 - beta)*theta for the moments of the last batch; its variance with 1/m, not 1/(m - 1)."""
        self.updates += 1
        for norm, average in zip(self.norms, self.averages, strict=True):
            moments = torch.stack([norm.running_mean, norm.running_var * (examples - 1) / examples])
            beta = self.knobs.batch_norm_beta
            average[...] = beta * average + (1 - beta) * moments

    def dev_loss(self) -> float:
        """Return the mean loss on the dev part, by the averages of batch norm, corrected for their start at zero."""
        for norm, average in zip(self.norms, self.averages, strict=True):
            norm.running_mean[...], norm.running_var[...] = average / (1 - self.knobs.batch_norm_beta**self.updates)
        self.norms.eval()
        with torch.no_grad():
            everything = [1.0] * (1 + len(self.spec.structure.hidden_units))
            loss = self.loss(self.logits(float64(self.data.dev.x[:, :-1]), everything), self.data.dev.targets)
        self.norms.train()
        return float(loss)

    def arrays(self) -> dict[str, Any]:
        """Return what the network has now, by the engine's names."""
        found = {f"W{number}": layer.weight.T for number, layer in enumerate(self.dense, 1)}
        found |= {f"b{number}": layer.bias for number, layer in enumerate(self.dense, 1) if layer.bias is not None}
        for number, norm in enumerate(self.norms, 1):
            found |= {f"gamma{number}": norm.weight, f"beta{number}": norm.bias}
            found |= {f"mean{number}": norm.running_mean, f"variance{number}": norm.running_var}
        return {name: array.detach().numpy().copy() for name, array in found.items()}


def train_twin(data: TrainingSet, spec: MemberSpec) -> list[Epoch]:
    """Train the same member in PyTorch."""
    twin, epochs = Twin(data, spec, initial_arrays(spec)), []
    for epoch in range(spec.epochs):
        values = {"train_loss": twin.train_epoch(epoch), "dev_loss": twin.dev_loss()}
        epochs.append(Epoch(values, twin.arrays()))
    return epochs
