"""Lists that the server has in pages, as one: fetched while they are gone through."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, Self, TypeVar, overload

from logsweep.answers import Answer
from logsweep.calls import Call, Page
from logsweep.display import table_html
from logsweep.frames import pandas_frame, polars_frame
from logsweep.methods import Runs

if TYPE_CHECKING:
    import pandas
    import polars

P = ParamSpec("P")
Item = TypeVar("Item", bound=Answer)
Result = TypeVar("Result")


class Pages(Generic[Item]):
    """The items of a list, fetched page by page while they are gone through, each time anew."""

    def __init__(self, run: Callable[[Call[Page[Item]]], Page[Item]], call: "PageCall[Item]") -> None:
        self._run = run
        self._call = call

    def __iter__(self) -> Iterator[Item]:
        call: Call[Page[Item]] | None = self._call()
        while call is not None:
            page = self._run(call)
            yield from page.items
            call = self._call.after(page)

    def to_pandas(self) -> "pandas.DataFrame":
        """Return all items as a frame of pandas (extra: `logsweep-client[pandas]`)."""
        return pandas_frame(list(self))

    def to_polars(self) -> "polars.DataFrame":
        """Return all items as a frame of polars (extra: `logsweep-client[polars]`)."""
        return polars_frame(list(self))

    def _repr_html_(self) -> str:
        return table_html(self._run(self._call()))


class AsyncPages(Generic[Item]):
    """The same for a client that is awaited: `async for item in pages`, `await pages.to_pandas()`."""

    def __init__(self, run: Callable[[Call[Page[Item]]], Awaitable[Page[Item]]], call: "PageCall[Item]") -> None:
        self._run = run
        self._call = call

    async def __aiter__(self) -> AsyncIterator[Item]:
        call: Call[Page[Item]] | None = self._call()
        while call is not None:
            page = await self._run(call)
            for item in page.items:
                yield item
            call = self._call.after(page)

    async def to_pandas(self) -> "pandas.DataFrame":
        """Return all items as a frame of pandas (extra: `logsweep-client[pandas]`)."""
        return pandas_frame([item async for item in self])

    async def to_polars(self) -> "polars.DataFrame":
        """Return all items as a frame of polars (extra: `logsweep-client[polars]`)."""
        return polars_frame([item async for item in self])


class PageCall(Generic[Item]):
    """The calls for the pages of a list."""

    def __init__(
        self, operation: Callable[..., Call[Page[Item]]], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        self._operation = operation
        self._args = args
        self._kwargs = kwargs

    def __call__(self) -> Call[Page[Item]]:
        return self._operation(*self._args, **self._kwargs)

    def after(self, page: Page[Item]) -> Call[Page[Item]] | None:
        """Return the call for the page after one; None after the last."""
        if page.next is None:
            return None
        return self._operation(*self._args, **{**self._kwargs, "cursor": page.next})


class Listing(Generic[P, Result]):
    """An operation on pages as a method that returns the whole list."""

    def __init__(self, operation: Callable[..., Any], pages: Callable[..., Any]) -> None:
        self._operation = operation
        self._pages = pages
        self.__doc__ = operation.__doc__

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...

    @overload
    def __get__(self, instance: Runs, owner: type) -> Callable[P, Result]: ...

    def __get__(self, instance: Runs | None, owner: type) -> Self | Callable[P, Result]:
        if instance is None:
            return self
        runs, operation, pages = instance, self._operation, self._pages

        @wraps(operation)
        def method(*args: P.args, **kwargs: P.kwargs) -> Result:
            found: Result = pages(runs.run, PageCall(operation, (*runs._place, *args), kwargs))
            return found

        return method


def listed(operation: Callable[P, Call[Page[Item]]]) -> Listing[P, Pages[Item]]:
    """Return a method that goes through a list."""
    return Listing(operation, Pages)


def listed_of_sweep(operation: Callable[Concatenate[str, P], Call[Page[Item]]]) -> Listing[P, Pages[Item]]:
    """Return the same for a list of a sweep, whose id the instance gives."""
    return Listing(operation, Pages)


def async_listed(operation: Callable[P, Call[Page[Item]]]) -> Listing[P, AsyncPages[Item]]:
    """Return a method that goes through a list while it is awaited."""
    return Listing(operation, AsyncPages)


def async_listed_of_sweep(operation: Callable[Concatenate[str, P], Call[Page[Item]]]) -> Listing[P, AsyncPages[Item]]:
    """Return the same for a list of a sweep, whose id the instance gives."""
    return Listing(operation, AsyncPages)
