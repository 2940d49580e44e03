"""The wire form of diagnoses."""

from dataclasses import asdict

from pydantic import BaseModel

from app.analysis.diagnosis import Action, BiasVerdict, ErrorName, SweepDiagnosis, TrialDiagnosis, Trouble


class RecipeAnswer(BaseModel):
    """One thing to do, and why it should help."""

    action: Action
    why: str


class BiasVarianceAnswer(BaseModel):
    """Bias and variance of a trial: `avoidable_bias` is train less hoped, `variance` is dev less train."""

    verdict: BiasVerdict
    avoidable_bias: float
    variance: float
    train: float
    dev: float
    hoped: float
    metric: ErrorName
    detail: str
    recipe: list[RecipeAnswer]


class TrainingAnswer(BaseModel):
    """A trouble in training: where it was seen, and a sentence with the numbers and what to try."""

    kind: Trouble
    detail: str
    epoch: int
    layer: int | None


class DiagnosisAnswer(BaseModel):
    """The diagnosis of a trial; `bias_variance` is null while there is no result."""

    bias_variance: BiasVarianceAnswer | None
    training: list[TrainingAnswer]

    @classmethod
    def of(cls, found: TrialDiagnosis) -> "DiagnosisAnswer":
        """Return the wire form of a trial's diagnosis."""
        return cls.model_validate(found, from_attributes=True)


class SweepBiasVarianceAnswer(BiasVarianceAnswer):
    """Bias and variance of the best trial, and how many trials have each verdict."""

    counts: dict[BiasVerdict, int]


class SweepTrainingAnswer(BaseModel):
    """How many trials show each trouble in training, and the numbers of the first ones."""

    counts: dict[Trouble, int]
    trials: dict[Trouble, list[int]]


class AnalysisAnswer(BaseModel):
    """What the finished trials of a sweep say together; `next` says in sentences what to do."""

    bias_variance: SweepBiasVarianceAnswer | None
    training: SweepTrainingAnswer
    next: list[str]

    @classmethod
    def of(cls, found: SweepDiagnosis) -> "AnalysisAnswer":
        """Return the wire form of a sweep's diagnosis."""
        best = None
        if found.best is not None:
            best = SweepBiasVarianceAnswer(**asdict(found.best), counts=dict(found.verdicts))
        training = SweepTrainingAnswer.model_validate(found, from_attributes=True)
        return cls(bias_variance=best, training=training, next=list(found.next))
