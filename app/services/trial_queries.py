"""The language in which lists of trials are filtered and sorted: `where=dev_error<0.1`, `sort=-param.l2`."""

import json
import math
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import cast

from app.contract.hyperparameters import HYPERPARAMETERS, plain, suggestion, unknown
from app.contract.layers import LAYERS, REPLACED
from app.contract.metrics import MEASURES
from app.domain.errors import Fault, InvalidRequest, faults_of, pointer, show
from app.domain.filters import Condition, Field, Operator, TrialQuery
from app.domain.hints import hint
from app.domain.states import TrialState
from app.domain.sweeps import SweepSpec
from app.domain.values import LARGEST_WHOLE, Value, is_text

_NUMBERS = ("number", "value", "best_epoch", "epochs", "seconds")
_TEXTS = ("state", "created_at", "started_at", "finished_at")
_PARAM = "param."
_STATES = [state.value for state in TrialState]
_OPERATOR = re.compile(r"<=|>=|!=|<|>|=|(?<=\s)in(?=[\s\[])")
_LONGEST, _MOST_BRACKETS = 2000, 32

MOST_CONDITIONS = 20


@dataclass(frozen=True, slots=True)
class TrialFields:
    """The metrics and the parameters that trials have; `own` are those of our own networks.

    `layers` are those from which `hidden_units` follows; it is no field then, but where the space had it at another
    time.
    """

    metrics: Collection[str]
    params: Collection[str]
    own: bool = True
    layers: Sequence[str] = ()

    def names(self) -> Sequence[str]:
        """Return all fields as they are written."""
        return [*_NUMBERS, *_TEXTS, *self.metrics, *(_PARAM + name for name in self.params)]

    def hint(self, name: str) -> str:
        """Return what may have been meant by a field that there is not."""
        if name in self.params:
            return f'Did you mean "{_PARAM}{name}"?'
        return (suggestion(name) if self.own else None) or hint(name, self.names())

    def no_param(self, name: str) -> str:
        """Return the sentence for a parameter that there is not."""
        if name == REPLACED and self.layers:
            words = " and ".join(f"{_PARAM}{layer}" for layer in self.layers)
            return f"{REPLACED} follows from {words} in this sweep. Use those."
        if self.own and name in LAYERS:
            others = self.layers or [REPLACED]
            return f"No trial of this sweep has {name}. Use {' and '.join(_PARAM + other for other in others)}."
        return unknown(name) if self.own else f"There is no parameter {show(name)}. {hint(name, list(self.params))}"


OWN_FIELDS = TrialFields(MEASURES, HYPERPARAMETERS)


def fields_of(spec: SweepSpec, searched: Collection[str]) -> TrialFields:
    """Return the fields of the trials of a sweep; `searched` are the parameters of all versions of its space."""
    if spec.foreign is not None:
        return TrialFields(spec.foreign.metrics, dict.fromkeys([*searched, *spec.fixed]), own=False)
    layers = [name for name in LAYERS if name in searched or name in spec.fixed]
    params = [*(name for name in HYPERPARAMETERS if name != REPLACED or name in searched), *layers]
    return TrialFields(MEASURES, params, layers=layers) if layers else OWN_FIELDS


def parse_field(text: str, place: str, known: TrialFields) -> Field:
    """Return the field of a name. Raises InvalidRequest."""
    faults: list[Fault] = []
    field = _field(text, place, known, faults)
    if field is None:
        raise InvalidRequest(faults)
    return field


def parse_query(states: Sequence[str], sort: str, where: Sequence[str], known: TrialFields = OWN_FIELDS) -> TrialQuery:
    """Return the query. Raises InvalidRequest with every fault in it."""
    faults: list[Fault] = []
    query = TrialQuery(
        states=tuple(_states(states, faults)),
        conditions=tuple(_conditions(where, known, faults)),
        sort=_field(sort.removeprefix("-"), "/sort", known, faults) or Field("number"),
        descending=sort.startswith("-"),
    )
    if faults:
        raise InvalidRequest(faults)
    return query


def _states(words: Sequence[str], faults: list[Fault]) -> list[TrialState]:
    strangers = [(index, word) for index, word in enumerate(words) if word not in _STATES]
    faults += faults_of(strangers, lambda one: _unknown_state(one[1], pointer("state", one[0])))
    return [TrialState(word) for word in words if word in _STATES]


def _unknown_state(word: str, place: str) -> Fault:
    return Fault(place, f"There is no trial state {show(word)}. {hint(word, _STATES)}")


def _conditions(texts: Sequence[str], known: TrialFields, faults: list[Fault]) -> list[Condition]:
    if len(texts) > MOST_CONDITIONS:
        faults.append(Fault("/where", f"There are {len(texts)} conditions; at most {MOST_CONDITIONS} are read."))
        return []
    found = [_condition(text, pointer("where", index), known, faults) for index, text in enumerate(texts)]
    return [condition for condition in found if condition is not None]


def _condition(text: str, place: str, known: TrialFields, faults: list[Fault]) -> Condition | None:
    operator = _OPERATOR.search(text)
    if operator is None or not text[: operator.start()].strip() or len(text) > _LONGEST:
        way = "Write field, operator and value, as in dev_error<0.1 or param.optimizer=adam"
        rule = f"operators are < <= > >= = != in, and {_LONGEST:,} characters the most"
        faults.append(Fault(place, f"{show(text)} is not a condition. {way}; {rule}."))
        return None
    name, written = text[: operator.start()].strip(), text[operator.end() :].strip()
    field, before = _field(name, place, known, faults), len(faults)
    if operator.group() == "in":
        return _choice(field, written, place, known, faults) if field else None
    value = _value(field, written, place, faults) if field else None
    if field is not None and field.kind == "param" and known.own:
        value = plain(field.name, value)
    if value is None and operator.group() not in {"=", "!="} and len(faults) == before and field:
        faults.append(Fault(place, f"{show(text)} compares with null, which works with = and != alone."))
    return None if field is None else Condition(field, cast("Operator", operator.group()), value)


def _choice(field: Field, written: str, place: str, known: TrialFields, faults: list[Fault]) -> Condition | None:
    """Return the condition that a field is one of several values, written as a JSON list."""
    items = _read(written)
    if not isinstance(items, list) or not items:
        way = 'as in param.optimizer in ["adam","momentum"] or number in [3,7]'
        faults.append(Fault(place, f"{show(written)} is no list of values to choose from. Write it in JSON, {way}."))
        return None
    is_text = field.kind == "column" and field.name in _TEXTS
    texts = [item if is_text and isinstance(item, str) else json.dumps(item) for item in items]
    values = [_value(field, text, place, faults) for text in texts]
    if field.kind == "param" and known.own:
        values = [plain(field.name, value) for value in values]
    return Condition(field, "in", values)


def _field(name: str, place: str, known: TrialFields, faults: list[Fault]) -> Field | None:
    if name in _NUMBERS or name in _TEXTS:
        return Field(name)
    if name in known.metrics:
        return Field(name, "metric")
    if name.startswith(_PARAM):
        name = name.removeprefix(_PARAM)
        if name in known.params:
            return Field(name, "param")
        faults.append(Fault(place, known.no_param(name)))
        return None
    detail = f"Trials have no field {show(name)}. {known.hint(name)} Hyperparameters are written as param.NAME."
    faults.append(Fault(place, detail))
    return None


def _value(field: Field, written: str, place: str, faults: list[Fault]) -> Value:
    """Return the value to compare with; what is not JSON is a text."""
    if field == Field("state") and written not in {*_STATES, "null"}:
        faults.append(_unknown_state(written, place))
        return None
    if field.name in _TEXTS and field.kind == "column" and written != "null":
        return written
    value = _read(written)
    if detail := _refusal(field, value, written):
        faults.append(Fault(place, detail))
        return None
    return value


def _read(written: str) -> Value:
    if written.count("[") + written.count("{") > _MOST_BRACKETS:
        return written
    try:
        value: Value = json.loads(written, parse_constant=str)
    except ValueError:
        return written
    return value


def _refusal(field: Field, value: Value, written: str) -> str | None:
    if isinstance(value, int | float) and not _storable(value):
        return f"The number {show(written)[1:-1]} is too large to compare with."
    if field.kind != "param" and value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
        return f"{field.name} is a number, but {show(written)} is none."
    if not is_text(json.dumps(value, ensure_ascii=False).replace("\\u0000", "\0")):
        return f"{show(written)} has a NUL character or half of a surrogate pair. Remove it."
    return None


def _storable(value: float) -> bool:
    return abs(value) <= LARGEST_WHOLE if isinstance(value, int) else math.isfinite(value)
