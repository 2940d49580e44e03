"""The rules of a model's card, for cards that come from outside."""

import math
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine.data.encoding import from_card
from engine.data.formats.reading import is_reading
from engine.data.quoting import quoted
from engine.data.table import LARGEST_NUMBER
from engine.layers import ACTIVATIONS
from engine.losses import LOSSES
from engine.models.ensemble import ENSEMBLE_FORMAT
from engine.models.model import FORMAT
from engine.rules import CURRENT, FIRST
from engine.training_set import LOSS_OF_TASK


@dataclass(frozen=True, slots=True)
class _Check:
    """What a value of the card must be, and a test of it."""

    says: str
    holds: Callable[[Any], bool]


def _one_of(names: Collection[str]) -> _Check:
    return _Check(f"one of {', '.join(names)}", lambda value: isinstance(value, str) and value in names)


def _is_count(value: Any) -> bool:
    return type(value) is int and value >= 1


def _are_counts(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_count, value))


def _are_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in value) and len(set(value)) == len(value)


def _are_encodings(value: Any) -> bool:
    whole = isinstance(value, list) and bool(value) and all(map(_is_encoding, value))
    return whole and _are_names([column["name"] for column in value])


def _is_encoding(value: Any) -> bool:
    if not isinstance(value, dict) or not isinstance(value.get("name"), str):
        return False
    names = ("words",) if value.get("kind") == "categorical" else ("numbers", "dates")
    if "reading" in value and not is_reading(value["reading"], names):
        return False
    if value.get("kind") == "categorical":
        return _are_names(value.get("categories")) and isinstance(value.get("other", False), bool)
    fill = value.get("fill")
    is_number = isinstance(fill, int | float) and abs(fill) <= LARGEST_NUMBER
    are_flags = isinstance(value.get("flag"), bool) and isinstance(value.get("double", False), bool)
    return value.get("kind") == "numeric" and is_number and are_flags


def _is_reading(value: Any) -> bool:
    return value is None or is_reading(value, ("numbers", "dates", "words"))


_RULES: Mapping[str, Mapping[str, _Check]] = {
    "structure": {
        "inputs": _Check("a whole number from 1", _is_count),
        "hidden_units": _Check("a list of whole numbers from 1", _are_counts),
        "outputs": _Check("a whole number from 1", _is_count),
        "activation": _one_of(ACTIVATIONS),
        "loss": _one_of(LOSSES),
        "batch_norm": _Check("true or false", lambda value: isinstance(value, bool)),
    },
    "data": {
        "target": _Check("a text", lambda value: isinstance(value, str)),
        "task": _one_of(LOSS_OF_TASK),
        "classes": _Check("a list of different texts", _are_names),
        "target_reading": _Check("nothing, or how the texts of a column are read", _is_reading),
        "columns": _Check("a list of the encodings of columns with different names", _are_encodings),
    },
}


def card_faults(card: Any) -> Iterator[str]:
    """Yield what keeps a value of JSON from being the card of a model."""
    if not isinstance(card, dict):
        yield "The card is not an object of JSON."
    elif card.get("format") == ENSEMBLE_FORMAT:
        yield from _ensemble_faults(card)
    elif card.get("format") != FORMAT:
        found = _shown(card.get("format"))
        known = f"{FORMAT} and {ENSEMBLE_FORMAT}"
        yield f"The card has the format {found}, and this version reads {known}. Update logsweep."
    elif not _known(rules := card.get("rules", FIRST)):
        yield f"The card has the rules {_shown(rules)}, and this version knows up to {CURRENT}. Update logsweep."
    elif faults := [*_rule_faults(card)]:
        yield from faults
    else:
        yield from _disagreements(card["structure"], card["data"])


def member_cards(card: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the cards of the models of an ensemble, of which its card has what they have in common once."""
    shared = {"format": FORMAT, "data": card.get("data"), "arrays": card.get("arrays", "")}
    return [{**{name: value for name, value in one.items() if name != "count"}, **shared} for one in card["members"]]


def _ensemble_faults(card: Mapping[str, Any]) -> Iterator[str]:
    members = card.get("members")
    if not isinstance(members, list) or not members or not all(isinstance(one, dict) for one in members):
        yield "The card of an ensemble has no list of members."
        return
    for place, (own, whole) in enumerate(zip(members, member_cards(card), strict=True)):
        if not _is_count(own.get("count")):
            yield f"Member {place}: its count is {_shown(own.get('count'))}, and must be a whole number from 1."
        yield from (f"Member {place}: {fault}" for fault in card_faults(whole))


def _known(rules: Any) -> bool:
    return type(rules) is int and FIRST <= rules <= CURRENT


def _rule_faults(card: Mapping[str, Any]) -> Iterator[str]:
    for part, rules in _RULES.items():
        values = card.get(part)
        if not isinstance(values, dict):
            yield f'The card has no object "{part}".'
            continue
        for name, rule in rules.items():
            if not rule.holds(values.get(name)):
                yield f"The card has {part}.{name} = {_shown(values.get(name))}: it must be {rule.says}."


def _disagreements(structure: Mapping[str, Any], data: Mapping[str, Any]) -> Iterator[str]:
    """Yield where the parts of the card, each sound by itself, do not fit together."""
    task, classes = data["task"], len(data["classes"])
    least, most = {"regression": (0, 0), "binary": (2, 2)}.get(task, (3, math.inf))
    if not least <= classes <= most:
        yield f"The card has {classes} classes, which do not make the task {task}."
    if structure["loss"] != LOSS_OF_TASK[task]:
        yield f"The card has the loss {structure['loss']}, but the task {task} has {LOSS_OF_TASK[task]}."
    outputs = classes if task == "multiclass" else 1
    if structure["outputs"] != outputs:
        yield f"The card has {structure['outputs']:,} outputs, but the task needs {outputs:,}."
    width = sum(from_card(column).width for column in data["columns"])
    if structure["inputs"] != width:
        yield f"The card has {structure['inputs']:,} inputs, but its columns make {width:,}."


def _shown(value: Any) -> str:
    return quoted(str(value))
