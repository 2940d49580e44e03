"""A sweep, its lists and its models, at a client that blocks."""

from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any, Literal, Self, TypeVar

from logsweep.answers.models import EnsembleAnswer
from logsweep.answers.sweeps import SweepAnswer
from logsweep.calls import Call, Flow
from logsweep.display import model_html, sweep_html
from logsweep.feed import Event, Watch
from logsweep.local_models import LocalModel, load_model
from logsweep.methods import blocking_of_model, blocking_of_sweep
from logsweep.operations import models, sweeps
from logsweep.pages import listed_of_sweep
from logsweep.progress import Shown, shown
from logsweep.settings import CLOCK

if TYPE_CHECKING:
    from logsweep.client import Client

T = TypeVar("T")


class Sweep:
    """A sweep at a server. `now` is how it stood when it was last looked at; `look` looks again."""

    def __init__(self, client: "Client", now: SweepAnswer) -> None:
        self._client = client
        self._place = (now.id,)
        self.now = now

    look = blocking_of_sweep(sweeps.show)
    change = blocking_of_sweep(sweeps.change)
    pause = blocking_of_sweep(sweeps.pause)
    resume = blocking_of_sweep(sweeps.resume)
    cancel = blocking_of_sweep(sweeps.cancel)
    delete = blocking_of_sweep(sweeps.delete)
    enqueue = blocking_of_sweep(sweeps.enqueue)
    extend = blocking_of_sweep(sweeps.extend)
    best = blocking_of_sweep(sweeps.best)
    why = blocking_of_sweep(sweeps.why)
    trial = blocking_of_sweep(sweeps.trial)
    diagnosis = blocking_of_sweep(sweeps.diagnosis)
    analysis = blocking_of_sweep(sweeps.analysis)
    leaderboard = blocking_of_sweep(sweeps.leaderboard)
    models = blocking_of_sweep(sweeps.models)
    export = blocking_of_sweep(sweeps.export)
    progress_chart = blocking_of_sweep(sweeps.progress_chart)
    curves_chart = blocking_of_sweep(sweeps.curves_chart)
    points_chart = blocking_of_sweep(sweeps.points_chart)
    trials = listed_of_sweep(sweeps.trials)
    curve = listed_of_sweep(sweeps.curve)
    attempts = listed_of_sweep(sweeps.attempts)
    decisions = listed_of_sweep(sweeps.decisions)

    @property
    def url(self) -> str:
        """The address of its server."""
        return self._client.url

    @property
    def id(self) -> str:
        """The id of the sweep."""
        return self.now.id

    def events(self, *, after: str | None = None) -> Iterator[Event]:
        """Follow what happens to the sweep, as `Client.events` does."""
        return self._client.events(self.id, after=after)

    def wait(self, timeout: float | None = None, *, progress: bool | Shown = True) -> Self:
        """Follow the sweep until it runs no more, or has been paused; show how far it is.

        Raises DeadlineExceeded after `timeout` seconds; the sweep goes on.
        """
        watch = Watch(timeout, CLOCK)
        messages = self._client.messages(self.id, left=watch.left)
        with shown(progress) as show, watch.telling(), closing(messages):
            for event in messages:
                if watch.wants_look(event):
                    client = self._client.within(watch.deadline(self._client.deadline))
                    self.now = client.run(sweeps.show(self.id))
                    show(self.now)
                    if self.now.state != "running":
                        return self
        raise AssertionError("events have no end")

    def model(self, trial: int | None = None) -> "Model":
        """Return the model of a trial, by default of the best one."""
        number = self.best().number if trial is None else trial
        return Model(self._client, models.of_trial(self.id, number), f"trial {number} of {self.now.name}")

    def ensemble(self, selection: Literal["greedy", "top"] = "greedy", count: int | None = None) -> "Ensemble":
        """Return the ensemble of a sweep that has ended; it is chosen when it is first asked for."""
        place = models.of_ensemble(self.id, selection, count)
        return Ensemble(self._client, place, f"the ensemble of {self.now.name}", self.run(models.ensemble(place)))

    def retrain(self) -> "Sweep":
        """Train the best trial of an ended sweep on train and dev together; return the sweep that does."""
        return Sweep(self._client, self.run(sweeps.retrain(self.id)))

    def refine(self, **fields: Any) -> "Sweep":
        """Start the next sweep, in the space that this one suggests, with the fields of `operations.sweeps.refine`."""
        return Sweep(self._client, self.run(sweeps.refine(self.id, **fields)))

    def run(self, call: Call[T] | Flow[T]) -> T:
        """Run a call at this sweep's server; what it tells of the sweep is remembered."""
        found = self._client.run(call)
        if isinstance(found, SweepAnswer) and found.id == self.id:
            self.now = found
        return found

    def __repr__(self) -> str:
        return f"Sweep({self.id!r}, {self.now.name!r}, {self.now.state})"

    def _repr_html_(self) -> str:
        return sweep_html(self.now)


class Model:
    """A trained model at a server, which predicts there; `download` fetches it."""

    def __init__(self, client: "Client", place: models.ModelPlace, name: str) -> None:
        self._client = client
        self._place = (place,)
        self.name = name

    card = blocking_of_model(models.card)
    predict = blocking_of_model(models.predict)
    evaluate = blocking_of_model(models.evaluate)
    answers = blocking_of_model(models.answers)
    fetch = blocking_of_model(models.fetch)
    download = blocking_of_model(models.download)

    def local(self) -> LocalModel:
        """Fetch the model to predict in this process (extra: `logsweep-client[local-models]`)."""
        return load_model(self.fetch())

    def run(self, call: Call[T] | Flow[T]) -> T:
        """Run a call at this model's server."""
        return self._client.run(call)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"

    def _repr_html_(self) -> str:
        return model_html(self.name, self.card())


class Ensemble(Model):
    """Models of one sweep that answer together; `report` says which, and what that is worth."""

    def __init__(self, client: "Client", place: models.ModelPlace, name: str, report: EnsembleAnswer) -> None:
        super().__init__(client, place, name)
        self.report = report
