"""Diagnoses by name: what goes wrong in training, bias and variance, and what to do next; one kind in each file."""

from collections.abc import Mapping

from engine.diagnosis.base import (
    DIVERGENCE,
    EXPLODING_GRADIENTS,
    PLATEAU,
    VANISHING_GRADIENTS,
    Curve,
    Detector,
    Diagnosis,
    Point,
    Trouble,
    loss_of_guessing,
    weighed_guessing,
)
from engine.diagnosis.bias_variance import BiasVariance, BiasVerdict, ErrorName, Errors, judge
from engine.diagnosis.divergence import divergence
from engine.diagnosis.exploding_gradients import exploding_gradients
from engine.diagnosis.plateau import plateau
from engine.diagnosis.recipes import Action, Practice, Recipe
from engine.diagnosis.sweep import SweepDiagnosis, TrialDiagnosis, diagnose_sweep
from engine.diagnosis.vanishing_gradients import vanishing_gradients

DETECTORS: Mapping[Trouble, Detector] = {
    DIVERGENCE: divergence,
    EXPLODING_GRADIENTS: exploding_gradients,
    VANISHING_GRADIENTS: vanishing_gradients,
    PLATEAU: plateau,
}


def diagnose(curve: Curve) -> list[Diagnosis]:
    """Return every trouble that the curve shows; a healthy one, and one too short to tell, show none."""
    return [found for detector in DETECTORS.values() if (found := detector(curve)) is not None]


__all__ = [
    "DETECTORS",
    "DIVERGENCE",
    "EXPLODING_GRADIENTS",
    "PLATEAU",
    "VANISHING_GRADIENTS",
    "Action",
    "BiasVariance",
    "BiasVerdict",
    "Curve",
    "Detector",
    "Diagnosis",
    "ErrorName",
    "Errors",
    "Point",
    "Practice",
    "Recipe",
    "SweepDiagnosis",
    "TrialDiagnosis",
    "Trouble",
    "diagnose",
    "diagnose_sweep",
    "judge",
    "loss_of_guessing",
    "weighed_guessing",
]  # fmt: skip  # one line for each sort
