"""What a model answers to each row of a part, beside what is there: as a table that is read in pages."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from app.exports.table import Column, Kind, Row
from engine.metrics import Answers


@dataclass(frozen=True, slots=True)
class AnswerTable:
    """The answers of one model; `classes` are empty for a regression."""

    answers: Answers
    classes: Sequence[str]

    def columns(self) -> list[Column]:
        """Return the row's place in its part, the target, the prediction, and the probability of each class."""
        kind: Kind = "text" if self.classes else "float"
        columns = [Column("row", "int"), Column("target", kind), Column("prediction", kind)]
        return columns + [Column(f"probability_{name}", "float") for name in self.classes]

    def pages(self, size: int) -> Iterator[list[Row]]:
        """Yield pages of so many rows: what is made of the answers is made page by page."""
        for start in range(0, len(self.answers.y), size):
            page = self.answers.of_rows(np.arange(start, min(start + size, len(self.answers.y))))
            yield list(self._classified(start, page) if self.classes else _numbers(start, page))

    def _classified(self, start: int, page: Answers) -> Iterator[Row]:
        own = page.probabilities[0]
        probabilities = own if len(own) > 1 else np.concatenate([1.0 - own, own])
        rows = zip(page.labels.tolist(), page.answered[0].tolist(), probabilities.T.tolist(), strict=True)
        for place, (label, answer, shares) in enumerate(rows, start):
            yield place, self.classes[label], self.classes[answer], *shares


def _numbers(start: int, page: Answers) -> Iterator[Row]:
    pairs = zip(page.residuals.y.tolist(), page.residuals.answers[0].tolist(), strict=True)
    for place, (actual, predicted) in enumerate(pairs, start):
        yield place, float(actual), predicted
