"""Several trained models that answer together: by the mean of what each answers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.data import Table
from engine.metrics import Answers
from engine.models.averaging import Shares, answers_of, mean_share, shares_of
from engine.models.model import Model
from engine.models.predictions import Predictions
from engine.models.predictor import ModelError, Predictor, require_finite

ENSEMBLE_FORMAT = 2
"""The format of a card that has members."""

_OF_MEMBER = frozenset({"format", "data", "arrays"})
"""What the cards of members have in common with that of the ensemble."""


@dataclass(frozen=True, eq=False)
class Ensemble(Predictor):
    """Models of one data set, each counted so many times in the mean of their probabilities, or of their numbers.

    The card has `members`, each with its `count` and the card of its model, without what is the same for all. Their
    arrays have the place of the member in front of their names: 0.W1, 1.W1 and so on.
    """

    card: Mapping[str, Any]
    members: Sequence[Model]

    @classmethod
    def of(cls, members: Sequence[Model], counts: Sequence[int], about: Mapping[str, Any]) -> "Ensemble":
        """Return the ensemble of models, at least one, of one data set; `about` is added to its card.

        Raises ModelError if they are not of one task with the same classes and columns, or if a count is below 1.
        """
        if len(members) != len(counts) or not members or min(counts) < 1:
            raise ModelError([f"An ensemble of {len(members)} models cannot count them {list(counts)} times."])
        first = members[0].card
        if any(_what_is_answered(member) != _what_is_answered(members[0]) for member in members):
            raise ModelError(["The models of an ensemble must have the same columns, target and classes."])
        own = [
            {"count": count, **{name: value for name, value in member.card.items() if name not in _OF_MEMBER}}
            for member, count in zip(members, counts, strict=True)
        ]
        card = {"data": first["data"], "arrays": first.get("arrays", "")}
        return cls({**about, "format": ENSEMBLE_FORMAT, **card, "members": own}, members)

    @staticmethod
    def prefix(place: int) -> str:
        """Return what stands in front of the names of a member's arrays."""
        return f"{place}."

    @property
    def counts(self) -> list[int]:
        """How often each member counts."""
        return [member["count"] for member in self.card["members"]]

    @property
    def loss(self) -> str:
        """The loss that the members were trained with."""
        loss: str = self.members[0].card["structure"]["loss"]
        return loss

    @property
    def rules(self) -> int:
        """The newest version of the rules that its members were trained by."""
        return max(member.rules for member in self.members)

    def named_arrays(self) -> Mapping[str, NDArray[Any]]:
        """Return all numbers of all members, as files name them."""
        return {
            f"{self.prefix(place)}{name}": array
            for place, member in enumerate(self.members)
            for name, array in member.arrays.items()
        }

    def predict(self, table: Table) -> Predictions:
        """Predict each row of a table that has the columns of training, in any order. Raises TableError."""
        with np.errstate(all="ignore"):  # numbers far from those of training may overflow
            share = mean_share(self._shares(table), self.counts)
        require_finite(share.T, table)
        classes = self.classes
        if classes:
            return Predictions(np.array(classes, np.object_)[share.argmax(axis=0)], classes, share.T.copy())
        arrays = self.members[0].arrays
        return Predictions(share[0] * arrays["target_scale"] + arrays["target_mean"], (), None)

    def answers(self, features: Table, y: NDArray[Any]) -> Answers:
        """Return what it answers to rows with the targets `y` (rows,)."""
        of_members = [member.answers(features, y) for member in self.members]
        shares = (shares_of(self.loss, one.logits) for one in of_members)
        return answers_of(of_members[0], self.loss, mean_share(shares, self.counts))

    def _shares(self, table: Table) -> Iterator[Shares]:
        return (shares_of(self.loss, member.logits(table).T[np.newaxis])[0] for member in self.members)


def _what_is_answered(model: Model) -> tuple[Any, ...]:
    data = model.card["data"]
    target = [float(model.arrays[name]) for name in ("target_mean", "target_scale")]
    return data["columns"], data["target"], data["task"], data["classes"], target
