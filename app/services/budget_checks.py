"""Whether a budget of epochs reaches for a single trial: one that does not would end its sweep before it began."""

from collections.abc import Iterator, Mapping
from math import ceil

from app.contract.hyperparameters import HYPERPARAMETERS
from app.domain.errors import Fault
from app.domain.space import ChoiceParameter, Parameter
from app.domain.sweeps import Budget, Confirmation
from app.domain.values import Value


def most_epochs(parameters: Mapping[str, Parameter], fixed: Mapping[str, Value]) -> int:
    """Return the most epochs that one training of a trial can take; what is no count of them others refuse."""
    known, parameter = HYPERPARAMETERS["epochs"], parameters.get("epochs")
    values: list[Value] = [fixed.get("epochs", known.default)]
    if isinstance(parameter, ChoiceParameter):
        values = [*parameter.values, *([known.default] if parameter.when else [])]
    elif parameter is not None:
        values = [parameter.high, *([known.default] if parameter.when else [])]
    return max((int(str(value)) for value in values if known.allowed.accepts(value)), default=1)


def epoch_budget_faults(
    epochs: int | None, most: int, replicates: int, folds: int, confirm: Confirmation | None, unit: str = "epochs"
) -> Iterator[Fault]:
    """Yield that a budget is too small for one trial, each of whose trainings takes up to `most` epochs or steps."""
    need = most * replicates * folds
    has = None if epochs is None else _for_search(epochs, confirm)
    if has is None or epochs is None or has >= need:
        return
    parts = {"replicates": replicates, "folds": folds}
    several = " and ".join(f"{count} {name}" for name, count in parts.items() if count > 1)
    trial = f"One trial takes up to {need:,} {unit}{f', with {several}' if several else ''}"
    budget = f"the budget has {epochs:,}"
    if confirm is not None:
        budget = f"the search has {has:,} of the budget's {epochs:,}, as confirm keeps a share of {confirm.share:g}"
    yield Fault("/budget/epochs", f"{trial}, but {budget}. Give it {_least(need, confirm):,} or more.")


def _for_search(epochs: int, confirm: Confirmation | None) -> int | None:
    return epochs if confirm is None else confirm.left_of(Budget(1, epochs=epochs)).epochs


def _least(need: int, confirm: Confirmation | None) -> int:
    """Return the least budget whose search reaches for so many epochs."""
    least = need if confirm is None else ceil(need / (1.0 - confirm.share))
    while (_for_search(least, confirm) or 0) < need:  # a share as 0.2 is no exact number
        least += 1
    return least
