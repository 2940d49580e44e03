"""The losses and the output functions that belong to them, one kind in each file."""

from collections.abc import Mapping

from engine.losses.base import BoundLoss, Loss
from engine.losses.logistic import Logistic
from engine.losses.softmax import Softmax
from engine.losses.squared import Squared

LOSSES: Mapping[str, Loss] = {"logistic": Logistic(), "softmax": Softmax(), "squared": Squared()}

__all__ = ["LOSSES", "BoundLoss", "Loss"]
