"""What members come to that stop: the same in one go as one by one, whatever stacks they come from."""

import math

import numpy as np
import pytest

from engine.data.target import Task
from engine.metrics import metrics_of
from engine.population import Departure, Finished, Population, score
from engine.population import evaluation as room
from engine.spec import Knobs
from tests.engine.stacks import member, random_dataset, tick, training_set


def departures(task: Task) -> list[Departure]:
    """Members of several stacks and data sets, one of which diverges in its first epoch, that have all stopped."""
    some, others = (training_set(random_dataset(task, (61, 23, 17), 5, seed=seed)) for seed in (0, 1))
    population, stopped = Population(tick), list[Departure]()
    for data, name in ((some, "a"), (others, "b")):
        specs = [member(data, number, hidden=(3 + number % 3,), epochs=1 + number % 2) for number in range(7)]
        population.join(data, [(f"{name}{number}", spec) for number, spec in enumerate(specs)])
    population.join(
        some, [("lost", member(some, hidden=(8, 8), optimizer="sgd", knobs=Knobs(1e38), activation="relu"))]
    )
    while len(population):
        stopped += population.train_epoch().stopped
    return stopped


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_members_scored_together_have_the_bits_of_those_scored_alone(
    task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped = departures(task)
    together = score(stopped)
    alone = [end for one in stopped for end in score([one])]
    monkeypatch.setattr(room, "_MOST_LOGITS", 1)
    by_few = score(stopped)

    assert [key for key, _ in together] == [one.key for one in stopped]
    for (_, a), (_, b), (_, c) in zip(together, alone, by_few, strict=True):
        assert a.metrics == b.metrics == c.metrics
        assert np.array_equal(a.weights, b.weights) if a.weights is not None else b.weights is None  # type: ignore[arg-type]  # both have some
    every = {f"{part}_{metric.name}" for metric in metrics_of(task) for part in ("dev", "test")}
    ends = dict(together)
    assert all(every <= set(end.metrics) for key, end in together if key != "lost")
    assert ends["lost"].metrics == {}
    assert not any(math.isnan(value) for end in ends.values() for value in end.metrics.values())


def test_what_the_curve_says_of_the_best_epoch_stays_as_it_is() -> None:
    (one, *_) = departures("multiclass")
    ((_, end),) = score([one])

    assert isinstance(end, Finished)
    assert one.stopped.metrics.items() <= end.metrics.items()


def test_nobody_stops_and_nothing_is_scored() -> None:
    assert score([]) == []
