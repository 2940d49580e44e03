"""The gradient check: whether the gradient that training follows is the slope of the cost that it should lower."""

from engine.gradient_check.check import (
    COORDINATES,
    EXAMPLES,
    GradientCheck,
    PartialDerivative,
    Verdict,
    gradient_check,
    refusals,
)

__all__ = [
    "COORDINATES",
    "EXAMPLES",
    "GradientCheck",
    "PartialDerivative",
    "Verdict",
    "gradient_check",
    "refusals",
]
