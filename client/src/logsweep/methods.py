"""Operations as methods: what `logsweep.operations` says once, run by a client that blocks or one that waits."""

from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, Concatenate, Generic, ParamSpec, Protocol, Self, TypeVar, overload

from logsweep.calls import Call, Flow
from logsweep.operations.models import ModelPlace

P = ParamSpec("P")
T = TypeVar("T")
Result = TypeVar("Result")


class Runs(Protocol):
    """What runs calls: a client, or something at it, whose place is the first argument of its operations."""

    @property
    def _place(self) -> tuple[Any, ...]: ...

    def run(self, call: Any) -> Any:
        """Return what a call is answered with, or what it can be awaited by."""


class Method(Generic[P, Result]):
    """An operation that whoever has it runs when it is called."""

    def __init__(self, operation: Callable[..., Any]) -> None:
        self._operation = operation
        self.__doc__ = operation.__doc__

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...

    @overload
    def __get__(self, instance: Runs, owner: type) -> Callable[P, Result]: ...

    def __get__(self, instance: Runs | None, owner: type) -> Self | Callable[P, Result]:
        if instance is None:
            return self
        runs, operation = instance, self._operation

        @wraps(operation)
        def method(*args: P.args, **kwargs: P.kwargs) -> Result:
            found: Result = runs.run(operation(*runs._place, *args, **kwargs))
            return found

        return method


def blocking(operation: Callable[P, Call[T] | Flow[T]]) -> Method[P, T]:
    """Return a method that runs an operation and returns its result."""
    return Method(operation)


def blocking_of_sweep(operation: Callable[Concatenate[str, P], Call[T] | Flow[T]]) -> Method[P, T]:
    """Return the same for an operation on a sweep, whose id the instance gives."""
    return Method(operation)


def blocking_of_model(operation: Callable[Concatenate[ModelPlace, P], Call[T] | Flow[T]]) -> Method[P, T]:
    """Return the same for an operation on a model, whose place the instance gives."""
    return Method(operation)


def awaited(operation: Callable[P, Call[T] | Flow[T]]) -> Method[P, Coroutine[Any, Any, T]]:
    """Return a method that runs an operation, and whose result is awaited."""
    return Method(operation)


def awaited_of_sweep(
    operation: Callable[Concatenate[str, P], Call[T] | Flow[T]],
) -> Method[P, Coroutine[Any, Any, T]]:
    """Return the same for an operation on a sweep, whose id the instance gives."""
    return Method(operation)


def awaited_of_model(
    operation: Callable[Concatenate[ModelPlace, P], Call[T] | Flow[T]],
) -> Method[P, Coroutine[Any, Any, T]]:
    """Return the same for an operation on a model, whose place the instance gives."""
    return Method(operation)
