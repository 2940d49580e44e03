"""Making leased runs ready to train: their training sets, read once and shared, and their checkpoints."""

import logging
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from app.contract.hyperparameters import HYPERPARAMETERS
from app.contract.rules import CURRENT_RULES
from app.domain.errors import Unavailable
from app.domain.work import CheckpointRef, LeasedRun
from app.trainer.member import ancestor_of, member_of
from engine.data import Dataset
from engine.data.cross_validation import fold_of, whole_of
from engine.population import Checkpoint, CheckpointError
from engine.spec import MemberSpec
from engine.training_set import TrainingSet

KEPT_SETS = 8
"""Training sets that stay in memory for runs to come; those in use stay in any case."""

_log = logging.getLogger(__name__)


class Source(Protocol):
    """Where data sets and checkpoints come from."""

    def dataset(self, name: str, sha256: str) -> bytes:
        """Return the prepared content of a data set."""

    def checkpoint(self, ref: CheckpointRef) -> bytes | None:
        """Return the bytes of a checkpoint, or None if it is gone."""


@dataclass(frozen=True, slots=True)
class Ancestor:
    """A member that trains a run up to the end of `to_epoch`, before another one inherits what it has become."""

    name: str
    spec: MemberSpec
    to_epoch: int


@dataclass(frozen=True, slots=True)
class ReadyRun:
    """A leased run with the member that it asks for, what it trains on, and where it may go on from.

    What its `ancestors` train comes first.
    """

    run: LeasedRun
    spec: MemberSpec
    data: TrainingSet
    checkpoint: Checkpoint | None = None
    ancestors: Sequence[Ancestor] = ()

    @property
    def inherited(self) -> int:
        """How many of its epochs its ancestors train."""
        return self.ancestors[-1].to_epoch if self.ancestors else 0


class RunLoader:
    """Fetches what runs need. One thread uses it, which is not the one that trains."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._sets: OrderedDict[tuple[str, bool, int, int, int, bool], TrainingSet] = OrderedDict()

    def load(self, run: LeasedRun, *, parked: bool) -> ReadyRun:
        """Return the run ready to train; one that is `parked` needs no checkpoint.

        Raises Unavailable for what nobody here could follow, and what the source raises.
        """
        if wanted := _of_another_version(run):
            raise Unavailable(f"{wanted}. Install the server's version of logsweep for its workers, too.")
        data = self._training_set(run)
        checkpoint = None if parked or run.checkpoint is None else self._checkpoint(run, run.checkpoint)
        ancestors = [
            Ancestor(_name(run, piece.trial), ancestor_of(run, piece, data), piece.to_epoch) for piece in run.lineage
        ]
        return ReadyRun(run, member_of(run, data), data, checkpoint, ancestors)

    def _training_set(self, run: LeasedRun) -> TrainingSet:
        fold = run.replicate % run.folds
        key = (
            *(str(run.dataset_sha256), bool(run.params["normalize_inputs"]), run.rules),
            *(run.folds, fold, run.train_on_dev),
        )
        if key not in self._sets:
            dataset = Dataset.from_bytes(self._source.dataset(str(run.dataset), key[0]))
            if run.folds > 1:
                dataset = fold_of(dataset, run.folds, fold)
            if run.train_on_dev:
                dataset = whole_of(dataset)
            self._sets[key] = TrainingSet.of(dataset, normalize_inputs=key[1], rules=run.rules)
        self._sets.move_to_end(key)
        while len(self._sets) > KEPT_SETS:
            self._sets.popitem(last=False)
        return self._sets[key]

    def _checkpoint(self, run: LeasedRun, ref: CheckpointRef) -> Checkpoint | None:
        """Return the checkpoint of a run; None, with a line in the log, if it is gone or broken: that costs epochs."""
        if (content := self._source.checkpoint(ref)) is None:
            _log.info("The checkpoint of %s at epoch %d is gone: it starts anew.", name_of(run), ref.epoch)
            return None
        try:
            checkpoint = Checkpoint.from_bytes(content)
        except CheckpointError as error:
            _log.warning("The checkpoint of %s is broken, so it starts anew. %s", name_of(run), error)
            return None
        if checkpoint.epoch != ref.epoch:
            _log.warning(
                "The checkpoint of %s is at epoch %d, not %d as said: it starts anew.",
                name_of(run), checkpoint.epoch, ref.epoch,
            )  # fmt: skip
            return None
        return checkpoint


def _of_another_version(run: LeasedRun) -> str | None:
    """Return what a server of another version asks for and this worker does not know: to guess changes the result."""
    if run.rules > CURRENT_RULES:
        return f"The trial follows the rules {run.rules}, and this worker knows up to {CURRENT_RULES}"
    if run.dataset is None:
        return "The trial has no data set, as those of foreign trainers"
    asked = [run.params, *(piece.params for piece in run.lineage)]
    if strange := sorted({name for params in asked for name in params} - HYPERPARAMETERS.keys()):
        return f"The trial has hyperparameters that this worker does not know: {', '.join(strange)}"
    if missing := [name for name in HYPERPARAMETERS if any(name not in params for params in asked)]:
        return f"The trial does not say hyperparameters that this worker needs: {', '.join(missing)}"
    return None


def name_of(run: LeasedRun) -> str:
    """Return the name of a run that no other has, in this database or another."""
    return _name(run, run.trial)


def _name(run: LeasedRun, trial: int) -> str:
    return f"{run.sweep}/{trial}/{run.replicate}"
