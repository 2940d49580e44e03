"""Heirs: they go on from where another member stopped, to the same bits wherever and in whichever company."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from engine.early_stopping import Patience
from engine.optimizers import OPTIMIZERS
from engine.population import Checkpoint, Finished, Observation, Population, heir_of
from engine.seeds import Seed
from engine.spec import Knobs, MemberSpec
from tests.engine.stacks import Record, member, random_dataset, tick, train_alone, training_set
from tests.engine.test_same_bits import COMPANY, IMAGES, TECHNIQUES, assert_same, with_technique

DATA = training_set(random_dataset("multiclass", (61, 23, 17), 5))


def of_child(spec: MemberSpec, number: int, **knobs: float) -> MemberSpec:
    """The spec of a child: the knobs and the seed are its own."""
    return replace(spec, seed=Seed(7, number), knobs=replace(spec.knobs, **knobs))


def stopped_at(epoch: int, spec: MemberSpec, company: Sequence[MemberSpec] = (), data: Any = DATA) -> Checkpoint:
    """Train a member to the end of an epoch and return where it stands."""
    population = Population(tick)
    everyone = [("parent", spec), *((f"other {number}", one) for number, one in enumerate(company))]
    population.join(data, everyone, pause_at={"parent": epoch})
    while "parent" not in population.parked():
        population.train_epoch()
    return population.checkpoint("parent")


def grown(spec: MemberSpec, start: Checkpoint, company: Sequence[MemberSpec] = (), data: Any = DATA) -> Record:
    """Train an heir to its end."""
    population, record = Population(tick), Record()
    others = [(f"other {number}", one) for number, one in enumerate(company)]
    population.join(data, [*others, ("heir", spec)], {"heir": start})
    while len(population):
        record.take(population)
    return record


@pytest.mark.parametrize("technique", TECHNIQUES.values(), ids=TECHNIQUES)
def test_an_heir_has_the_same_bits_alone_and_in_company_and_through_the_bytes_of_a_checkpoint(
    technique: Mapping[str, Any],
) -> None:
    company = [with_technique(technique, number, **differing) for number, differing in enumerate(COMPANY, 1)]
    parent = with_technique(technique)
    child = of_child(parent, 9, learning_rate=parent.knobs.learning_rate * 0.8, beta1=0.7, beta2=0.97)
    alone = stopped_at(2, parent, data=IMAGES)
    together = Checkpoint.from_bytes(stopped_at(2, parent, company, data=IMAGES).to_bytes())

    one = grown(child, heir_of(alone, parent, child, IMAGES), data=IMAGES)
    other = grown(child, heir_of(together, parent, child, IMAGES), company, data=IMAGES)

    assert_same((other.curves["heir"], other.ends["heir"]), (one.curves["heir"], one.ends["heir"]))
    assert one.curves["heir"][0].epoch == 3


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_an_heir_that_changes_nothing_trains_on_as_its_parent_would_have(optimizer: str) -> None:
    parent = member(DATA, optimizer=optimizer, epochs=6, batch_norm=True)
    whole, _ = train_alone(DATA, parent)
    start = stopped_at(3, parent)

    heir = grown(parent, heir_of(start, parent, parent, DATA))

    assert heir.curves["heir"] == whole[3:]


@pytest.mark.parametrize(("optimizer", "powers"), [("momentum", 0), ("rmsprop", 0), ("adam", 1)])
def test_what_the_moments_stand_for_is_the_same_before_and_after_betas_change(optimizer: str, powers: int) -> None:
    old, new = {"beta1": 0.9, "beta2": 0.99, "batch_norm_beta": 0.9}, {"beta1": 0.5, "beta2": 0.999}
    parent = member(DATA, optimizer=optimizer, knobs=Knobs(0.05, **old), batch_norm=True, epochs=5)
    child = of_child(parent, 1, **new, batch_norm_beta=0.99)
    before = stopped_at(3, parent)
    steps = 3 * -(-61 // 8)

    after = heir_of(before, parent, child, DATA)

    def average(row: Any, beta: float, bias: int) -> Any:
        return row * (1.0 - beta) / (1.0 - beta**steps) ** bias

    names = {"momentum": ["beta1"], "rmsprop": ["beta2"], "adam": ["beta1", "beta2"]}[optimizer]
    for number, name in enumerate(names, 1):
        row = f"moment{number}"
        wanted = average(before.rows[row].astype(np.float64), old[name], powers)
        np.testing.assert_allclose(average(after.rows[row], new[name], powers), wanted, rtol=1e-6)
        assert np.any(wanted)
    wanted = average(before.rows["averages"].astype(np.float64), 0.9, 1)
    np.testing.assert_allclose(average(after.rows["averages"], 0.99, 1), wanted, rtol=1e-6)
    assert np.array_equal(after.rows["weights"], before.rows["weights"])


def best_of(curve: Sequence[Observation]) -> int:
    return min(curve, key=lambda seen: seen.values["dev_error"]).epoch


def test_the_best_epoch_of_an_heir_and_its_patience_are_its_own() -> None:
    parent = member(DATA, knobs=Knobs(0.05), epochs=30)
    useless = of_child(replace(parent, patience=Patience(2)), 1, learning_rate=1e-30)
    start = stopped_at(10, parent)

    record = grown(useless, heir_of(start, parent, useless, DATA))
    end: Finished = record.ends["heir"]

    assert end.best_epoch == best_of(record.curves["heir"]) == 11
    assert (end.state, end.epochs) == ("completed", 13)


def test_an_heir_of_another_structure_or_optimizer_is_refused() -> None:
    parent = member(DATA, epochs=6)
    start = stopped_at(3, parent)
    for other in (member(DATA, hidden=(6,), epochs=6), replace(parent, optimizer="sgd"), replace(parent, epochs=7)):
        with pytest.raises(ValueError, match="differ in more than knobs, seed and patience"):
            heir_of(start, parent, other, DATA)
