"""An epoch of PyTorch and of scikit-learn, as a user would write it, timed like the engine's."""

import time

import torch
from sklearn.neural_network import MLPClassifier

from benchmarks.engine_epoch import Epoch
from benchmarks.shapes import Shape
from engine.data import Dataset


def pytorch_epoch(shape: Shape, data: Dataset) -> Epoch:
    """Return an epoch of one network in PyTorch's eager mode; batches are rows of a shuffled order."""
    torch.manual_seed(0)
    network = _pytorch_network(shape)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    cross_entropy = torch.nn.CrossEntropyLoss()
    x, y = torch.from_numpy(data.x_train), torch.from_numpy(data.y_train)

    def epoch() -> float:
        start = time.perf_counter()
        for rows in torch.randperm(len(x)).split(shape.batch_size):
            optimizer.zero_grad()
            loss = cross_entropy(network(x[rows]), y[rows])
            loss.backward()
            optimizer.step()
        return (time.perf_counter() - start) / shape.steps * 1e6

    return epoch


def _pytorch_network(shape: Shape) -> torch.nn.Sequential:
    layers: list[torch.nn.Module] = []
    width = shape.inputs
    for units in shape.hidden_units:
        layers += [torch.nn.Linear(width, units), torch.nn.ReLU()]
        width = units
    return torch.nn.Sequential(*layers, torch.nn.Linear(width, shape.outputs))


def scikit_learn_epoch(shape: Shape, data: Dataset) -> Epoch:
    """Return an epoch of one network in scikit-learn; `partial_fit` is one pass over the examples."""
    network = MLPClassifier(shape.hidden_units, solver="adam", batch_size=shape.batch_size, random_state=0)

    def epoch() -> float:
        start = time.perf_counter()
        network.partial_fit(data.x_train, data.y_train, classes=range(shape.outputs))
        return (time.perf_counter() - start) / shape.steps * 1e6

    return epoch
