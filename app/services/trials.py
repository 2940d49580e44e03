"""Use cases of trials: lists in any order, single trials, their curves and attempts."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import final

from app.contract.hyperparameters import params_of
from app.domain.datasets import DatasetSummary
from app.domain.errors import Malformed, NotFound
from app.domain.filters import Position, TrialQuery
from app.domain.runs import Attempt
from app.domain.sweeps import SweepSpec
from app.domain.trials import Ancestor, CompleteTrial, Trial
from app.domain.values import LARGEST_WHOLE, Value
from app.domain.work import Epoch
from app.services.cursors import Page, decode, decode_all, page_of
from app.services.trial_queries import TrialFields, fields_of
from app.storage.interface import Storage


@dataclass(frozen=True, slots=True)
class Basis:
    """What the trials of a sweep follow from, which a request reads once.

    `searched` are the parameters that any of them may have by its space, in their order.
    """

    sweep: str
    spec: SweepSpec
    dataset: DatasetSummary | None
    searched: Sequence[str]

    @property
    def shared(self) -> dict[str, Value]:
        """The hyperparameters that all trials share, and so are not stored with them."""
        everywhere = {**params_of(self.spec, {}), **self.spec.fixed}
        return {name: value for name, value in everywhere.items() if name not in self.searched}

    @property
    def fields(self) -> TrialFields:
        """The fields by which trials can be filtered and sorted."""
        return fields_of(self.spec, self.searched)


@final
class Trials:
    """The trials of all sweeps."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def basis(self, sweep: str) -> Basis:
        """Return what the trials of a sweep follow from. Raises NotFound."""
        spec, dataset = self._storage.sweep_spec(sweep)
        if spec.space_version == 1:
            return Basis(sweep, spec, dataset, list(spec.space.parameters))
        spaces = (version.space for version in self._storage.sweep(sweep).spaces)
        return Basis(sweep, spec, dataset, list(dict.fromkeys(name for space in spaces for name in space)))

    def page(self, basis: Basis, query: TrialQuery, limit: int, cursor: str | None) -> Page[CompleteTrial]:
        """Return trials of a sweep. Raises NotFound; Malformed for a cursor of another sweep, filter or sort."""
        sweep = basis.sweep
        which = f"trials of {sweep}, in columns, by {query!r}"  # texts of times were marks before
        after = _position(decode_all(cursor, which, 2)) if cursor else None
        found = self._storage.trials(sweep, query, basis.shared, after, limit + 1)
        page = page_of(found, limit, which, lambda last: [last[1].key, last[1].number])
        return Page(self._completed(sweep, [trial for trial, _ in page.items], basis.spec), page.next)

    def show(self, sweep: str, number: int) -> CompleteTrial:
        """Return a trial with all its hyperparameters. Raises NotFound."""
        spec, _ = self._storage.sweep_spec(sweep)
        return self._completed(sweep, [self.get(sweep, number)], spec)[0]

    def _completed(self, sweep: str, trials: Sequence[Trial], spec: SweepSpec) -> list[CompleteTrial]:
        return completed(trials, spec, self._storage.lineage(sweep, [trial.number for trial in trials]))

    def get(self, sweep: str, number: int) -> Trial:
        """Return a trial. Raises NotFound."""
        self._storage.sweep_spec(sweep)
        return self._storage.trial(sweep, _number(sweep, number))

    def curve(self, sweep: str, number: int, replicate: int, limit: int, cursor: str | None) -> Page[Epoch]:
        """Return the epochs of a run of a trial. Raises NotFound; Malformed for a cursor of another curve."""
        replicates = self.get(sweep, number).replicates
        if not 0 <= replicate < replicates:
            rule = f"its {replicates} are" if replicates > 1 else "it has one,"
            detail = f"Trial {number} of the sweep {sweep} has no replicate {replicate}: {rule} numbered from 0."
            raise NotFound(detail)
        which = f"curve {sweep} {number} {replicate}"
        after = decode(cursor, which, int) if cursor else 0
        found = self._storage.curve(sweep, number, replicate, min(after, LARGEST_WHOLE), limit + 1)
        return page_of(found, limit, which, lambda last: [last.epoch])

    def attempts(self, sweep: str, number: int, limit: int, cursor: str | None) -> Page[Attempt]:
        """Return who trained a trial, by replicate and number. Raises NotFound; Malformed for another list's cursor."""
        self.get(sweep, number)
        which = f"attempts {sweep} {number}"
        after = tuple(decode_all(cursor, which, 2)) if cursor else (-1, -1)
        if not all(isinstance(part, int) for part in after):
            raise Malformed("The cursor is none that this service gave. Take it from `next` of the page before.")
        found = [one for one in self._storage.attempts(sweep, number) if (one.replicate, one.number) > after]
        return page_of(found, limit, which, lambda last: [last.replicate, last.number])


def completed(
    trials: Sequence[Trial], spec: SweepSpec, lineage: Mapping[int, Sequence[Ancestor]]
) -> list[CompleteTrial]:
    """Return trials of a sweep with all their hyperparameters; one left out by its conditions has its default.

    Parameters of foreign trainers have none: what was left out is not there.
    """
    return [CompleteTrial(trial, params_of(spec, trial.params), lineage.get(trial.number, ())) for trial in trials]


def _number(sweep: str, number: int) -> int:
    if not 0 <= number <= LARGEST_WHOLE:
        raise NotFound(f"The sweep {sweep} has no trial {number}: trials are numbered from 0.")
    return number


def _position(place: list[object]) -> Position:
    key, number = place
    fits = isinstance(number, int) and not isinstance(number, bool) and 0 <= number <= LARGEST_WHOLE
    if isinstance(key, bool | list | dict) or (isinstance(key, int) and abs(key) > LARGEST_WHOLE):
        fits = False
    if isinstance(key, float) and not math.isfinite(key):
        fits = False
    if not fits:
        raise Malformed("The cursor is none that this service gave. Take it from `next` of the page before.")
    assert isinstance(number, int)
    assert key is None or isinstance(key, int | float | str)
    return Position(key, number)
