"""The live rival: Optuna with PyTorch as its users write it, in two processes that share a study in SQLite."""

import multiprocessing
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import optuna
import torch

from benchmarks import processor_time
from benchmarks.search.live_cases import BUDGET_EPOCHS, EPOCHS, SPACE, Reached
from engine.data import Dataset, Normalization

PROCESSES = 2
_SCORED = 8192
"""Rows of the dev part that are scored at once."""


@dataclass(frozen=True)
class _Shared:
    """What the processes know of each other: epochs trained and the lowest error so far."""

    epochs: "Synchronized[int]"
    best: "Synchronized[float]"
    mark: float

    def note(self, error: float) -> None:
        with self.epochs.get_lock(), self.best.get_lock():
            self.epochs.value += 1
            self.best.value = min(self.best.value, error)

    @property
    def over(self) -> bool:
        return self.best.value <= self.mark or self.epochs.value >= BUDGET_EPOCHS


def search(dataset: Dataset, seed: int, mark: float) -> Reached:
    """Search until an epoch's dev error is at the mark or the budget is spent; the clock starts with the processes."""
    context = multiprocessing.get_context("spawn")
    shared = _Shared(context.Value("q", 0), context.Value("d", 1.0), mark)
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    with TemporaryDirectory(prefix="optuna-") as folder:
        storage = f"sqlite:///{Path(folder) / 'study.db'}"
        optuna.create_study(study_name="live", storage=storage)
        arguments = [(storage, dataset, seed * PROCESSES + place, shared) for place in range(PROCESSES)]
        start = time.perf_counter()
        processes = [context.Process(target=_optimize, args=each) for each in arguments]
        with processor_time.watched(os.getpid()) as used:
            for process in processes:
                process.start()
            for process in processes:
                process.join()
        seconds = time.perf_counter() - start
    if any(process.exitcode for process in processes):
        raise RuntimeError("A process of the rival failed; its error stands above.")
    return Reached(seconds, shared.epochs.value, shared.best.value, shared.best.value <= mark, used.by(seconds))


def _optimize(storage: str, dataset: Dataset, seed: int, shared: _Shared) -> None:
    """Run trials in one process, on one thread as each of the service's workers has, until the search is over."""
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.load_study(
        study_name="live",
        storage=storage,
        sampler=optuna.samplers.TPESampler(seed=seed),
        pruner=optuna.pruners.SuccessiveHalvingPruner(min_resource=2, reduction_factor=3),
    )
    parts = _tensors(dataset)

    def objective(trial: optuna.Trial) -> float:
        if shared.over:
            trial.study.stop()
            raise optuna.TrialPruned
        return _train(trial, parts, len(dataset.classes), shared)

    study.optimize(objective, n_trials=BUDGET_EPOCHS)


@dataclass(frozen=True)
class _Parts:
    x: torch.Tensor
    y: torch.Tensor
    x_dev: torch.Tensor
    y_dev: torch.Tensor


def _tensors(dataset: Dataset) -> _Parts:
    """Return the rows with the inputs normalised as the service does."""
    normalization = Normalization.fit(dataset.x_train, dataset.image)
    inputs = (torch.from_numpy(np.asarray(normalization.apply(x))) for x in (dataset.x_train, dataset.x_dev))
    labels = (torch.from_numpy(np.asarray(y, np.int64)) for y in (dataset.y_train, dataset.y_dev))
    return _Parts(*(tensor for pair in zip(inputs, labels, strict=True) for tensor in pair))


def _train(trial: optuna.Trial, parts: _Parts, classes: int, shared: _Shared) -> float:
    """Train one network and report each epoch; the best dev error counts, as in the service."""
    params = {name: suggested(trial, name, one) for name, one in SPACE.items()}
    network = _network(params, parts.x.shape[1], classes)
    optimizer, loss = _optimizer(params, network), torch.nn.CrossEntropyLoss()
    best = 1.0
    for epoch in range(1, EPOCHS + 1):
        network.train()
        for rows in torch.randperm(len(parts.x)).split(params["batch_size"]):
            optimizer.zero_grad()
            loss(network(parts.x[rows]), parts.y[rows]).backward()
            optimizer.step()
        best = min(best, _error(network, parts))
        shared.note(best)
        if shared.over:
            return best
        trial.report(best, epoch)
        if trial.should_prune():
            raise optuna.TrialPruned
    return best


def suggested(trial: optuna.Trial, name: str, parameter: Mapping[str, Any]) -> Any:
    """Return what Optuna draws for a parameter of the space, on the same scale."""
    if parameter["kind"] == "choice":
        return parameter["values"][trial.suggest_categorical(name, list(range(len(parameter["values"]))))]
    low, high, scale = parameter["low"], parameter["high"], parameter["scale"]
    if scale == "reverse_log":
        return 1.0 - trial.suggest_float(name, 1.0 - high, 1.0 - low, log=True)
    return trial.suggest_float(name, low, high, log=scale == "log")


def _network(params: Mapping[str, Any], inputs: int, classes: int) -> torch.nn.Sequential:
    activation: Callable[[], torch.nn.Module] = torch.nn.ReLU if params["activation"] == "relu" else torch.nn.Tanh
    layers, width = list[torch.nn.Module](), inputs
    for units in params["hidden_units"]:
        layers += [torch.nn.Linear(width, units), activation(), torch.nn.Dropout(1.0 - params["keep_prob"])]
        width = units
    return torch.nn.Sequential(*layers, torch.nn.Linear(width, classes))


def _optimizer(params: Mapping[str, Any], network: torch.nn.Module) -> torch.optim.Optimizer:
    """Return the optimizer; the service's penalty is l2 / (2 m) times the squared weights of a mini-batch of m."""
    rate, decay = params["learning_rate"], params["l2"] / params["batch_size"]
    if params["optimizer"] == "adam":
        return torch.optim.Adam(network.parameters(), rate, (params["beta1"], 0.999), weight_decay=decay)
    return torch.optim.SGD(
        network.parameters(), rate, momentum=params["beta1"], dampening=params["beta1"], weight_decay=decay
    )


def _error(network: torch.nn.Module, parts: _Parts) -> float:
    network.eval()
    with torch.no_grad():
        blocks = zip(parts.x_dev.split(_SCORED), parts.y_dev.split(_SCORED), strict=True)
        wrong = sum(int((network(x).argmax(1) != y).sum()) for x, y in blocks)
    return wrong / len(parts.y_dev)
