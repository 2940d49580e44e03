"""Read a JSON object field by field, so that one fault never hides another."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cache
from typing import Annotated, Any

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, TypeAdapter, ValidationError

from app.domain.errors import Fault, faults_of, pointer, show
from app.domain.hints import hint


def read_fields(
    model: type[BaseModel], raw: object, place: str = "", *, leave: Collection[str] = ()
) -> tuple[dict[str, Any], list[Fault]]:
    """Return the fields of `model` that `raw` has in good form, defaults for absent ones, and all faults.

    A field that is itself a model becomes such a dictionary. The fields named in `leave` are left to the caller.
    """
    if not isinstance(raw, Mapping):
        return {}, [Fault(place, f"The value {show(raw)} is not possible: it should be an object.")]
    faults = _unknown_faults(model, raw, place)
    parsed: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        if name in leave:
            continue
        if name in raw:
            problems = _read_one(model, name, raw[name], place + pointer(name), parsed)
        elif field.is_required():
            problems = [Fault(place + pointer(name), f'The field "{name}" is missing. Add it.')]
        else:
            parsed[name] = field.get_default(call_default_factory=True)
            problems = []
        faults += problems
    return parsed, faults


def form_faults(
    items: Iterable[tuple[str, object]], known: Collection[str], *, repeated: Collection[str] = ()
) -> list[Fault]:
    """Return what is wrong with the names of the fields of a form: one passed over would be a wish not granted."""
    counts = Counter(name for name, _ in items)
    unknown = [name for name in counts if name not in known]
    twice = [name for name, count in counts.items() if count > 1 and name in known and name not in repeated]
    return [
        *faults_of(unknown, lambda n: Fault(pointer(n), f"There is no field {show(n)} here. {hint(n, list(known))}")),
        *(Fault(pointer(n), f"The field {show(n)} comes {counts[n]} times. Send it once.") for n in twice),
    ]


def problem_faults(error: ValidationError, place: str = "") -> list[Fault]:
    """Return pydantic's errors as faults below `place`."""
    problems = error.errors(include_url=False)
    return list(faults_of(problems, lambda one: Fault(place + pointer(*one["loc"]), sentence(one))))


def parameter_faults(error: RequestValidationError) -> Iterator[Fault]:
    """Yield what FastAPI found wrong with parameters of the path, the query and the form."""
    yield from faults_of(error.errors(), lambda one: Fault(pointer(*one["loc"][1:]), sentence(one)))


def sentence(problem: Mapping[str, Any]) -> str:
    """Return one of pydantic's errors as a sentence, with the value received."""
    if problem["type"] == "missing":
        return f'The field "{problem["loc"][-1]}" is missing. Add it.'
    if problem["type"] in _LENGTHS:
        return _of_length(problem)
    message = str(problem["msg"]).removeprefix("Value error, ")
    rule = message.replace("Input should", "it should").replace("Value should", "it should")
    return f"The value {show(problem['input'])} is not possible: {rule}."


_LENGTHS: Mapping[str, tuple[str, str]] = {
    "too_short": ("list", "item"),
    "too_long": ("list", "item"),
    "string_too_short": ("text", "character"),
    "string_too_long": ("text", "character"),
}
"""What is too short or too long, and of what it has too few or too many, by the names of pydantic's errors."""


def _of_length(problem: Mapping[str, Any]) -> str:
    """Return the sentence of a list or a text that is too short or too long."""
    kind, part = _LENGTHS[problem["type"]]
    length, limits = len(problem["input"]), problem["ctx"]
    bound, limit = ("at least", limits["min_length"]) if "min_length" in limits else ("at most", limits["max_length"])
    has = f"has {length:,} {part}{'' if length == 1 else 's'}" if length else "is empty"
    return f"The {kind} {has}: send {bound} {limit:,}."


def _unknown_faults(model: type[BaseModel], raw: Mapping[str, Any], place: str) -> list[Fault]:
    known = model.model_fields
    return list(
        faults_of(
            [name for name in raw if name not in known],
            lambda name: Fault(place + pointer(name), f"There is no field {show(name)} here. {hint(name, known)}"),
        )
    )


def _read_one(model: type[BaseModel], name: str, value: object, place: str, parsed: dict[str, Any]) -> list[Fault]:
    """Read one field into `parsed`; return its faults."""
    nested = _nested(model, name)
    if nested is not None and not (value is None and _nullable(model, name)):
        parsed[name], faults = read_fields(nested, value, place)
        return faults
    try:
        parsed[name] = _adapter(model, name).validate_python(value, strict=True)
    except ValidationError as error:
        return problem_faults(error, place)
    return []


@cache
def _adapter(model: type[BaseModel], name: str) -> TypeAdapter[Any]:
    field = model.model_fields[name]
    constrained: Any = Annotated[field.annotation, field]  # a type that only exists now
    return TypeAdapter(constrained)


@cache
def _nested(model: type[BaseModel], name: str) -> type[BaseModel] | None:
    annotation = model.model_fields[name].annotation
    options = getattr(annotation, "__args__", (annotation,))
    return next((one for one in options if isinstance(one, type) and issubclass(one, BaseModel)), None)


def _nullable(model: type[BaseModel], name: str) -> bool:
    return type(None) in getattr(model.model_fields[name].annotation, "__args__", ())
