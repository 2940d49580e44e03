"""Use cases of exports: all trials of a sweep, all their epochs, or all answers of a model, as tables in pages."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, final

from app.domain.answered import ScoredPart
from app.domain.filters import Condition, TrialQuery
from app.domain.runs import RunPlace
from app.domain.space import ChoiceParameter, FloatParameter, IntParameter
from app.domain.sweeps import SweepSpec
from app.domain.trials import Trial
from app.exports.table import Column, Kind, Row
from app.services.models import Models
from app.services.sweep_metrics import metrics_of
from app.services.trials import Basis
from app.storage.interface import Storage

Table = Literal["trials", "curves", "predictions"]


@dataclass(frozen=True, slots=True)
class Pages:
    """How much a page has: each is read on a snapshot of its own, so that a slow reader holds up no checkpoint."""

    trials: int = 1000
    epochs: int = 20_000
    """Unless one run alone has more."""
    answers: int = 10_000
    """Rows of predictions."""


USUAL = Pages()

_TRIAL: Sequence[tuple[str, Kind]] = (
    ("number", "int"), ("state", "text"), ("value", "float"), ("best_epoch", "int"), ("epochs", "int"),
    ("seconds", "float"), ("replicates", "int"), ("reason", "text"), ("created_at", "time"), ("started_at", "time"),
    ("finished_at", "time"),
)  # fmt: skip  # the fields of a trial by their names
_EPOCH: Sequence[tuple[str, Kind]] = (("trial", "int"), ("replicate", "int"), ("epoch", "int"), ("seconds", "float"))


@final
class Exports:
    """Tables of a sweep, in the order of trials. Reading raises NotFound if the sweep is deleted meanwhile."""

    def __init__(self, storage: Storage, models: Models, pages: Pages = USUAL) -> None:
        self._storage = storage
        self._models = models
        self._pages = pages

    def trials(self, basis: Basis, conditions: Sequence[Condition]) -> tuple[list[Column], Iterator[list[Row]]]:
        """Return the columns of trials, with a column for each metric and hyperparameter, and the pages of rows."""
        metrics = list(metrics_of(basis.spec, basis.dataset))
        columns = [Column(name, kind) for name, kind in _TRIAL]
        columns += [Column(name, "float") for name in metrics]
        columns += [Column(f"param.{name}", _kind(basis.spec, name)) for name in basis.searched]
        query = TrialQuery(conditions=tuple(conditions))
        return columns, self._pages_of_trials(basis, query, metrics)

    def _pages_of_trials(self, basis: Basis, query: TrialQuery, metrics: Sequence[str]) -> Iterator[list[Row]]:
        after, shared = None, basis.shared
        while found := self._storage.trials(basis.sweep, query, shared, after, self._pages.trials):
            yield [_trial_row(trial, metrics, basis.searched) for trial, _ in found]
            after = found[-1][1]

    def curves(self, sweep: str) -> tuple[list[Column], Iterator[list[Row]]]:
        """Return the columns of epochs, with a column for each metric, and the pages of rows. Raises NotFound."""
        metrics = list(metrics_of(*self._storage.sweep_spec(sweep)))
        columns = [Column(name, kind) for name, kind in _EPOCH] + [Column(name, "float") for name in metrics]
        return columns, self._pages_of_curves(sweep, metrics)

    def predictions(self, sweep: str, trial: int, part: ScoredPart) -> tuple[list[Column], Iterator[list[Row]]]:
        """Return the columns of what a trial's model answers to each row of a part, and the pages, in the part's order.

        Raises NotFound; Conflict if the part has no rows or was trained on, or if weights do not fit.
        """
        table = self._models.answer_table(sweep, trial, part)
        return table.columns(), table.pages(self._pages.answers)

    def _pages_of_curves(self, sweep: str, metrics: Sequence[str]) -> Iterator[list[Row]]:
        for places in _grouped(self._places(sweep), self._pages.epochs):
            found = self._storage.epochs_of_runs([place.key for place in places])
            yield [
                (place.trial, place.replicate, epoch.epoch, epoch.seconds, *map(epoch.metrics.get, metrics))
                for place in places
                for epoch in found[place.key]
            ]

    def _places(self, sweep: str) -> Iterator[RunPlace]:
        after = (-1, -1)
        while found := self._storage.run_places(sweep, after, self._pages.trials):
            yield from found
            after = (found[-1].trial, found[-1].replicate)


def _trial_row(trial: Trial, metrics: Sequence[str], searched: Sequence[str]) -> Row:
    fields: list[Any] = [getattr(trial, name) for name, _ in _TRIAL]
    return [*fields, *map(trial.metrics.get, metrics), *map(trial.params.get, searched)]


def _kind(spec: SweepSpec, name: str) -> Kind:
    """Return what the values of a parameter are: numbers only where no version of the space can have anything else."""
    if spec.space_version > 1 or name not in spec.space.parameters:
        return "json"
    match spec.space.parameters[name]:
        case FloatParameter():
            return "float"
        case IntParameter():
            return "int"
        case ChoiceParameter():
            return "json"


def _grouped(places: Iterator[RunPlace], most: int) -> Iterator[list[RunPlace]]:
    """Yield runs together that have so many epochs at most, or one alone that has more."""
    group: list[RunPlace] = []
    for place in places:
        if group and sum(one.epochs for one in group) + place.epochs > most:
            yield group
            group = []
        group.append(place)
    if group:
        yield group
