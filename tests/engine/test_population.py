"""Members that come, end, diverge and go."""

import warnings

import pytest

from engine.augmentation.settings import Augmentation
from engine.population import Population, Report, member_bytes
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
