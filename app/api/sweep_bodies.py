"""The requests for a sweep and for changes of one: their wire form, and how they become drafts."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, WithJsonSchema

from app.api.fields import read_fields
from app.domain.condition_faults import form_faults
from app.domain.conditions import names
from app.domain.drafts import ChangesDraft, SweepDraft
from app.domain.errors import Fault, faults_of, pointer, show
from app.domain.hints import hint
from app.domain.history import MOST_SWEEPS
from app.domain.objectives import Direction
from app.domain.scales import THRESHOLD
from app.domain.space import ChoiceParameter, FloatParameter, IntParameter, Parameter
from app.domain.sweeps import HIGHEST_PRIORITY, MOST_TRIALS, USUAL_PRIORITY, Confirmation, Duplicates
from app.domain.values import LARGEST_WHOLE, whole
from app.domain.work import OWN_TRAINER, Diverged, EarlyStopping

_LEFT_OUT: Any = None


def _storable(value: JsonValue) -> JsonValue:
    if isinstance(value, list):
        return [_storable(inner) for inner in value]
    if isinstance(value, dict):
        return {name: _storable(inner) for name, inner in value.items()}
    if isinstance(value, int) and abs(value) > LARGEST_WHOLE:
        raise ValueError("whole numbers must fit into 64 bits")
    return value


def _each_once(tags: list[str]) -> list[str]:
    if len(set(tags)) < len(tags):
        raise ValueError("it should have each tag once")
    return tags


Plain = Annotated[JsonValue, AfterValidator(_storable)]
Whole = Annotated[int, BeforeValidator(whole)]
Integer = Annotated[Whole, Field(ge=-LARGEST_WHOLE, le=LARGEST_WHOLE)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Conditions = Annotated[
    dict[str, Plain],
    WithJsonSchema(
        {
            "type": "object",
            "additionalProperties": {"anyOf": [{"type": "array"}, {"type": "object"}]},
            "description": "What must hold of other parameters for this one to be drawn: for each a list of values, or "
            'comparisons such as {">=": 2}; "all" and "any" of a list of such objects, "not" of one.',
        }
    ),
]
Name = Annotated[str, Field(max_length=200)]
Tag = Annotated[str, Field(min_length=1, max_length=64)]
Tags = Annotated[list[Tag], Field(max_length=32), AfterValidator(_each_once)]
Notes = Annotated[str, Field(max_length=20_000)]
Priority = Annotated[Whole, Field(ge=1, le=HIGHEST_PRIORITY)]
Trials = Annotated[Whole, Field(ge=1, le=MOST_TRIALS)]
Seconds = Annotated[Finite, Field(gt=0, le=1e9)]
Epochs = Annotated[Whole, Field(ge=1, le=LARGEST_WHOLE)]
# Of a trial of a foreign trainer. Times the most trials they are within 64 bits still.
Steps = Annotated[Whole, Field(ge=1, le=1_000_000_000)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class FloatBody(_Body):
    """A real axis. `log` is uniform in log10(x), `reverse_log` in log10(1 - x).

    `symmetric_log` is uniform in sign(x) log10(1 + |x| / threshold): about linear up to `threshold` from 0.

    On a log scale the share `zero_probability` of the draws is exactly 0.
    """

    kind: Literal["float"]
    low: Finite
    high: Finite
    scale: Literal["linear", "log", "reverse_log", "symmetric_log"] = "linear"
    step: Finite | None = None
    when: Conditions | None = None
    zero_probability: Finite = 0.0
    threshold: Finite = THRESHOLD


class IntBody(_Body):
    """An axis of whole numbers, on the scales of a real one but for `reverse_log`.

    On a log scale the share `zero_probability` of the draws is exactly 0.
    """

    kind: Literal["int"]
    low: Integer
    high: Integer
    scale: Literal["linear", "log", "symmetric_log"] = "linear"
    step: Integer = 1
    when: Conditions | None = None
    zero_probability: Finite = 0.0
    threshold: Finite = THRESHOLD


class ChoiceBody(_Body):
    """One of some values, each as likely as its weight; `ordered` says that they rise or fall along the list."""

    kind: Literal["choice"]
    values: list[Plain]
    weights: list[Finite] | None = None
    when: Conditions | None = None
    ordered: bool = False


class ObjectiveBody(_Body):
    """The metric by which trials are compared; the usual one of the task unless said.

    Its `direction` follows from the metric, and may be said; one that is not the metric's is refused.
    A trial that diverged is left out of the comparison, or takes part with its best epoch, as `diverged` says.
    """

    metric: str | None = None
    direction: Direction | None = None
    diverged: Diverged = "exclude"


class EarlyStoppingBody(_Body):
    """Stop a trial when the objective has not improved by more than `min_delta` for `patience` epochs."""

    patience: Annotated[Whole, Field(ge=1, le=LARGEST_WHOLE)]
    min_delta: Annotated[Finite, Field(ge=0)] = 0.0


class BudgetBody(_Body):
    """Where the sweep ends, whichever comes first.

    After so many trials, so many epochs of all trials together, so many seconds in which work could be done, or with a
    trial whose value is as good as the target.
    """

    trials: Trials
    seconds: Seconds | None = None
    epochs: Epochs | None = None
    target: Finite | None = None


class ConfirmBody(_Body):
    """Train the best `leaders` with so many more `replicates` once the search has ended; they then rank first.

    That costs epochs, not trials: a `share` of the budget's epochs and seconds is kept for it.
    """

    share: Annotated[Finite, Field(gt=0, lt=1)] = 0.2
    leaders: Annotated[Whole, Field(ge=1, le=50)] = 5
    replicates: Annotated[Whole, Field(ge=1, le=15)] = 2


class HistoryBody(_Body):
    """Earlier sweeps, copied at the post, whose best points in the new space a sampler that learns tries.

    They are one in four of its first trials, while they prove good; of sweeps of another data set fewer.
    """

    sweeps: Annotated[list[Name], Field(min_length=1, max_length=MOST_SWEEPS)]


class BudgetChangesBody(_Body):
    """The parts of the budget that change; null takes a limit away, but for `trials`."""

    trials: Trials = _LEFT_OUT
    seconds: Seconds | None = None
    epochs: Epochs | None = None
    target: Finite | None = None


Parameters = dict[str, Annotated[FloatBody | IntBody | ChoiceBody, Field(discriminator="kind")]]
Constraints = Annotated[list[str], Field(max_length=100)]


class ChangesBody(_Body):
    """What changes of a sweep; what is left out stays as it is. `space` and `constraints` are the whole new ones."""

    name: Annotated[Name, Field(min_length=1)] = _LEFT_OUT
    tags: Tags = _LEFT_OUT
    notes: Notes = _LEFT_OUT
    priority: Priority = _LEFT_OUT
    budget: BudgetChangesBody = _LEFT_OUT
    space: Parameters = _LEFT_OUT
    constraints: Constraints = _LEFT_OUT


class SweepBody(_Body):
    """A sweep to start.

    Our own trainer needs a `dataset`. With `"trainer": "external"`, or "external:NAME", code of yours trains: it brings
    its data, any parameters may be searched, and `metrics` declares what it measures, each with its direction. A trial
    takes so many `steps` of it, 1 unless said. A trainer that `pauses` can go on from where it paused a run.

    `duplicates` says what becomes of a trial whose point one with a lower number has: it trains with another `seed`, is
    drawn anew (`skip`; without a new point the sweep ends), or takes the result of the first one (`reuse`).

    Of the best `keep_models` trials the model is kept, and of the best `pool` to choose an ensemble from: 50 unless
    said, or fewer where so many of the largest possible network would take more than 256 MiB.
    """

    name: Name | None = None
    tags: Tags = []
    notes: Notes = ""
    priority: Priority = USUAL_PRIORITY
    trainer: Name = OWN_TRAINER
    metrics: dict[str, Direction] | None = None
    steps: Steps | None = None
    pauses: bool = False
    dataset: Name | None = None
    seed: Annotated[Whole, Field(ge=0, le=LARGEST_WHOLE)] | None = None
    space: Parameters
    constraints: Constraints = []
    fixed: dict[str, Plain] = {}
    objective: ObjectiveBody = ObjectiveBody()
    sampler: dict[str, Plain] = {"kind": "random"}
    scheduler: dict[str, Plain] = {"kind": "none"}
    early_stopping: EarlyStoppingBody | None = None
    budget: BudgetBody
    replicates: Annotated[Whole, Field(ge=1, le=16)] = 1
    folds: Annotated[Whole, Field(ge=1, le=16)] = 1
    confirm: ConfirmBody | None = None
    keep_models: Annotated[Whole, Field(ge=1, le=1000)] = 10
    duplicates: Duplicates = "seed"
    history: HistoryBody | None = None
    pool: Annotated[Whole, Field(ge=0, le=1000)] | None = None


class _FixedValue(BaseModel):
    value: Plain


_KINDS: Mapping[str, tuple[type[BaseModel], type[Parameter], frozenset[str]]] = {
    "float": (FloatBody, FloatParameter, frozenset({"low", "high"})),
    "int": (IntBody, IntParameter, frozenset({"low", "high"})),
    "choice": (ChoiceBody, ChoiceParameter, frozenset({"values"})),
}


def read_sweep(raw: object) -> tuple[SweepDraft, list[Fault]]:
    """Return what could be read of a request for a sweep, and what could not."""
    parsed, faults = read_fields(SweepBody, raw, leave={"space", "fixed"})
    posted: Mapping[str, Any] = raw if isinstance(raw, Mapping) else {}
    parameters, space_faults = _read_space(posted)
    fixed, fixed_faults = read_fixed(posted)
    budget, stopping = parsed.get("budget") or {}, parsed.get("early_stopping")
    objective = parsed["objective"] if isinstance(parsed.get("objective"), dict) else {}
    draft = SweepDraft(
        posted=posted,
        name=parsed.get("name"),
        trainer=parsed.get("trainer", OWN_TRAINER),
        metrics=parsed.get("metrics"),
        steps=parsed.get("steps"),
        pauses=parsed.get("pauses", False),
        dataset=parsed.get("dataset"),
        seed=parsed.get("seed"),
        parameters=parameters,
        fixed=fixed,
        unreadable=_unreadable(posted, {*parameters, *fixed}, parameters),
        constraints=tuple(parsed.get("constraints", ())),
        metric=objective.get("metric"),
        direction=objective.get("direction") if "metric" in objective else None,  # that of an unreadable metric
        diverged=objective.get("diverged", "exclude"),
        early_stopping=EarlyStopping(**stopping) if stopping and "patience" in stopping else None,
        confirm=Confirmation(**parsed["confirm"]) if parsed.get("confirm") else None,
        trials=budget.get("trials"),
        seconds=budget.get("seconds"),
        epochs=budget.get("epochs"),
        target=budget.get("target"),
        keep_models=parsed.get("keep_models"),
        pool=parsed.get("pool"),
        history=tuple(parsed["history"].get("sweeps", ())) if parsed.get("history") else (),
        **{
            part: parsed[part]
            for part in ("tags", "notes", "priority", "sampler", "scheduler", "replicates", "folds", "duplicates")
            if part in parsed
        },
    )
    if not isinstance(raw, Mapping):
        return draft, faults
    return draft, [*faults, *_missing_dataset(posted), *space_faults, *fixed_faults]


def read_changes(raw: object) -> tuple[ChangesDraft, list[Fault]]:
    """Return what could be read of a request for changes of a sweep, and what could not."""
    parsed, faults = read_fields(ChangesBody, raw, leave={"space"})
    posted: Mapping[str, Any] = raw if isinstance(raw, Mapping) else {}
    budget, constraints = parsed.get("budget") or {}, parsed.get("constraints")
    parameters, space_faults = _read_space(posted) if "space" in posted else (None, [])
    return ChangesDraft(
        name=parsed.get("name"),
        tags=parsed.get("tags"),
        notes=parsed.get("notes"),
        priority=parsed.get("priority"),
        budget={part: budget[part] for part in posted["budget"] if part in budget} if budget else {},
        posted=posted,
        parameters=parameters,
        unreadable=frozenset() if parameters is None else _unreadable(posted, set(parameters), parameters),
        constraints=None if constraints is None else tuple(constraints),
    ), [*faults, *space_faults]


def _missing_dataset(posted: Mapping[str, Any]) -> list[Fault]:
    """Return the fault of a sweep that our own trainer should train, on no data."""
    if posted.get("trainer", OWN_TRAINER) != OWN_TRAINER or posted.get("dataset") is not None:
        return []
    return [Fault("/dataset", 'The field "dataset" is missing. Add it.')]


def _read_space(posted: Mapping[str, Any]) -> tuple[dict[str, Parameter], list[Fault]]:
    if "space" not in posted:
        return {}, [Fault("/space", 'The field "space" is missing. Add it; {} searches nothing.')]
    if not isinstance(posted["space"], Mapping):
        return {}, [_not_an_object("/space", posted["space"])]
    parameters: dict[str, Parameter] = {}
    # Not by Mapping, which takes ten times as long to ask for: what was parsed has no other objects.
    objects = [one for one in posted["space"].items() if type(one[1]) is dict]
    strangers = [one for one in posted["space"].items() if type(one[1]) is not dict]
    faults = list(faults_of(strangers, lambda one: _not_an_object(pointer("space", one[0]), one[1])))
    for name, raw in objects:
        parameter, problems = _read_parameter(raw, pointer("space", name))
        faults += problems
        if parameter is not None:
            parameters[name] = parameter
    return parameters, faults


def _read_parameter(raw: Mapping[str, Any], place: str) -> tuple[Parameter | None, list[Fault]]:
    kind = raw.get("kind")
    if not isinstance(kind, str) or kind not in _KINDS:
        way = hint(str(kind), list(_KINDS))
        return None, [Fault(f"{place}/kind", f"There is no parameter of kind {show(kind)}. {way}")]
    body, record, required = _KINDS[kind]
    parsed, faults = read_fields(body, raw, place)
    if not required <= parsed.keys():
        return None, faults
    parts: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in parsed.items()}
    del parts["kind"]
    if misread := list(form_faults(parts.get("when") or {}, f"{place}/when")):
        return record(**{**parts, "when": None}), [*faults, *misread]
    return record(**parts), faults


def read_fixed(posted: Mapping[str, Any]) -> tuple[dict[str, Any], list[Fault]]:
    """Return the fixed values of a request that could be read, and what could not."""
    raw = posted.get("fixed", {})
    if not isinstance(raw, Mapping):
        return {}, [_not_an_object("/fixed", raw)]
    fixed: dict[str, Any] = {}
    faults: list[Fault] = []
    for name, value in raw.items():
        parsed, problems = read_fields(_FixedValue, {"value": value})
        faults += [Fault(pointer("fixed", name), problem.detail) for problem in problems]
        if "value" in parsed:
            fixed[name] = parsed["value"]
    return fixed, faults


def _unreadable(posted: Mapping[str, Any], read: set[str], parameters: Mapping[str, Parameter]) -> frozenset[str]:
    """Return the names that the request has, but in no readable form."""
    sources = [posted.get("space"), posted.get("fixed", {})]
    if not all(isinstance(source, Mapping) for source in sources):
        # A whole part could not be read: it may have held whatever the conditions name.
        return frozenset({name for parameter in parameters.values() for name in names(parameter.when)} - read)
    return frozenset({name for source in sources if source for name in source} - read)


def _not_an_object(place: str, raw: object) -> Fault:
    return Fault(place, f"The value {show(raw)} is not possible: it should be an object.")
