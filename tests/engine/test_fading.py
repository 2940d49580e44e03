"""Tests of training where numbers fade: none stays subnormal under rules 3, and older rules go on as they did."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from engine import subnormals
from engine.arrays import Array, Workspace
from engine.data import Dataset
from engine.layers import ACTIVATIONS
from engine.network import Network
from engine.optimizers import OPTIMIZERS
from engine.population import Checkpoint, Population
from engine.population.member import Member
from engine.population.tile import Tile
from engine.population.update import Matrices
from engine.seeds import Seed
from engine.spec import Knobs, MemberSpec
from engine.training_set import TrainingSet
from tests.engine.fading import DATA, WIDE_DATA, fading, subnormal_count, subnormals_of
from tests.engine.stacks import Record, member, random_dataset, tick, train, train_alone, training_set
from tests.engine.test_same_bits import assert_all_same, assert_same
from tests.engine.test_subnormals import flushes

CLASSES = training_set(random_dataset("multiclass", (61, 23, 17), 5))
KINDS = [
    pytest.param({"activation": activation, "optimizer": optimizer, "batch_norm": batch_norm},
                 id=f"{activation}, {optimizer}{', batch norm' if batch_norm else ''}")
    for activation in ACTIVATIONS for optimizer in OPTIMIZERS for batch_norm in (False, True)
]  # fmt: skip


@pytest.fixture(params=["the processor's mode", "clearing"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """How subnormals become zeros: as on this machine, or as on one without that mode."""
    if request.param == "clearing":
        monkeypatch.setattr(subnormals, "flush_mode", lambda: None)
    return str(request.param)


def checkpoints(data: TrainingSet, spec: MemberSpec) -> list[Checkpoint]:
    """Return the checkpoints of a member after each epoch but the last."""
    population, found = Population(tick), list[Checkpoint]()
    population.join(data, [("alone", spec)])
    for _ in range(spec.epochs - 1):
        population.train_epoch()
        found.append(population.checkpoint("alone"))
    return found


def counts(data: TrainingSet, spec: MemberSpec) -> list[dict[str, int]]:
    """Return which rows hold subnormals after each epoch, and how many."""
    return [subnormals_of(checkpoint) for checkpoint in checkpoints(data, spec)]


@pytest.mark.parametrize("kind", KINDS)
def test_no_subnormal_is_left_at_the_end_of_an_epoch(kind: dict[str, Any], way: str) -> None:
    del way
    assert not any(counts(DATA, fading(**kind)))


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_none_is_left_in_float64_either(optimizer: str, way: str) -> None:
    del way
    spec = fading(data=WIDE_DATA, optimizer=optimizer, batch_norm=True)

    assert not any(counts(WIDE_DATA, spec))
    assert any(counts(WIDE_DATA, under(2, spec)))


@pytest.mark.parametrize("kind", KINDS)
def test_under_rules_2_they_stay(kind: dict[str, Any]) -> None:
    moments = {f"moment{number}" for number in range(1, OPTIMIZERS[kind["optimizer"]].moments + 1)}
    averages = {"averages"} if kind["batch_norm"] else set()

    assert (moments or {"weights"}) | averages <= set().union(*counts(DATA, fading(rules=2, **kind)))


def under(rules: int, spec: MemberSpec) -> MemberSpec:
    """Return a member under other rules."""
    return replace(spec, structure=replace(spec.structure, rules=rules))


DEAD_UNITS = Knobs(3.0, beta1=0.5, beta2=0.5)
"""Steps so long that rectified units die: from then on their moments only fade."""

STRONG_PENALTY = Knobs(0.03, l2=200.0)
FADING: Mapping[str, tuple[TrainingSet, MemberSpec]] = {
    "dead units, adam": (CLASSES, member(CLASSES, activation="relu", knobs=DEAD_UNITS, epochs=30)),
    "strong l2, sgd": (CLASSES, member(CLASSES, activation="relu", optimizer="sgd", knobs=STRONG_PENALTY, epochs=30)),
    "averages of batch norm": (DATA, fading(batch_norm=True)),
    "averages of batch norm, adam": (DATA, fading(batch_norm=True, optimizer="adam")),
    "float64": (WIDE_DATA, fading(data=WIDE_DATA, batch_norm=True, optimizer="momentum")),
}
cases = pytest.mark.parametrize(("data", "spec"), FADING.values(), ids=FADING)


@cases
def test_these_members_run_into_subnormals(data: TrainingSet, spec: MemberSpec) -> None:
    assert any(counts(data, under(2, spec)))


@cases
@pytest.mark.parametrize("rules", [2, 3])
def test_a_member_that_fades_is_in_a_mixed_stack_what_it_is_alone(
    data: TrainingSet, spec: MemberSpec, rules: int, way: str
) -> None:
    del way
    one = under(rules, spec)
    wild = replace(one, optimizer="sgd", knobs=Knobs(1e30), seed=Seed(7, 9))
    calm = replace(one, knobs=Knobs(0.01), seed=Seed(7, 8))
    twins = [replace(one, seed=Seed(7, number)) for number in range(1, 5)]
    members = [(str(place), each) for place, each in enumerate([wild, *twins[:2], one, calm, *twins[2:]])]

    assert_all_same(data, members, train(data, members))


@cases
def test_going_on_from_any_epoch_leaves_no_trace(data: TrainingSet, spec: MemberSpec, way: str) -> None:
    del way
    curve, end = train_alone(data, spec)
    for checkpoint in checkpoints(data, spec)[:: spec.epochs // 10]:
        population, record = Population(tick), Record()
        population.join(data, [("again", spec)], {"again": Checkpoint.from_bytes(checkpoint.to_bytes())})
        while len(population):
            record.take(population)

        assert_same((record.curves["again"], record.ends["again"]), (curve[checkpoint.epoch :], end))


@cases
def test_members_of_all_rules_train_side_by_side_with_the_bits_they_have_alone(
    data: TrainingSet, spec: MemberSpec
) -> None:
    members = [(f"{rules}", under(rules, spec)) for rules in (3, 1, 2)]

    assert_all_same(data, members, train(data, members))


@cases
def test_work_under_rules_2_goes_on_to_the_bits_of_a_plain_run(data: TrainingSet, spec: MemberSpec) -> None:
    one = under(2, spec)
    found, plain = checkpoints(data, one), plain_run(data, one)

    for checkpoint, rows in zip(found, plain[:-1], strict=True):
        assert {name: checkpoint.rows[name].tobytes() for name in rows} == {
            name: row.tobytes() for name, row in rows.items()
        }


def plain_run(data: TrainingSet, spec: MemberSpec) -> list[dict[str, Array]]:
    """Return the numbers of a member after each epoch, trained by no more than its tile: nobody sets a mode."""
    network, one = Network(spec.structure), Member("plain", spec)
    layout, kind = network.layout, data.dtype
    weights = network.initial_row(spec.seed, spec.initializer).astype(kind)[np.newaxis]
    moments = tuple(np.zeros((1, layout.trained), kind) for _ in range(2))
    averages = np.zeros((1, layout.size - layout.trained), kind)
    matrices = Matrices(weights, np.zeros((1, layout.trained), kind), averages, moments)
    tile = Tile(network, data, [one], matrices, Workspace(kind), None)
    rows, found = {"weights": weights, "averages": averages, "moment1": moments[0], "moment2": moments[1]}, []
    for _ in range(spec.epochs):
        with np.errstate(all="ignore"):
            one.observe(tile.train_epoch(tick)[0])
        found.append({name: row.copy() for name, row in rows.items()})
    return found


def test_numbers_train_under_rules_3_as_under_rules_2_where_none_is_subnormal() -> None:
    for optimizer in OPTIMIZERS:
        one = member(CLASSES, optimizer=optimizer, batch_norm=True, epochs=4)

        assert_same(train_alone(CLASSES, one), train_alone(CLASSES, under(2, one)))


@pytest.mark.parametrize(("rules", "on"), [(1, False), (2, False), (3, True)])
def test_the_mode_is_on_while_members_of_rules_3_train_and_at_no_other_time(rules: int, on: bool) -> None:
    seen = list[bool]()

    def clock() -> float:
        seen.append(flushes())
        return 0.0

    population = Population(clock)
    population.join(CLASSES, [("one", member(CLASSES, rules=rules, epochs=1))])
    population.train_epoch()

    # The population looks at the clock before and after the turn of the cohort, and the cohort's tile within.
    assert seen == [False, on, on, False]


def test_an_error_amid_training_leaves_the_mode_off() -> None:
    times = iter([0.0, 0.0])  # for the population and for the start of the tile
    population = Population(lambda: next(times))
    population.join(CLASSES, [("one", member(CLASSES))])

    with pytest.raises(StopIteration):
        population.train_epoch()
    assert not flushes()


def test_a_checkpoint_with_subnormals_has_none_after_an_epoch_under_rules_3(way: str) -> None:
    del way
    spec = fading(batch_norm=True, optimizer="adam")
    faded = next(one for one in checkpoints(DATA, under(2, spec)) if {"weights", "averages"} <= set(subnormals_of(one)))
    population = Population(tick)
    population.join(DATA, [("one", spec)], {"one": faded})
    population.train_epoch()
    rows = population.checkpoint("one").rows

    assert not any(subnormal_count(rows[name]) for name in ("weights", "averages", "moment1", "moment2"))


def test_inputs_that_are_subnormal_train_as_zeros_do() -> None:
    small, zero = (inputs_times(np.float32(factor)) for factor in (1e-40, 0.0))
    raw, plain = (TrainingSet.of(one, normalize_inputs=False) for one in (small, zero))
    members = [(str(number), member(raw, number, optimizer=name)) for number, name in enumerate(OPTIMIZERS)]

    assert subnormal_count(small.x_train) > 0
    assert_all_same(raw, members, train(plain, members))


def inputs_times(factor: np.float32) -> Dataset:
    """Return a data set whose third input is made smaller."""
    dataset = random_dataset("multiclass", (61, 23, 17), 5)
    for part in (dataset.x_train, dataset.x_dev, dataset.x_test):
        part[:, 2] *= factor
    return dataset
