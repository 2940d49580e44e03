"""What the diagnoses of many trials say together, and what to do next."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from engine.diagnosis.base import DIVERGENCE, EXPLODING_GRADIENTS, PLATEAU, VANISHING_GRADIENTS, Diagnosis, Trouble
from engine.diagnosis.bias_variance import VERDICTS, BiasVariance, BiasVerdict

NAMED = 10
"""Trials that are named for each kind of trouble."""

COMMON = 0.1
"""The share of trials from which on a trouble says something of the space, and not of a trial."""

_WAYS: Mapping[Trouble, str] = {
    DIVERGENCE: "lower learning_rate, or the upper end of its range",
    EXPLODING_GRADIENTS: "lower learning_rate or the upper end of its range, set clip_norm, or leave out the deepest "
    "networks",
    VANISHING_GRADIENTS: "leave out sigmoid and tanh in deep networks, or set batch_norm",
    PLATEAU: "raise learning_rate or the lower end of its range, or leave out what stands still at the loss of "
    "guessing",
}


@dataclass(frozen=True, slots=True)
class TrialDiagnosis:
    """The diagnosis of a trial; `bias_variance` is null while it has no errors to judge by."""

    bias_variance: BiasVariance | None
    training: Sequence[Diagnosis]


@dataclass(frozen=True, slots=True)
class BestBiasVariance(BiasVariance):
    """Bias and variance of the best trial, and how many trials have each verdict."""

    counts: Mapping[BiasVerdict, int]


@dataclass(frozen=True, slots=True)
class Troubles:
    """How many trials show each trouble in training, and the numbers of the first ones."""

    counts: Mapping[Trouble, int]
    trials: Mapping[Trouble, Sequence[int]]


@dataclass(frozen=True, slots=True)
class SweepDiagnosis:
    """What the finished trials of a sweep say together; `next` says in sentences what to do."""

    bias_variance: BestBiasVariance | None
    training: Troubles
    next: Sequence[str]


def diagnose_sweep(trials: Mapping[int, TrialDiagnosis], best: int | None) -> SweepDiagnosis:
    """Sum up the finished trials of a sweep, by number; `best` is the number of the best one, if there is one."""
    verdicts = Counter(one.bias_variance.verdict for one in trials.values() if one.bias_variance is not None)
    shown = {kind: [n for n, one in trials.items() if kind in {found.kind for found in one.training}] for kind in _WAYS}
    judged = trials[best].bias_variance if best is not None else None
    counts = {kind: len(numbers) for kind, numbers in shown.items()}
    every = {verdict: verdicts[verdict] for verdict in VERDICTS}
    return SweepDiagnosis(
        bias_variance=None if judged is None else BestBiasVariance(**_parts(judged), counts=every),
        training=Troubles(counts, {kind: numbers[:NAMED] for kind, numbers in shown.items()}),
        next=[*_of_best(best, judged), *_of_training(counts, len(trials))],
    )


def _parts(judged: BiasVariance) -> Mapping[str, Any]:
    return {field.name: getattr(judged, field.name) for field in fields(judged)}


def _of_best(best: int | None, judged: BiasVariance | None) -> Iterator[str]:
    if best is None:
        yield "No trial has a result yet: ask again when one has finished."
    elif judged is None:
        yield f"Trial {best} is the best; without its train and dev error nothing can be said of bias and variance."
    elif judged.verdict == "neither":
        yield f"Trial {best} is the best. {judged.detail}"
    else:
        trouble = {"high_bias": "high bias", "high_variance": "high variance"}.get(judged.verdict, "bias and variance")
        yield f"Trial {best} is the best, and shows {trouble}. {judged.detail}"
        for number, step in enumerate(judged.recipe, 1):
            yield f"{number}. {step.action.replace('_', ' ').capitalize()}. {step.why}"


def _of_training(counts: Mapping[Trouble, int], trials: int) -> Iterator[str]:
    for kind, way in _WAYS.items():
        if counts[kind] >= max(COMMON * trials, 1):
            yield f"{counts[kind]} of {trials} finished trials show {kind.replace('_', ' ')}: {way}."
