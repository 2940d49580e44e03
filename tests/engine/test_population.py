"""Members that come, end, diverge and go."""

import math
import warnings
from dataclasses import replace

import numpy as np
import pytest

from engine.augmentation.settings import Augmentation
from engine.population import Observation, Population, Report, member_bytes
from engine.population.member import Member
from engine.rules import FIRST
from engine.spec import Knobs
from tests.engine.stacks import Record, member, random_dataset, tick, train, train_alone, training_set

DATA = training_set(random_dataset("multiclass", (40, 20, 20), 4))


def test_an_empty_population_gives_an_empty_report() -> None:
    assert Population(tick).train_epoch() == Report()
    assert Population(tick).turn() == []


def test_members_end_when_their_own_epochs_are_done() -> None:
    record = train(DATA, [(str(epochs), member(DATA, epochs, epochs=epochs)) for epochs in (1, 2, 5)])

    assert {key: len(curve) for key, curve in record.curves.items()} == {"1": 1, "2": 2, "5": 5}
    assert record.ends["5"].reason == "all 5 epochs done"
    assert [seen.epoch for seen in record.curves["5"]] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "rmsprop", "adam"])
def test_an_absurd_learning_rate_diverges_without_a_warning(optimizer: str) -> None:
    spec = member(DATA, optimizer=optimizer, knobs=Knobs(1e38), activation="relu", hidden=(8, 8), epochs=9)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        curve, end = train_alone(DATA, spec)

    assert end.state == "diverged"
    assert end.reason.endswith(f"in epoch {len(curve)}")
    assert end.reason.split()[0] in ("train_loss", "dev_loss")
    assert end.weights is None
    assert end.metrics == {}
    assert end.best_epoch is None


LATE = training_set(random_dataset("regression", (40, 20, 20), 4))
GROWING = Knobs(3.0, warmup_epochs=20.0)


def test_a_member_that_diverges_late_keeps_metrics_and_weights_of_its_best_epoch() -> None:
    spec = member(LATE, optimizer="sgd", knobs=GROWING, activation="relu", hidden=(8,), epochs=60)
    curve, late = train_alone(LATE, spec)
    assert late.best_epoch is not None
    # The same warm-up, but it ends with the epoch that was the best.
    _, whole = train_alone(LATE, replace(spec, epochs=late.best_epoch))

    assert (late.state, whole.state) == ("diverged", "completed")
    assert 1 < late.best_epoch < late.epochs == len(curve)
    assert late.reason.endswith(f"in epoch {late.epochs}")
    assert late.metrics == whole.metrics
    assert np.array_equal(late.weights, whole.weights)  # type: ignore[arg-type]  # both have some


def test_the_epoch_that_breaks_a_loss_is_not_the_best_one_whatever_its_objective() -> None:
    one = Member("m", member(LATE, epochs=9))
    better = [one.observe(Observation(n, {"train_loss": loss, "dev_rmse": 1.0 / n}, 0.0)) for n, loss in BREAKING]

    assert better == [True, True, False]
    assert (one.best.epoch, one.epoch) == (2, 3)


BREAKING = ((1, 0.5), (2, 0.25), (3, math.nan))


@pytest.mark.parametrize("batch_norm", [False, True])
def test_a_population_takes_what_its_members_take(batch_norm: bool) -> None:
    specs = [(str(number), member(DATA, number, hidden=(6, 5), batch_norm=batch_norm)) for number in range(3)]
    population = Population(tick)
    population.join(DATA, specs)

    assert population.bytes == 3 * member_bytes(specs[0][1].structure, DATA)


def test_augmenting_what_are_no_images_is_refused() -> None:
    with pytest.raises(ValueError, match="A member augments images, and the data set has none"):
        train_alone(DATA, member(DATA, augment=Augmentation(flip=0.5)))


def test_leaving_drops_a_member_and_unknown_names_are_fine() -> None:
    population, record = Population(tick), Record()
    population.join(DATA, [("stays", member(DATA, 1)), ("leaves", member(DATA, 2))])
    record.take(population)
    population.leave(["leaves", "never seen"])
    while len(population):
        record.take(population)

    assert set(record.ends) == {"stays"}
    assert len(record.curves["leaves"]) == 1


def test_the_cohort_with_the_least_training_time_goes_first() -> None:
    times = iter(range(10_000))
    population = Population(lambda: float(next(times)))
    # Each reading of the clock is a second: a cohort of two tiles takes longer than one of a single tile.
    wide = member(DATA, 1, hidden=(300, 300), epochs=50)
    population.join(DATA, [(f"wide-{n}", wide) for n in range(6)])
    population.join(DATA, [("small", member(DATA, 2, hidden=(3,), epochs=50))])
    turns = []
    for _ in range(24):
        turns.append(population.turn()[0].split("-")[0])
        population.train_epoch()

    assert turns.count("small") > 1.5 * turns.count("wide") > 0


def test_a_newcomer_does_not_make_up_for_the_time_before_it_came() -> None:
    times = iter(range(10_000))
    population = Population(lambda: float(next(times)))
    population.join(DATA, [("old", member(DATA, 1, hidden=(3,), epochs=50))])
    for _ in range(10):
        population.train_epoch()
    population.join(DATA, [("new", member(DATA, 2, hidden=(4,), epochs=50))])
    turns = []
    for _ in range(8):
        turns += population.turn()
        population.train_epoch()

    assert turns.count("old") == turns.count("new") == 4


def test_seconds_are_shared_by_the_members_of_a_tile() -> None:
    times = iter(range(0, 1000, 6))
    population, record = Population(lambda: float(next(times))), Record()
    population.join(DATA, [(str(n), member(DATA, n, epochs=2)) for n in range(3)])
    while len(population):
        record.take(population)

    assert all(seen.seconds == 2.0 for curve in record.curves.values() for seen in curve)
    assert record.ends["0"].seconds == 4.0


def test_under_batch_norm_a_single_last_example_trains_as_part_of_the_batch_before_it() -> None:
    data = training_set(random_dataset("multiclass", (33, 20, 0), 4))
    joined = train_alone(data, member(data, batch=32, batch_norm=True))
    full = train_alone(data, member(data, batch="full", batch_norm=True))

    assert repr(joined) == repr(full)


@pytest.mark.parametrize("batch_norm", [False, True])
def test_the_rules_of_a_sweep_change_its_bits_only_where_a_rest_joins(batch_norm: bool) -> None:
    spec = member(DATA, batch=13, batch_norm=batch_norm)  # 40 rows: a rest of 1
    old = replace(spec, structure=replace(spec.structure, rules=FIRST))

    assert (repr(train_alone(DATA, spec)) == repr(train_alone(DATA, old))) is not batch_norm
