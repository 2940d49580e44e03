"""Checkpoints as files: what is cut, foreign or of another member is refused, and nobody else is harmed."""

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.early_stopping import BestEpoch
from engine.population import Checkpoint, CheckpointError, Population
from engine.population.checkpoint import _TEXT
from engine.spec import MemberSpec
from engine.tensors import Tensors
from tests.engine.stacks import Record, member, random_dataset, tick, train_alone, training_set
from tests.engine.test_same_bits import assert_same

DATASET = random_dataset("multiclass", (40, 20, 20), 4)
DATA = training_set(DATASET)
SPEC = member(DATA, batch_norm=True, epochs=9)


def checkpoint_of(spec: MemberSpec, epochs: int) -> Checkpoint:
    """Return the checkpoint of a member after some epochs."""
    population = Population(tick)
    population.join(DATA, [("one", spec)])
    for _ in range(epochs):
        population.train_epoch()
    return population.checkpoint("one")


CHECKPOINT = checkpoint_of(SPEC, 2)
CONTENT = CHECKPOINT.to_bytes()


@pytest.mark.parametrize("epochs", [0, 1, 5])
@pytest.mark.parametrize("batch_norm", [False, True])
def test_a_file_gives_the_checkpoint_that_was_written(epochs: int, batch_norm: bool) -> None:
    one = checkpoint_of(replace(SPEC, structure=replace(SPEC.structure, batch_norm=batch_norm)), epochs)
    again = Checkpoint.from_bytes(one.to_bytes())

    assert (again.epoch, again.seconds, again.best, again.best_values) == (
        one.epoch, one.seconds, one.best, dict(one.best_values),
    )  # fmt: skip
    assert {name: (row.dtype, row.shape, row.tobytes()) for name, row in again.rows.items()} == {
        name: (row.dtype, row.shape, row.tobytes()) for name, row in one.rows.items()
    }


def test_a_file_is_no_larger_than_its_rows_and_a_header() -> None:
    assert CHECKPOINT.bytes == sum(row.size * 4 for row in CHECKPOINT.rows.values())
    assert CHECKPOINT.bytes < len(CONTENT) < CHECKPOINT.bytes + 2048


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(CONTENT) - 1))
def test_a_file_that_is_cut_is_refused(length: int) -> None:
    with pytest.raises(CheckpointError, match="This is no whole checkpoint"):
        Checkpoint.from_bytes(CONTENT[:length])


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_bytes_of_something_else_are_refused(content: bytes) -> None:
    with pytest.raises(CheckpointError):
        Checkpoint.from_bytes(content)


def tensors(text: str, name: str = _TEXT) -> bytes:
    """Return a file that has the rows of a checkpoint, and this text."""
    return Tensors(CHECKPOINT.rows, {name: text}).to_bytes()


BEST = '{"epoch": 1, "value": 0.5, "reference": 0.5, "reference_epoch": 1}'
FOREIGN: Mapping[str, bytes] = {
    "a model": Tensors({"W1": np.zeros((2, 2), np.float32)}, {"card": "{}"}).to_bytes(),
    "another format": tensors("{}", "logsweep checkpoint 999"),
    "no JSON": tensors("{"),
    "a list": tensors("[]"),
    "no epoch": tensors('{"seconds": 1.0, "best": {}, "best_values": {}}'),
    "texts for numbers": tensors(f'{{"epoch": 1, "seconds": "1", "best": {BEST}, "best_values": {{}}}}'),
    "values that are a list": tensors(f'{{"epoch": 1, "seconds": 1.0, "best": {BEST}, "best_values": []}}'),
    "a text that is deep": tensors("[" * 99_999),
    "a best epoch of other fields": tensors('{"epoch": 1, "seconds": 1.0, "best": {"x": 1}, "best_values": {}}'),
}


@pytest.mark.parametrize("content", FOREIGN.values(), ids=FOREIGN)
def test_a_file_of_something_else_is_refused(content: bytes) -> None:
    with pytest.raises(CheckpointError, match="This is no checkpoint of this version of logsweep"):
        Checkpoint.from_bytes(content)


WRONG: Mapping[str, tuple[Checkpoint, str]] = {
    "wider": (
        checkpoint_of(member(DATA, hidden=(6,), batch_norm=True), 1),
        'its row "averages" is float32 (1, 12), and that of the member is float32 (1, 10)',
    ),
    "without batch norm": (checkpoint_of(member(DATA), 1), "its row \"weights\" is float32 (1, 43)"),
    "in float64": (
        replace(CHECKPOINT, rows={name: row.astype(np.float64) for name, row in CHECKPOINT.rows.items()}),
        'its row "best" is float64 (1, 58), and that of the member is float32 (1, 58)',
    ),
    "without weights": (
        replace(CHECKPOINT, rows={name: row for name, row in CHECKPOINT.rows.items() if name != "weights"}),
        'its row "weights" is not there',
    ),
    "with a row too many": (
        replace(CHECKPOINT, rows={**CHECKPOINT.rows, "moment3": CHECKPOINT.rows["moment1"]}),
        'its row "moment3" is float32 (1, 48), and that of the member is not there',
    ),
    "of two members": (
        replace(CHECKPOINT, rows={name: np.repeat(row, 2, axis=0) for name, row in CHECKPOINT.rows.items()}),
        'its row "best" is float32 (2, 58)',
    ),
}  # fmt: skip


@pytest.mark.parametrize(("wrong", "words"), WRONG.values(), ids=WRONG)
def test_a_checkpoint_that_does_not_fit_its_member_is_refused_and_the_others_train_on(
    wrong: Checkpoint, words: str
) -> None:
    population, record = Population(tick), Record()
    population.join(DATA, [("there", SPEC)])
    record.take(population)
    with pytest.raises(ValueError, match="The checkpoint of wrong is not of this member") as refused:
        population.join(DATA, [("new", SPEC), ("wrong", SPEC)], {"wrong": wrong})
    assert words in str(refused.value)
    assert population.turn() == ["there"]
    while len(population):
        record.take(population)

    assert_same((record.curves["there"], record.ends["there"]), train_alone(DATA, SPEC))


def test_the_faults_of_all_newcomers_come_together() -> None:
    done = replace(CHECKPOINT, epoch=9)
    newcomers = [("a", SPEC), ("b", SPEC), ("c", replace(SPEC, epochs=3))]
    with pytest.raises(ValueError, match="The checkpoint of a is at epoch 9") as refused:
        Population(tick).join(DATA, newcomers, {"a": done, "b": WRONG["wider"][0]}, {"c": 4})

    assert "The checkpoint of b is not of this member" in str(refused.value)
    assert "c is at epoch 0 of 3 and cannot pause at epoch 4" in str(refused.value)


def test_of_very_many_faults_the_first_are_told_and_the_others_counted() -> None:
    newcomers = [(str(number), SPEC) for number in range(50)]
    with pytest.raises(ValueError, match=r"49 is|There are 30 more faults\.$"):
        Population(tick).join(DATA, newcomers, pause_at=dict.fromkeys(map(str, range(50)), 10))


def test_who_can_go_on_from_a_checkpoint_can_be_asked_before() -> None:
    assert list(CHECKPOINT.misfits(SPEC.structure, np.float32)) == []
    assert len(list(CHECKPOINT.misfits(replace(SPEC.structure, hidden_units=(4,)), np.float32))) == 5


def test_a_best_value_that_is_not_finite_outlives_a_file() -> None:
    one = replace(CHECKPOINT, best=BestEpoch(), best_values={})

    assert Checkpoint.from_bytes(one.to_bytes()).best == BestEpoch(None, math.inf, math.inf, 0)
