"""Members that pause and go on: the bits of never having stopped, and a report by which they may be ended."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.early_stopping import Patience
from engine.population import Checkpoint, Finished, Paused, Population, score
from engine.spec import Knobs, MemberSpec
from engine.training_set import TrainingSet
from tests.engine.stacks import Record, member, random_dataset, tick, train_alone, training_set
from tests.engine.test_same_bits import (
    COMPANY,
    EPOCHS,
    IMAGES,
    TECHNIQUES,
    assert_all_same,
    assert_same,
    stacks,
    with_technique,
)
from tests.tries import tries

DATA = training_set(random_dataset("multiclass", (61, 23, 17), 5))
LATE = training_set(random_dataset("regression", (40, 20, 20), 4))
DIVERGING = member(
    LATE, optimizer="sgd", knobs=Knobs(3.0, warmup_epochs=20.0), activation="relu", hidden=(8,), epochs=60
)


def train_with_stops(
    data: TrainingSet, members: Sequence[tuple[str, MemberSpec]], stopping: Sequence[str]
) -> tuple[Record, Population]:
    """Train members together to their ends; those that are `stopping` pause after each epoch, and miss turns."""
    population, record = Population(tick), Record()
    population.join(data, members, pause_at=dict.fromkeys(stopping, 1))
    turns = 0
    while len(population) or population.parked():
        record.take(population)
        turns += 1
        back = population.parked()[turns % 2 :]
        reached = {key: record.curves[key][-1].epoch for key in back}
        population.resume(back, {key: epoch + 1 for key, epoch in reached.items()})
    return record, population


@pytest.mark.parametrize("technique", TECHNIQUES.values(), ids=TECHNIQUES)
def test_each_technique_pauses_after_every_epoch_and_ends_with_the_bits_of_never_having_stopped(
    technique: Mapping[str, Any],
) -> None:
    others = [with_technique(technique, number, **differing) for number, differing in enumerate(COMPANY, 1)]
    specs = [*others[:4], with_technique(technique), *others[4:]]
    members = [(str(number), spec) for number, spec in enumerate(specs)]
    for stopping in (["4"], ["0", "1", "4", "6"], [key for key, _ in members]):
        record, _ = train_with_stops(IMAGES, members, stopping)

        assert_all_same(IMAGES, members, record)
        assert [stop.epochs for stop in record.pauses["4"]] == list(range(1, record.ends["4"].epochs))


@pytest.mark.parametrize("technique", TECHNIQUES.values(), ids=TECHNIQUES)
def test_a_pause_reports_what_an_end_in_the_same_epoch_would(technique: Mapping[str, Any]) -> None:
    spec = with_technique(technique)
    record, _ = train_with_stops(IMAGES, [("one", spec)], ["one"])
    for stop in record.pauses["one"]:
        _, end = train_alone(IMAGES, replace(spec, epochs=stop.epochs))

        assert (stop.state, stop.reason) == ("paused", f"paused after epoch {stop.epochs} of {EPOCHS}")
        assert (stop.best_epoch, stop.epochs, stop.metrics) == (end.best_epoch, end.epochs, end.metrics)
        assert np.array_equal(stop.weights, end.weights)  # type: ignore[arg-type]  # both have some


def test_patience_counts_on_through_a_pause() -> None:
    spec = member(DATA, knobs=Knobs(0.5), epochs=60, patience=Patience(3))
    record, _ = train_with_stops(DATA, [("one", spec)], ["one"])

    assert record.ends["one"].reason == "no better dev_error for 3 epochs"
    assert_same((record.curves["one"], record.ends["one"]), train_alone(DATA, spec))


def test_a_member_that_diverges_after_a_pause_ends_as_it_would_without() -> None:
    record, _ = train_with_stops(LATE, [("one", DIVERGING)], ["one"])

    assert (record.ends["one"].state, record.ends["one"].weights is None) == ("diverged", False)
    assert_same((record.curves["one"], record.ends["one"]), train_alone(LATE, DIVERGING))


def test_an_end_in_the_epoch_of_a_pause_is_an_end() -> None:
    population, record = Population(tick), Record()
    population.join(DATA, [("one", member(DATA, epochs=2))], pause_at={"one": 2})
    while len(population):
        record.take(population)

    assert record.ends["one"].reason == "all 2 epochs done"
    assert (record.pauses, population.parked()) == ({}, [])


def test_a_parked_member_is_out_of_its_stack_and_its_rows_are_counted() -> None:
    population, record = Population(tick), Record()
    specs = [(str(n), member(DATA, n, epochs=9)) for n in range(3)]
    population.join(DATA, specs, pause_at={"1": 2})
    for _ in range(3):
        record.take(population)

    assert (population.turn(), population.parked(), len(population)) == (["0", "2"], ["1"], 2)
    assert population.parked_bytes == population.checkpoint("1").bytes == sum(map(_bytes, _rows(population, "1")))
    assert len(record.curves["1"]) == 2


def _rows(population: Population, key: str) -> list[Any]:
    return list(population.checkpoint(key).rows.values())


def _bytes(row: Any) -> int:
    return int(row.size) * 4


def test_members_in_training_pause_and_complete_on_request() -> None:
    times = iter(range(10_000))
    population, record = Population(lambda: float(next(times))), Record()
    narrow, wide = (member(DATA, n, hidden=(width,), epochs=9) for n, width in ((0, 3), (1, 6)))
    population.join(DATA, [("a", narrow), ("b", wide), ("c", wide), ("d", narrow)])
    for _ in range(7):
        record.take(population)
    [(_, a), (_, b)] = score(population.pause(["a", "b"]))
    [(key, c)] = score(population.complete(["c"], "the time of the sweep is up"))
    epochs = len(record.curves["a"]), len(record.curves["b"])

    assert ((a.state, a.epochs), (b.state, b.epochs)) == (("paused", epochs[0]), ("paused", epochs[1]))
    assert (key, c.state, c.reason) == ("c", "completed", "the time of the sweep is up")
    assert (c.epochs, c.metrics) == (b.epochs, b.metrics)  # its twin
    assert np.array_equal(c.weights, b.weights)  # type: ignore[arg-type]  # both have some
    assert (population.turn(), population.parked()) == (["d"], ["a", "b"])
    population.resume(["b", "a"])
    while len(population):
        record.take(population)
    members = [("a", narrow), ("b", wide), ("d", narrow)]
    assert_all_same(DATA, members, record)


def test_a_member_that_never_trained_pauses_and_completes_without_a_best_epoch() -> None:
    population = Population(tick)
    population.join(DATA, [("a", member(DATA)), ("b", member(DATA))])
    [(_, a)], [(_, b)] = score(population.pause(["a"])), score(population.complete(["b"], "enough"))

    assert a == Paused("paused", "paused after epoch 0 of 3", None, 0, 0.0, {}, None)
    assert b == Finished("completed", "enough", None, 0, 0.0, {}, None)
    population.resume(["a"])
    record = Record()
    while len(population):
        record.take(population)
    assert_all_same(DATA, [("a", member(DATA))], record)


def parked_after(epochs: Mapping[str, int]) -> tuple[Population, Record]:
    """Return a population in which members are parked after these epochs of nine."""
    population, record = Population(tick), Record()
    specs = [(key, member(DATA, number, epochs=9)) for number, key in enumerate(epochs)]
    population.join(DATA, specs, pause_at=epochs)
    while len(population):
        record.take(population)
    return population, record


def test_eviction_lets_those_go_that_were_parked_longest_ago_and_returns_their_checkpoints() -> None:
    population, _ = parked_after({"late": 3, "soon": 1, "middle": 2})
    one = population.checkpoint("late").bytes
    assert population.parked() == ["soon", "middle", "late"]
    assert population.evict(3 * one) == {}
    population.resume(["soon"], {"soon": 2})
    population.train_epoch()

    assert [*population.evict(3 * one - 1)] == ["middle"]
    assert population.parked() == ["late", "soon"]
    assert population.parked_bytes == 2 * one
    assert {key: checkpoint.epoch for key, checkpoint in population.evict(0).items()} == {"late": 3, "soon": 2}
    assert (population.parked(), population.parked_bytes) == ([], 0)


def test_a_parked_member_goes_on_in_another_population_from_the_bytes_of_its_checkpoint() -> None:
    here, record = parked_after({"a": 2, "b": 4})
    there = Population(tick)
    members = [(key, member(DATA, number, epochs=9)) for number, key in enumerate("ab")]
    there.join(DATA, members, {key: Checkpoint.from_bytes(here.checkpoint(key).to_bytes()) for key in "ab"})
    while len(there):
        record.take(there)

    assert here.parked() == ["a", "b"]
    assert_all_same(DATA, members, record)


def test_a_parked_member_that_leaves_is_gone() -> None:
    population, _ = parked_after({"a": 1, "b": 1})
    population.leave(["a", "never seen"])

    assert population.parked() == ["b"]
    assert population.parked_bytes == population.checkpoint("b").bytes
    with pytest.raises(KeyError):
        population.checkpoint("a")


REFUSED: Mapping[str, tuple[Callable[[Population], object], type[Exception], str]] = {
    "to go on what is not parked": (
        lambda population: population.resume(["a", "new", "gone"]), KeyError, "Not parked here: new, gone.",
    ),
    "to pause in the past": (
        lambda population: population.resume(["b", "a"], {"a": 2}), ValueError,
        "a is at epoch 2 of 9 and cannot pause at epoch 2: that must be more than 2, and at most 9.",
    ),
    "to pause after the end": (
        lambda population: population.join(DATA, [("new", member(DATA, epochs=3))], pause_at={"new": 4}), ValueError,
        "new is at epoch 0 of 3 and cannot pause at epoch 4: that must be more than 0, and at most 3.",
    ),
    "to pause what is parked": (lambda population: population.pause(["a"]), KeyError, "Not in training: a."),
    "to complete a stranger": (lambda population: population.complete(["c"], "so"), KeyError, "Not in training: c."),
    "to join under a name that is parked": (
        lambda population: population.join(DATA, [("new", member(DATA)), ("a", member(DATA))]), ValueError,
        "The member a is parked here. Resume it, or let it leave before it joins.",
    ),
    "to join twice": (
        lambda population: population.join(DATA, [("new", member(DATA)), ("new", member(DATA))]), ValueError,
        "There is a member new already. Give each member a name of its own.",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("ask", "error", "words"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_is_refused_by_name_and_changes_nothing(
    ask: Callable[[Population], object], error: type[Exception], words: str
) -> None:
    population, record = parked_after({"a": 2, "b": 2})
    before = population.parked_bytes
    with pytest.raises(error) as refused:
        ask(population)

    assert refused.value.args == (words,)
    assert (len(population), population.parked(), population.parked_bytes) == (0, ["a", "b"], before)
    population.resume(["a", "b"])
    while len(population):
        record.take(population)
    assert_all_same(DATA, [(key, member(DATA, number, epochs=9)) for number, key in enumerate("ab")], record)


class _Fate:
    """Members that somebody moves about at random, between two populations, until all have ended."""

    def __init__(self, data: TrainingSet, members: Sequence[tuple[str, MemberSpec]], chance: random.Random) -> None:
        self.data, self.specs, self.chance = data, dict(members), chance
        self.populations, self.record = [Population(tick), Population(tick)], Record()
        self.away: dict[str, bytes | None] = dict.fromkeys(self.specs)

    def run(self) -> Record:
        while len(self.record.ends) < len(self.specs):
            population = self.chance.choice(self.populations)
            self.chance.choice([self.join, self.pause, self.resume, self.evict, self.train, self.train])(population)
        return self.record

    def some(self, keys: Sequence[str]) -> list[str]:
        return self.chance.sample(keys, self.chance.randint(0, len(keys)))

    def pauses(self, keys: Sequence[str]) -> dict[str, int]:
        ahead = {key: (self.epoch(key) + 1, self.specs[key].epochs) for key in self.some(keys)}
        return {key: self.chance.randint(*bounds) for key, bounds in ahead.items()}

    def epoch(self, key: str) -> int:
        return len(self.record.curves.get(key, ()))

    def join(self, population: Population) -> None:
        keys = self.some(list(self.away))
        stored = {key: content for key in keys if (content := self.away.pop(key)) is not None}
        checkpoints = {key: Checkpoint.from_bytes(content) for key, content in stored.items()}
        population.join(self.data, [(key, self.specs[key]) for key in keys], checkpoints, self.pauses(keys))

    def pause(self, population: Population) -> None:
        keys = self.some(population.turn())
        assert sorted(one.key for one in population.pause(keys)) == sorted(keys)

    def resume(self, population: Population) -> None:
        keys = self.some(population.parked())
        population.resume(keys, self.pauses(keys))

    def evict(self, population: Population) -> None:
        limit = self.chance.randint(0, population.parked_bytes)
        evicted = population.evict(limit)
        self.away.update((key, checkpoint.to_bytes()) for key, checkpoint in evicted.items())
        assert population.parked_bytes <= limit

    def train(self, population: Population) -> None:
        self.record.take(population)


@settings(max_examples=tries(16), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(stacks(), st.integers(0, 2**32))
def test_whatever_joins_pauses_goes_on_and_is_evicted_ends_as_if_undisturbed(
    stack: tuple[TrainingSet, list[tuple[str, MemberSpec]]], seed: int
) -> None:
    data, members = stack
    fate = _Fate(data, members, random.Random(seed))  # noqa: S311 - a test may be guessed

    assert_all_same(data, members, fate.run())
