"""What to do about bias and about variance, as data, in the order in which it is worth trying."""

from dataclasses import dataclass
from typing import Literal

Action = Literal[
    "train_longer",
    "bigger_network",
    "less_regularization",
    "more_data",
    "more_regularization",
    "other_architecture",
]

STRONG_PENALTY = 0.01
"""(l1 + l2) for each example of a mini-batch: a step then takes a hundredth of its learning rate off each weight."""

STRONG_DROPOUT = 0.5
"""A keep probability that drops half of the units."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """One thing to do, and why it should help."""

    action: Action
    why: str


@dataclass(frozen=True, slots=True)
class Practice:
    """What a member does already: epochs trained of those allowed, whether its training loss still fell at the end
    (None if that is not known), its penalties for each example of a mini-batch, and its lowest keep probability.
    """

    trained: int
    allowed: int
    still_falls: bool | None
    penalty: float = 0.0
    keep_prob: float = 1.0

    @property
    def strongly_regularized(self) -> bool:
        """Whether its penalties or its dropout are strong."""
        return self.penalty >= STRONG_PENALTY or self.keep_prob <= STRONG_DROPOUT

    @property
    def regularized(self) -> bool:
        """Whether it has any penalty or dropout."""
        return self.penalty > 0.0 or self.keep_prob < 1.0


def against_bias(practice: Practice) -> list[Recipe]:
    """Return what makes a network fit its training data better."""
    recipe = []
    if practice.strongly_regularized:
        strength = f"Penalties of {practice.penalty:.2g} an example and a keep probability of {practice.keep_prob:g}"
        recipe.append(Recipe("less_regularization", f"{strength} hold it back."))
    bigger = Recipe("bigger_network", "More units or layers can fit what this network cannot.")
    longer = Recipe("train_longer", _why_longer(practice))
    recipe += [longer, bigger] if practice.still_falls else [bigger, longer]
    return [
        *recipe,
        Recipe("other_architecture", "Another activation or depth, or batch_norm, may fit the data better."),
    ]


def _why_longer(practice: Practice) -> str:
    if practice.still_falls is None:
        return f"It had {practice.trained} of {practice.allowed} epochs, too few to show where its loss settles."
    if not practice.still_falls:
        return "At its end training got nowhere: first try another learning rate, a decay of it or another optimizer."
    if practice.trained < practice.allowed:
        ended = f"It ended in epoch {practice.trained} of {practice.allowed}"
        return f"{ended}, while its training loss still fell: give early stopping more patience."
    return f"Its training loss still fell in epoch {practice.trained}, the last one: allow more epochs."


def against_variance(practice: Practice) -> list[Recipe]:
    """Return what helps a network to do as well on new data as on its training data."""
    data = Recipe(
        "more_data", "More examples, or images moved by augment, leave less room to learn the training part by heart."
    )
    if practice.strongly_regularized:
        architecture = "It is strongly regularised already: fewer units or layers may generalise better."
        return [data, Recipe("other_architecture", architecture)]
    more = "Raise l2 or lower keep_prob" if practice.regularized else "It has none: try l2 or keep_prob"
    regularization = Recipe("more_regularization", f"{more}, so that it leans less on single inputs and units.")
    return [data, regularization, Recipe("other_architecture", "Fewer units or layers may generalise better.")]
