"""Use cases of ensembles: what is chosen of the models of an ended sweep, once, and the ensemble as a model."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from threading import Lock
from typing import final

from app.analysis.ensemble_note import ensemble_note
from app.domain.answered import PartAnswers, ScoredPart
from app.domain.datasets import DatasetSummary
from app.domain.ensembles import ChosenEnsemble, Member, PoolEntry, Selection
from app.domain.errors import Conflict, NotFound
from app.domain.states import SweepState
from app.domain.sweeps import Objective, SweepSpec
from app.domain.trials import Trial
from app.models.ensembles import Pool, PoolModel
from app.models.models import Predictor
from app.services.models import about_data, about_trial, params_of_model, require_models, require_part
from app.services.pools import with_room
from app.services.recent import Recent
from app.storage.interface import Storage

RECENT = 2
"""Ensembles that stay in memory for requests to come."""

_OPEN = (SweepState.RUNNING, SweepState.PAUSED)


@dataclass(frozen=True, slots=True)
class EnsembleReport:
    """An ensemble beside the best trial: what was chosen, by which objective, its trials, and the sweep's best one.

    `note` says which of the two is worth more on test; it is null without a best trial.
    """

    selection: Selection
    objective: Objective
    chosen: ChosenEnsemble
    trials: Mapping[int, Trial]
    best: Trial | None
    note: str | None


@dataclass(frozen=True, slots=True)
class _Ended:
    """A sweep that has ended, with the models that its ensembles are chosen from."""

    id: str
    spec: SweepSpec
    dataset: DatasetSummary
    best: int | None
    pool: Sequence[PoolEntry]

    @property
    def fingerprint(self) -> str:
        """The hash of what is chosen from."""
        return fingerprint_of(self.pool)


def fingerprint_of(pool: Sequence[PoolEntry]) -> str:
    """Return the hash of the models in a pool: an ensemble that was chosen from others is chosen anew."""
    return sha256("".join(f"{one.trial} {one.sha256}\n" for one in pool).encode()).hexdigest()


@final
class Ensembles:
    """The ensembles of sweeps that have ended: each is chosen when it is first asked for, one at a time, and stored.

    What was chosen before waits for no other.

    Every use case raises NotFound; Conflict while the sweep has not ended, if it trained on dev, which chooses, and if
    weights do not fit their network.
    """

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._recent = Recent[Predictor](RECENT)
        self._answered = Recent[PartAnswers](RECENT)
        self._choosing = Lock()

    def report(self, sweep: str, selection: Selection) -> EnsembleReport:
        """Return what is chosen, beside the best trial."""
        ended = self._ended(sweep)
        best = None if ended.best is None else self._storage.trial(sweep, ended.best)
        chosen = self._chosen(ended, selection)
        trials = {one.trial: self._storage.trial(sweep, one.trial) for one in chosen.members}
        objective = ended.spec.objective
        note = None
        if best is not None:
            note = ensemble_note(chosen.metrics, best, objective.metric, objective.direction, ended.spec.folds)
        return EnsembleReport(selection, objective, chosen, trials, best, note)

    def get(self, sweep: str, selection: Selection) -> Predictor:
        """Return the ensemble as a model."""
        ended = self._ended(sweep)
        chosen = self._chosen(ended, selection)
        key = sweep, selection.name, ended.fingerprint
        return self._recent.get(key, lambda: self._made(ended, chosen, selection))

    def answers(self, sweep: str, selection: Selection, part: ScoredPart) -> PartAnswers:
        """Return what the ensemble answers on a part, against what is there. Raises Conflict if it has no rows."""
        ended = self._ended(sweep)
        require_part(sweep, ended.spec, ended.dataset, part)
        chosen = self._chosen(ended, selection)
        key = sweep, selection.name, ended.fingerprint, part
        return self._answered.get(key, lambda: self._part_answers(ended, chosen, part))

    def _part_answers(self, ended: _Ended, chosen: ChosenEnsemble, part: ScoredPart) -> PartAnswers:
        with _fitting():
            members = self._pool(ended, [member.trial for member in chosen.members])
            return members.part_answers(part, [member.count for member in chosen.members])

    def _ended(self, sweep: str) -> _Ended:
        found = self._storage.sweep(sweep)
        spec, dataset = self._storage.sweep_spec(sweep)
        data = require_models(sweep, spec, dataset)
        if spec.train_on_dev:
            rule = f"The sweep {sweep} has trained on dev as well, so that nothing is left to choose an ensemble by"
            raise Conflict(f"{rule}. Its model is GET /v1/sweeps/{sweep}/trials/0/model.")
        if found.state in _OPEN:
            way = f"GET /v1/sweeps/{sweep}?wait=20 waits for its end"
            raise Conflict(f"The sweep {sweep} is {found.state}: an ensemble is chosen once it has ended. {way}.")
        if not (pool := self._storage.pool(sweep)):
            raise NotFound(f"No model of the sweep {sweep} was kept, so there is none to make an ensemble of.")
        return _Ended(sweep, spec, data, found.best.trial if found.best else None, with_room(pool))

    def _chosen(self, ended: _Ended, selection: Selection) -> ChosenEnsemble:
        if before := self._stored(ended, selection):
            return before
        with self._choosing:
            return self._stored(ended, selection) or self._choose(ended, selection)

    def _stored(self, ended: _Ended, selection: Selection) -> ChosenEnsemble | None:
        return self._storage.ensemble(ended.id, selection.name, ended.fingerprint)

    def _choose(self, ended: _Ended, selection: Selection) -> ChosenEnsemble:
        numbers = [one.trial for one in ended.pool]
        with _fitting():
            found = self._pool(ended, numbers).choose(selection, ended.spec.objective.metric)
        members = [Member(number, count) for number, count in zip(numbers, found.counts, strict=True) if count]
        chosen = ChosenEnsemble(members, len(numbers), found.rows, found.metrics)
        self._storage.store_ensemble(ended.id, selection.name, ended.fingerprint, chosen)
        return chosen

    def _made(self, ended: _Ended, chosen: ChosenEnsemble, selection: Selection) -> Predictor:
        about = about_data(ended.id, ended.spec, ended.dataset) | {
            "selection": selection.name,
            "pool": chosen.pool,
            "metrics": chosen.metrics,
        }
        with _fitting():
            members = self._pool(ended, [member.trial for member in chosen.members])
            return members.ensemble([member.count for member in chosen.members], about)

    def _pool(self, ended: _Ended, numbers: Sequence[int]) -> Pool:
        models = [self._model(ended, number) for number in numbers]
        return Pool(models, self._storage.content_of(ended.dataset.sha256), ended.spec.rules, ended.spec.trained_on)

    def _model(self, ended: _Ended, number: int) -> PoolModel:
        kept = self._storage.model(ended.id, number)
        if kept is None:
            raise Conflict(f"The sweep {ended.id} went on meanwhile, and trial {number} lost its model. Ask again.")
        params = params_of_model(ended.spec, self._storage.trial(ended.id, number))
        lineage = self._storage.lineage(ended.id, [number]).get(number, ())
        return PoolModel(number, kept.weights, params, kept.made_with, about_trial(number, kept, lineage))


@contextmanager
def _fitting() -> Iterator[None]:
    """Tell of weights that do not fit their network, or that answer with no numbers, as a conflict."""
    try:
        yield
    except ValueError as error:
        raise Conflict(f"There is no ensemble of what was sent. {error}") from None
