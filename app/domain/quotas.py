"""Quotas of access keys: how much of the service what was made with a key may take.

Sweeps and bytes are what a key has: deleting gives them back. Trials and epochs are what it used, as computing time is:
an open sweep counts with all that its budget allows, an ended one with what it came to, and deleting it gives nothing
back.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType

from app.domain.errors import Fault, OverQuota
from app.domain.sweeps import SweepSpec


@dataclass(frozen=True, slots=True)
class Quotas:
    """The most that a key may have or use of each; None is no limit."""

    sweeps: int | None = None
    trials: int | None = None
    epochs: int | None = None
    bytes: int | None = None


NO_QUOTAS = Quotas()

QUOTAS = tuple(field.name for field in fields(Quotas))
"""The names of what has a quota."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What a key has of sweeps and bytes, and what it used, or open sweeps of it may use, of trials and epochs."""

    sweeps: int = 0
    trials: int = 0
    epochs: int = 0
    bytes: int = 0

    def and_sweep(self, counted: "Counted") -> "Usage":
        """Return the usage with one sweep more, which counts so much."""
        return Usage(
            self.sweeps + 1, self.trials + counted.trials, self.epochs + counted.epochs, self.bytes + counted.bytes
        )


NOTHING = Usage()


@dataclass(frozen=True, slots=True)
class Largest:
    """The most that one trial of a sweep may take: the epochs of a training, and the bytes of its model."""

    epochs: int = 0
    model_bytes: int = 0

    def or_larger(self, other: "Largest") -> "Largest":
        """Return the most of both."""
        return Largest(max(self.epochs, other.epochs), max(self.model_bytes, other.model_bytes))


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks for more trials, by the id of an access key, and the largest of them; nobody has the id "".

    `place` points to where the request asks for them, if that is not in a budget.
    """

    owner: str = ""
    largest: Largest = Largest()
    place: str | None = None


NOBODY = Asked()


MOST_COUNTED = 2**53
"""The most that a sweep counts of anything: budgets may allow for more than anybody can ever use, or a column hold."""


@dataclass(frozen=True, slots=True)
class Counted:
    """What a sweep counts of trials, of epochs and of the bytes of models."""

    trials: int
    epochs: int
    bytes: int

    @classmethod
    def of(cls, trials: int, epochs: int, stored: int) -> "Counted":
        """Return what a sweep counts that takes so much, however much that is."""
        return cls(*(min(amount, MOST_COUNTED) for amount in (trials, epochs, stored)))

    def is_more_than(self, before: "Counted") -> bool:
        """Return whether it is more of anything."""
        return self.trials > before.trials or self.epochs > before.epochs or self.bytes > before.bytes


def counted_open(spec: SweepSpec, largest: Largest, confirmed: int = 0) -> Counted:
    """Return what an open sweep counts: all that its budget allows.

    `confirmed` are the epochs that were charged for earlier confirmations, which are no part of trials to come.
    """
    models = min(max(spec.keep_models, spec.pool), spec.budget.trials)
    return Counted.of(spec.budget.trials, most_epochs(spec, largest.epochs, confirmed), models * largest.model_bytes)


def most_epochs(spec: SweepSpec, of_training: int, confirmed: int = 0) -> int:
    """Return the most epochs that a sweep may train: all of all its trainings, or those of its budget if fewer."""
    trainings = spec.budget.trials * spec.trainings
    if spec.confirm is not None:
        trainings += spec.confirm.leaders * spec.confirm.replicates * spec.folds
    most = trainings * of_training + confirmed
    return most if spec.budget.epochs is None else min(most, spec.budget.epochs)


def require_within(
    name: str,
    quotas: Quotas,
    before: Usage,
    after: Usage,
    place: str | None = None,
    ways: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Raise OverQuota with each quota of the key `name` that a request would go beyond.

    `place` points to where the request asks for more, if it has no budget; `ways` are its ways out of a quota, where
    they are others than those of a sweep. What does not grow is never refused: a quota
    may have been made smaller than what is used.
    """
    over = []
    for kind, (pointer, one, rule, way) in _SENTENCES.items():
        limit, had, wants = getattr(quotas, kind), getattr(before, kind), getattr(after, kind)
        if limit is not None and wants > max(had, limit):
            most = f"{limit:,} {one}{'' if limit == 1 else 's'}"
            there = f"{had:,} {'is' if had == 1 else 'are'}"
            told = f'The access key "{name}" {rule.format(most=most, had=there)}'
            where = pointer if place is None else place
            over.append(
                Fault(
                    where, f"{told}, and this would make it {wants:,}. {ways.get(kind, way)}, or have the quota raised."
                )
            )
    if over:
        raise OverQuota(name, over)


_SENTENCES: Mapping[str, tuple[str, str, str, str]] = {
    "sweeps": (
        "",
        "sweep",
        "may have {most} at a time; {had} there",
        "Delete some that have ended",
    ),
    "trials": (
        "/budget/trials",
        "trial",
        "may use {most}; {had} used or promised to open sweeps",
        "Ask for fewer, cancel an open sweep",
    ),
    "epochs": (
        "/budget/epochs",
        "epoch",
        "may train {most}; {had} trained or promised to open sweeps",
        "Give the sweep a budget of fewer epochs, cancel an open sweep",
    ),
    "bytes": (
        "",
        "byte",
        "may store {most}; {had} stored or promised to models of open sweeps",
        "Delete ended sweeps, or data sets on which none was trained, have fewer models kept by keep_models and pool",
    ),
}
"""Of each quota: where a fault is told in a request with a budget, one of it, what stands against it, the way out."""

OF_UPLOADS: Mapping[str, str] = {
    "bytes": "Delete data sets, and the ended sweeps that were trained on them, as their bytes count until these go too"
}
"""The ways out for an upload, which keeps no models."""
