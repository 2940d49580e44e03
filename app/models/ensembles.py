"""Ensembles of kept models: chosen by what these answer on dev, scored, and put together as one model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from app.contract.structure import structure_of
from app.domain.answered import PartAnswers, ScoredPart
from app.domain.ensembles import TOP, Selection
from app.domain.sweeps import TRAIN_ALONE, TrainedOn
from app.domain.values import Value
from app.domain.work import Metrics
from app.models.answer_table import AnswerTable
from app.models.answered import part_answers
from app.models.models import trained_dataset
from app.models.selection import Cost, answers_with_numbers, greedy, top
from engine.arrays import Workspace
from engine.metrics import METRICS, Answers, measure, metrics_of
from engine.models import Ensemble, Model
from engine.models.averaging import Shares, answers_of, mean_share, shares_of
from engine.network import Network
from engine.population.evaluation import Answering
from engine.spec import Structure
from engine.subnormals import flushing
from engine.training_set import LOSS_OF_TASK, Part, TrainingSet, outputs_of

MOST_SHARES = 1 << 25
"""How many numbers the answers on dev may have by which is chosen: of larger parts every so many rows are looked at."""


@dataclass(frozen=True, slots=True)
class PoolModel:
    """The weights of a trial's model, float32 in one row, and all hyperparameters that it was trained with.

    `made_with` names the processor and the versions that trained it; `about` is what else its card says.
    """

    trial: int
    weights: bytes
    params: Mapping[str, Value]
    made_with: Mapping[str, str]
    about: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Chosen:
    """How often each model counts; the metrics of the ensemble, `dev_...` and `test_...`; the rows that chose."""

    counts: Sequence[int]
    metrics: Metrics
    rows: int


class Pool:
    """Models that were trained on one data set by a version of the rules, best first.

    With several folds they are those of the first, which was their dev part.
    Everything raises ValueError if weights do not fit their network.
    """

    def __init__(
        self, models: Sequence[PoolModel], dataset_content: bytes, rules: int, trained_on: TrainedOn = TRAIN_ALONE
    ) -> None:
        self._dataset, self._rules = trained_dataset(dataset_content, trained_on), rules
        self._loss = LOSS_OF_TASK[self._dataset.task]
        self._sets: dict[bool, TrainingSet] = {}
        self._workspace = Workspace(np.float32)
        self._models = models

    def choose(self, selection: Selection, metric: str) -> Chosen:
        """Choose by the objective of a sweep; an ensemble has no `train_loss`: its loss on dev takes its place.

        Models that do not answer dev with finite numbers are left out.
        """
        if selection.kind == TOP:
            usable = (
                answers_with_numbers(self._shares(place, "dev")[np.newaxis])[0] for place in range(len(self._models))
            )
            counts = top(map(bool, usable), selection.count)
            return self._scored([*counts, *[0] * (len(self._models) - len(counts))], rows=0)
        shares, like = self._on_dev
        name = metric.removeprefix("dev_") if metric.startswith("dev_") else "loss"
        counts = greedy(shares, _cost(like, self._loss, name))
        return self._scored(counts, rows=len(like.y))

    def ensemble(self, counts: Sequence[int], about: Mapping[str, object]) -> Ensemble:
        """Return all models as one, each counted so many times; `about` goes into its card."""
        return Ensemble.of([self._model(one) for one in self._models], counts, about)

    def part_answers(self, part: ScoredPart, counts: Sequence[int]) -> PartAnswers:
        """Return what all models answer together on a part that has rows, each counted so many times."""
        card = self._dataset.card
        return part_answers(part, self._shown(part, counts), self._dataset.classes, card["target"])

    def answer_table(self, part: ScoredPart, counts: Sequence[int]) -> AnswerTable:
        """Return what all models answer together to each row of a part, each counted so many times."""
        answers = self._shown(part, counts)
        if not answers.finite[0]:
            raise ValueError(f"An answer on the {part} part is no finite number.")
        return AnswerTable(answers, self._dataset.classes)

    def _model(self, one: PoolModel) -> Model:
        card = {**one.about, "hyperparameters": dict(one.params), "made_with": dict(one.made_with)}
        normalize = bool(one.params["normalize_inputs"])
        return Model.of(self._structure(one.params), _row(one), self._dataset, normalize_inputs=normalize, about=card)

    def _scored(self, counts: Sequence[int], rows: int) -> Chosen:
        metrics = {**self._metrics("dev", counts), **self._metrics("test", counts)}
        return Chosen(counts, metrics, rows)

    @cached_property
    def _on_dev(self) -> tuple[Shares, Answers]:
        """What all models answer to rows of dev, (models, outputs, rows)."""
        like = self._answers(0, "dev")
        examples = max(MOST_SHARES // (len(self._models) * max(len(self._dataset.classes), 1)), 1)
        rows = np.arange(0, len(like.y), -(-len(like.y) // examples))
        shares = [self._shares(place, "dev")[:, rows] for place in range(len(self._models))]
        return np.array(shares), like.of_rows(rows)

    def _metrics(self, part: str, counts: Sequence[int]) -> dict[str, float | None]:
        """Return all metrics of the task on a part, by name; a part without rows has none."""
        if not len(getattr(self._dataset, f"y_{part}")):
            return {}
        together = self._together(part, counts)
        with flushing(self._rules):
            found = measure(together, metrics_of(self._dataset.task))
        return {f"{part}_{name}": _number(float(value[0])) for name, value in found.items()}

    def _shown(self, part: ScoredPart, counts: Sequence[int]) -> Answers:
        """Return what models answer together; of one alone its own logits, which decide as they did in training."""
        taken = [place for place, count in enumerate(counts) if count]
        return self._answers(taken[0], part) if len(taken) == 1 else self._together(part, counts)

    def _together(self, part: str, counts: Sequence[int]) -> Answers:
        """Return the mean of what models answer on a part that has rows, each counted so many times."""
        taken = [place for place, count in enumerate(counts) if count]
        like = self._answers(taken[0], part)
        share = mean_share((self._shares(place, part) for place in taken), [counts[place] for place in taken])
        with flushing(self._rules):
            return answers_of(like, self._loss, share[np.newaxis])

    def _shares(self, place: int, part: str) -> Shares:
        """Return what one model answers on a part, (outputs, rows)."""
        share: Shares = shares_of(self._loss, self._answers(place, part).logits)[0]
        return share

    def _answers(self, place: int, name: str) -> Answers:
        model = self._models[place]
        data, structure = self._data(model), self._structure(model.params)
        part: Part = getattr(data, name)
        network, row = Network(structure), _row(model)
        if len(row) != network.layout.size:
            found = f"has {len(row):,} numbers, and its network {network.layout.size:,}"
            raise ValueError(f"The model of trial {model.trial} {found}.")
        if not len(part):
            nothing = np.zeros((1, data.outputs, 0), np.float32)
            return Answers(data.loss, part.y, np.zeros(1), np.zeros(1), nothing, data.target_mean, data.target_scale)
        with flushing(self._rules), np.errstate(all="ignore"):
            return Answering(network, data, part, row[np.newaxis], self._workspace, keeps=True).run()

    def _structure(self, params: Mapping[str, Value]) -> Structure:
        inputs = self._dataset.x_train.shape[1]
        return structure_of(params, inputs, outputs_of(self._dataset), self._loss, self._rules)

    def _data(self, model: PoolModel) -> TrainingSet:
        normalize = bool(model.params["normalize_inputs"])
        if normalize not in self._sets:
            self._sets[normalize] = TrainingSet.of(self._dataset, normalize_inputs=normalize, rules=self._rules)
        return self._sets[normalize]


def _cost(like: Answers, loss: str, name: str) -> Cost:
    """Return what answers to the rows of `like` cost: by the metric, and where that is equal by the loss."""
    metrics = [METRICS[name], METRICS["loss"]]
    signs = np.array([1.0 if metric.direction == "minimize" else -1.0 for metric in metrics])

    def cost(shares: Shares) -> NDArray[np.float64]:
        found = measure(answers_of(like, loss, shares), metrics)
        costs: NDArray[np.float64] = np.stack([found[metric.name] for metric in metrics], axis=1) * signs
        return costs

    return cost


def _number(value: float) -> float | None:
    return value if np.isfinite(value) else None


def _row(model: PoolModel) -> NDArray[np.float32]:
    return np.frombuffer(model.weights, "<f4")
