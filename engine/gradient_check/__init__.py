"""The gradient check: whether the gradient that training follows is the slope of the cost that it should lower."""

from engine.gradient_check.check import (
    EXAMPLES,
    LOOK,
    WORRY,
    GradientCheck,
    PartialDerivative,
    Verdict,
    dropout_refusal,
    gradient_check,
)

__all__ = [
    "EXAMPLES",
    "LOOK",
    "WORRY",
    "GradientCheck",
    "PartialDerivative",
    "Verdict",
    "dropout_refusal",
    "gradient_check",
]
