"""The request for a sweep: its wire form, and how it becomes a draft."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, JsonValue

from app.api.fields import read_fields
from app.domain.drafts import SweepDraft
from app.domain.errors import Fault, pointer, show
from app.domain.hints import hint
from app.domain.space import ChoiceParameter, FloatParameter, IntParameter, Parameter
from app.domain.values import whole
from app.domain.work import Diverged, EarlyStopping

_LARGEST = 2**63 - 1


def _storable(value: JsonValue) -> JsonValue:
    if isinstance(value, list):
        return [_storable(inner) for inner in value]
    if isinstance(value, dict):
        return {name: _storable(inner) for name, inner in value.items()}
    if isinstance(value, int) and abs(value) > _LARGEST:
        raise ValueError("whole numbers must fit into 64 bits")
    return value


Plain = Annotated[JsonValue, AfterValidator(_storable)]
Whole = Annotated[int, BeforeValidator(whole)]
Integer = Annotated[Whole, Field(ge=-_LARGEST, le=_LARGEST)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Conditions = dict[str, list[Plain]]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class FloatBody(_Body):
    """A real axis. `log` is uniform in log10(x), `reverse_log` in log10(1 - x)."""

    kind: Literal["float"]
    low: Finite
    high: Finite
    scale: Literal["linear", "log", "reverse_log"] = "linear"
    step: Finite | None = None
    when: Conditions | None = None


class IntBody(_Body):
    """An axis of whole numbers."""

    kind: Literal["int"]
    low: Integer
    high: Integer
    scale: Literal["linear", "log"] = "linear"
    step: Integer = 1
    when: Conditions | None = None


class ChoiceBody(_Body):
    """One of some values, each as likely as its weight."""

    kind: Literal["choice"]
    values: list[Plain]
    weights: list[Finite] | None = None
    when: Conditions | None = None


class ObjectiveBody(_Body):
    """The metric by which trials are compared; the usual one of the task unless said.

    A trial that diverged is left out of the comparison, or takes part with its best epoch, as `diverged` says.
    """

    metric: str | None = None
    direction: Literal["minimize"] = "minimize"
    diverged: Diverged = "exclude"


class EarlyStoppingBody(_Body):
    """Stop a trial when the objective has not improved by more than `min_delta` for `patience` epochs."""

    patience: Annotated[Whole, Field(ge=1, le=_LARGEST)]
    min_delta: Annotated[Finite, Field(ge=0)] = 0.0


class BudgetBody(_Body):
    """Where the sweep ends: after so many trials, or so many seconds since its first trial started."""

    trials: Annotated[Whole, Field(ge=1, le=1_000_000)]
    seconds: Annotated[Finite, Field(gt=0, le=1e9)] | None = None


class SweepBody(_Body):
    """A sweep to start."""

    name: Annotated[str, Field(max_length=200)] | None = None
    dataset: Annotated[str, Field(max_length=200)]
    seed: Annotated[Whole, Field(ge=0, le=_LARGEST)] | None = None
    space: dict[str, Annotated[FloatBody | IntBody | ChoiceBody, Field(discriminator="kind")]]
    fixed: dict[str, Plain] = {}
    objective: ObjectiveBody = ObjectiveBody()
    sampler: dict[str, Plain] = {"kind": "random"}
    scheduler: dict[str, Plain] = {"kind": "none"}
    early_stopping: EarlyStoppingBody | None = None
    budget: BudgetBody
    keep_models: Annotated[Whole, Field(ge=1, le=1000)] = 10


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
        dataset=parsed.get("dataset"),
        seed=parsed.get("seed"),
        parameters=parameters,
        fixed=fixed,
        unreadable=_unreadable(posted, {*parameters, *fixed}, parameters),
        metric=objective.get("metric"),
        diverged=objective.get("diverged", "exclude"),
        early_stopping=EarlyStopping(**stopping) if stopping and "patience" in stopping else None,
        trials=budget.get("trials"),
        seconds=budget.get("seconds"),
        keep_models=parsed.get("keep_models"),
        **{part: parsed[part] for part in ("sampler", "scheduler") if part in parsed},
    )
    return draft, [*faults, *space_faults, *fixed_faults] if isinstance(raw, Mapping) else faults


def _read_space(posted: Mapping[str, Any]) -> tuple[dict[str, Parameter], list[Fault]]:
    if "space" not in posted:
        return {}, [Fault("/space", 'The field "space" is missing. Add it; {} searches nothing.')]
    if not isinstance(posted["space"], Mapping):
        return {}, [_not_an_object("/space", posted["space"])]
    parameters: dict[str, Parameter] = {}
    faults: list[Fault] = []
    for name, raw in posted["space"].items():
        parameter, problems = _read_parameter(raw, pointer("space", name))
        faults += problems
        if parameter is not None:
            parameters[name] = parameter
    return parameters, faults


def _read_parameter(raw: object, place: str) -> tuple[Parameter | None, list[Fault]]:
    if not isinstance(raw, Mapping):
        return None, [_not_an_object(place, raw)]
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
        conditions = [parameter.when or {} for parameter in parameters.values()]
        return frozenset({name for when in conditions for name in when} - read)
    return frozenset({name for source in sources if source for name in source} - read)


def _not_an_object(place: str, raw: object) -> Fault:
    return Fault(place, f"The value {show(raw)} is not possible: it should be an object.")
