"""What is wrong with the constraints of a search space, before anything is drawn from it."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from app.domain.constraints import Constraint, Unreadable
from app.domain.errors import Fault, pointer, show
from app.domain.hints import hint
from app.domain.space import ChoiceParameter, Parameter
from app.domain.values import Value


def constraint_faults(
    texts: Sequence[str],
    parameters: Mapping[str, Parameter],
    fixed: Mapping[str, Value],
    unreadable: Collection[str] = (),
) -> Iterator[Fault]:
    """Yield what cannot be read, and names that the request does not have or that are no numbers.

    `unreadable` names what the request has as well, but in a form that says nothing.
    """
    for index, text in enumerate(texts):
        try:
            names = Constraint.parse(text).names
        except Unreadable as refused:
            yield _fault(index, text, refused.at, f"cannot be read: {refused.detail}.")
            continue
        for name, at in names.items():
            if name not in parameters and name not in fixed and name not in unreadable:
                detail = f"names {show(name)}, which is neither in space nor in fixed."
                yield _fault(index, text, at, f"{detail} {hint(name, sorted({*parameters, *fixed}))}")
            elif not all(map(_is_number, _words(name, parameters, fixed))):
                detail = f"compares {show(name)}, which is not always a number. Leave it out of the constraint"
                yield _fault(index, text, at, f"{detail}, or its other values out of the space.")


def _words(name: str, parameters: Mapping[str, Parameter], fixed: Mapping[str, Value]) -> Sequence[Value]:
    """Return the values that may be no numbers."""
    parameter = parameters.get(name)
    if isinstance(parameter, ChoiceParameter):
        return parameter.values
    return [fixed[name]] if name in fixed else []


def _is_number(value: Value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _fault(index: int, text: str, at: int, detail: str) -> Fault:
    return Fault(pointer("constraints", index), f"The constraint {show(text)}, at character {at + 1}, {detail}")
