"""The numbers that a member keeps from epoch to epoch: a row of each kind."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import DTypeLike

from engine.arrays import Array
from engine.layout import Layout
from engine.network import Network
from engine.optimizers import OPTIMIZERS
from engine.population.batches import order_bytes
from engine.spec import MemberSpec, Structure
from engine.training_set import TrainingSet

MOMENTS = max(optimizer.moments for optimizer in OPTIMIZERS.values())
"""Moments that every member has room for, whatever its optimizer."""


def row_widths(layout: Layout) -> Mapping[str, int]:
    """Return how many numbers a member keeps of each kind."""
    moments = {f"moment{number}": layout.trained for number in range(1, MOMENTS + 1)}
    return {"best": layout.size, "weights": layout.size, "averages": layout.size - layout.trained, **moments}


def first_rows(network: Network, spec: MemberSpec, dtype: DTypeLike) -> Mapping[str, Array]:
    """Return the rows of a member that has not trained yet, (1, width) each."""
    initial = network.initial_row(spec.seed, spec.initializer).astype(dtype)[np.newaxis]
    zeros = {name: np.zeros((1, width), dtype) for name, width in row_widths(network.layout).items()}
    return {**zeros, "best": initial, "weights": initial}


def member_bytes(structure: Structure, data: TrainingSet) -> int:
    """Return what one member of a structure takes: its rows, its gradient and its order of examples."""
    layout = Network(structure).layout
    rows = data.dtype.itemsize * (sum(row_widths(layout).values()) + layout.trained)
    return rows + order_bytes(len(data.train))
