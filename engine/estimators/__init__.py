"""The engine's networks as scikit-learn estimators; the only part of the engine that needs scikit-learn."""

try:
    import sklearn  # noqa: F401  # only to say what is missing
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "engine.estimators needs scikit-learn, which is not installed. Run in the checkout: pip install '.[sklearn]'",
        name=error.name,
    ) from error

from engine.estimators.classifier import StackedMLPClassifier
from engine.estimators.regressor import StackedMLPRegressor

__all__ = ["StackedMLPClassifier", "StackedMLPRegressor"]
