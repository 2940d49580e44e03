"""The language in which lists of trials are filtered and sorted: `where=dev_error<0.1`, `sort=-param.l2`."""

import json
import math
import re
from collections.abc import Sequence
from typing import cast

from app.domain.errors import Fault, InvalidRequest, pointer
from app.domain.filters import Condition, Field, Key, Operator, TrialQuery
from app.domain.hints import hint
from app.domain.states import TrialState
from app.domain.trials import METRICS

_NUMBERS = ("number", "value", *METRICS, "best_epoch", "epochs", "seconds")
_TEXTS = ("state", "created_at", "started_at", "finished_at")
_KNOWN = (*_NUMBERS, *_TEXTS, "param.learning_rate")
_PARAM = re.compile(r"param\.([A-Za-z_][A-Za-z0-9_]*)")
_CONDITION = re.compile(r"\s*([A-Za-z0-9_.]+)\s*(<=|>=|!=|<|>|=)\s*(.*?)\s*", re.DOTALL)
_LARGEST = 2**63 - 1

MOST_CONDITIONS = 20


def parse_query(states: Sequence[str], sort: str, where: Sequence[str]) -> TrialQuery:
    """Return the query. Raises InvalidRequest with every fault in it."""
    faults: list[Fault] = []
    query = TrialQuery(
        states=tuple(_states(states, faults)),
        conditions=tuple(_conditions(where, faults)),
        sort=_field(sort.removeprefix("-"), "/sort", faults) or Field("number"),
        descending=sort.startswith("-"),
    )
    if faults:
        raise InvalidRequest(faults)
    return query


def _states(words: Sequence[str], faults: list[Fault]) -> list[TrialState]:
    known = [state.value for state in TrialState]
    for index, word in enumerate(words):
        if word not in known:
            detail = f'There is no trial state "{word}". {hint(word, known)}'
            faults.append(Fault(pointer("state", index), detail))
    return [TrialState(word) for word in words if word in known]


def _conditions(texts: Sequence[str], faults: list[Fault]) -> list[Condition]:
    if len(texts) > MOST_CONDITIONS:
        faults.append(Fault("/where", f"There are {len(texts)} conditions; at most {MOST_CONDITIONS} are read."))
        return []
    found = [_condition(text, pointer("where", index), faults) for index, text in enumerate(texts)]
    return [condition for condition in found if condition is not None]


def _condition(text: str, place: str, faults: list[Fault]) -> Condition | None:
    match = _CONDITION.fullmatch(text)
    if match is None:
        way = "Write field, operator and value, as in dev_error<0.1 or param.optimizer=adam"
        faults.append(Fault(place, f"{text!r} is not a condition. {way}; operators are < <= > >= = !=."))
        return None
    name, operator, written = match.groups()
    field = _field(name, place, faults)
    value = _value(field, written, place, faults) if field else None
    if value is None and operator not in {"=", "!="} and not faults:
        faults.append(Fault(place, f"{text!r} compares with null, which works with = and != alone."))
    return None if field is None else Condition(field, cast("Operator", operator), value)


def _field(name: str, place: str, faults: list[Fault]) -> Field | None:
    if name in _NUMBERS or name in _TEXTS:
        return Field(name)
    if match := _PARAM.fullmatch(name):
        return Field(match.group(1), is_param=True)
    way = f"{hint(name, _KNOWN)} Hyperparameters are written as param.NAME."
    faults.append(Fault(place, f"Trials have no field {name!r}. {way}"))
    return None


def _value(field: Field, written: str, place: str, faults: list[Fault]) -> Key:
    """Return the value as SQLite compares it: numbers, text; lists as compact JSON, truth as 0 or 1."""
    if not field.is_param and field.name in _TEXTS and written != "null":
        return written
    try:
        value = json.loads(written, parse_constant=str)
    except (ValueError, RecursionError):
        value = written
    if isinstance(value, list | dict):
        value = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    if isinstance(value, int | float) and not _storable(value):
        faults.append(Fault(place, f"The number {written[:80]} is too large to compare with."))
        return None
    if isinstance(value, str) and not field.is_param:
        faults.append(Fault(place, f"{field.name} is a number, but {written[:80]!r} is none."))
        return None
    return int(value) if isinstance(value, bool) else cast("Key", value)


def _storable(value: float) -> bool:
    return abs(value) <= _LARGEST if isinstance(value, int) else math.isfinite(value)
