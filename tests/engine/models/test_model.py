"""Tests of what a model says of raw rows."""

import gzip
from typing import Any

import numpy as np
import pytest

from engine.data import Table, TableError
from engine.data.table import CategoricalColumn, NumericColumn
from engine.models import Model, Predictions
from tests.engine.models.trained import TASKS, trained
from tests.oracles.network import forward  # noqa: F401

SHAPES = [((), "relu"), ((6,), "tanh"), ((5, 4), "sigmoid"), ((6,), "leaky_relu"), ((600,), "relu")]
