"""Trained models: what a network needs to answer, as a record, in files, and on rows that it has not seen."""

from engine.extras import MissingExtra
from engine.models.ensemble import Ensemble
from engine.models.evaluation import Scores, evaluate, examples_of_file, examples_of_rows
from engine.models.formats import FORMATS
from engine.models.model import FORMAT, Model
from engine.models.predictions import Predictions
from engine.models.predictor import ModelError, Predictor
from engine.models.reading import read_model

__all__ = [
    "FORMAT",
    "FORMATS",
    "Ensemble",
    "MissingExtra",
    "Model",
    "ModelError",
    "Predictions",
    "Predictor",
    "Scores",
    "evaluate",
    "examples_of_file",
    "examples_of_rows",
    "read_model",
]
