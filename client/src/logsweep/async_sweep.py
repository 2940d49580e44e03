"""A sweep, its lists and its models, at a client that is awaited."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Literal, Self, TypeVar

from logsweep.answers.models import EnsembleAnswer
from logsweep.answers.sweeps import SweepAnswer
from logsweep.calls import Call, Flow
from logsweep.display import sweep_html
from logsweep.feed import Event, Watch
from logsweep.local_models import LocalModel, load_model
from logsweep.methods import awaited_of_model, awaited_of_sweep
from logsweep.operations import models, sweeps
from logsweep.pages import async_listed_of_sweep
from logsweep.progress import Shown, shown
from logsweep.settings import CLOCK

if TYPE_CHECKING:
    from logsweep.async_client import AsyncClient

T = TypeVar("T")


class AsyncSweep:
    """A sweep at a server. `now` is how it stood when it was last looked at; `look` looks again."""

    def __init__(self, client: "AsyncClient", now: SweepAnswer) -> None:
        self._client = client
        self._place = (now.id,)
        self.now = now

    look = awaited_of_sweep(sweeps.show)
    change = awaited_of_sweep(sweeps.change)
    pause = awaited_of_sweep(sweeps.pause)
    resume = awaited_of_sweep(sweeps.resume)
    cancel = awaited_of_sweep(sweeps.cancel)
    delete = awaited_of_sweep(sweeps.delete)
    enqueue = awaited_of_sweep(sweeps.enqueue)
    extend = awaited_of_sweep(sweeps.extend)
    best = awaited_of_sweep(sweeps.best)
    why = awaited_of_sweep(sweeps.why)
    trial = awaited_of_sweep(sweeps.trial)
    diagnosis = awaited_of_sweep(sweeps.diagnosis)
    analysis = awaited_of_sweep(sweeps.analysis)
    leaderboard = awaited_of_sweep(sweeps.leaderboard)
    models = awaited_of_sweep(sweeps.models)
    export = awaited_of_sweep(sweeps.export)
    progress_chart = awaited_of_sweep(sweeps.progress_chart)
    curves_chart = awaited_of_sweep(sweeps.curves_chart)
    points_chart = awaited_of_sweep(sweeps.points_chart)
    trials = async_listed_of_sweep(sweeps.trials)
    curve = async_listed_of_sweep(sweeps.curve)
    attempts = async_listed_of_sweep(sweeps.attempts)
    decisions = async_listed_of_sweep(sweeps.decisions)

    @property
    def url(self) -> str:
        """The address of its server."""
        return self._client.url

    @property
    def id(self) -> str:
        """The id of the sweep."""
        return self.now.id

    async def events(self, *, after: str | None = None) -> AsyncIterator[Event]:
        """Follow what happens to the sweep, as `Client.events` does."""
        return await self._client.events(self.id, after=after)

    async def wait(self, timeout: float | None = None, *, progress: bool | Shown = True) -> Self:
        """Follow the sweep until it runs no more, or has been paused; show how far it is.

        Raises DeadlineExceeded after `timeout` seconds; the sweep goes on.
        """
        watch = Watch(timeout, CLOCK)
        messages = self._client.messages(self.id, left=watch.left)
        with shown(progress) as show, watch.telling():
            async with aclosing(messages):
                async for event in messages:
                    if watch.wants_look(event):
                        client = self._client.within(watch.deadline(self._client.deadline))
                        self.now = await client.run(sweeps.show(self.id))
                        show(self.now)
                        if self.now.state != "running":
                            return self
        raise AssertionError("events have no end")

    async def model(self, trial: int | None = None) -> "AsyncModel":
        """Return the model of a trial, by default of the best one."""
        number = (await self.best()).number if trial is None else trial
        return AsyncModel(self._client, models.of_trial(self.id, number), f"trial {number} of {self.now.name}")

    async def ensemble(
        self, selection: Literal["greedy", "top"] = "greedy", count: int | None = None
    ) -> "AsyncEnsemble":
        """Return the ensemble of a sweep that has ended; it is chosen when it is first asked for."""
        place = models.of_ensemble(self.id, selection, count)
        return AsyncEnsemble(
            self._client, place, f"the ensemble of {self.now.name}", await self.run(models.ensemble(place))
        )

    async def retrain(self) -> "AsyncSweep":
        """Train the best trial of an ended sweep on train and dev together; return the sweep that does."""
        return AsyncSweep(self._client, await self.run(sweeps.retrain(self.id)))

    async def refine(self, **fields: Any) -> "AsyncSweep":
        """Start the next sweep, in the space that this one suggests, with the fields of `operations.sweeps.refine`."""
        return AsyncSweep(self._client, await self.run(sweeps.refine(self.id, **fields)))

    async def run(self, call: Call[T] | Flow[T]) -> T:
        """Run a call at this sweep's server; what it tells of the sweep is remembered."""
        found = await self._client.run(call)
        if isinstance(found, SweepAnswer) and found.id == self.id:
            self.now = found
        return found

    def __repr__(self) -> str:
        return f"AsyncSweep({self.id!r}, {self.now.name!r}, {self.now.state})"

    def _repr_html_(self) -> str:
        return sweep_html(self.now)


class AsyncModel:
    """A trained model at a server, which predicts there; `download` fetches it."""

    def __init__(self, client: "AsyncClient", place: models.ModelPlace, name: str) -> None:
        self._client = client
        self._place = (place,)
        self.name = name

    card = awaited_of_model(models.card)
    predict = awaited_of_model(models.predict)
    evaluate = awaited_of_model(models.evaluate)
    answers = awaited_of_model(models.answers)
    fetch = awaited_of_model(models.fetch)
    download = awaited_of_model(models.download)

    async def local(self) -> LocalModel:
        """Fetch the model to predict in this process (extra: `logsweep-client[local-models]`)."""
        return load_model(await self.fetch())

    async def run(self, call: Call[T] | Flow[T]) -> T:
        """Run a call at this model's server."""
        return await self._client.run(call)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"


class AsyncEnsemble(AsyncModel):
    """Models of one sweep that answer together; `report` says which, and what that is worth."""

    def __init__(self, client: "AsyncClient", place: models.ModelPlace, name: str, report: EnsembleAnswer) -> None:
        super().__init__(client, place, name)
        self.report = report
