"""Tests of the table of hyperparameters: its rows fit the records of the engine."""

from dataclasses import MISSING, asdict, fields

import numpy as np
import pytest

from engine.augmentation.settings import Augmentation
from engine.hyperparameters import HYPERPARAMETERS, names_of
from engine.hyperparameters.ranges import Object
from engine.spec import Knobs, MemberSpec, Structure

OF_THE_DATA = {"inputs", "outputs", "loss"}
OF_THE_SWEEP = {"rules", "structure", "knobs", "seed", "objective", "patience"}


def test_the_roles_are_the_fields_of_the_records() -> None:
    assert set(names_of("structure")) == {entry.name for entry in fields(Structure)} - OF_THE_DATA - OF_THE_SWEEP
    assert set(names_of("training")) == {entry.name for entry in fields(MemberSpec)} - OF_THE_SWEEP
    assert [*names_of("structure", "knob", "training", "data")] == [*HYPERPARAMETERS]


@pytest.mark.parametrize("record", [Structure, Knobs, MemberSpec])
def test_the_defaults_of_the_records_are_those_of_the_table(record: type) -> None:
    defaults = {entry.name: entry.default for entry in fields(record) if entry.default is not MISSING}
    for name in defaults.keys() & HYPERPARAMETERS.keys() - {"augment"}:
        assert defaults[name] == HYPERPARAMETERS[name].default


@pytest.mark.parametrize("name", HYPERPARAMETERS)
def test_both_defaults_are_within_their_range(name: str) -> None:
    row = HYPERPARAMETERS[name]

    assert row.fault(row.default) is row.fault(row.estimator_default) is None


def test_the_fields_of_augment_are_those_of_the_engine() -> None:
    allowed = HYPERPARAMETERS["augment"].allowed

    assert isinstance(allowed, Object)
    assert list(allowed.fields) == [entry.name for entry in fields(Augmentation)]
    assert allowed.accepts({name: float(value) for name, value in asdict(Augmentation()).items()})
    assert Augmentation(**HYPERPARAMETERS["augment"].default).is_none


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("learning_rate", np.float32(0.1)),
        ("batch_size", np.int64(8)),
        ("batch_norm", np.True_),
        ("hidden_units", np.array([8, 4])),
        ("hidden_units", (np.int64(8), np.int32(4))),
        ("optimizer", np.str_("sgd")),
    ],
)
def test_numbers_of_numpy_are_as_good_as_those_of_python(name: str, value: object) -> None:
    assert HYPERPARAMETERS[name].fault(value) is None


def test_a_fault_names_the_value_and_the_rule() -> None:
    fault = "batch_size is 'half', but it must be a whole number from 1 to 10,000,000 or \"full\"."

    assert HYPERPARAMETERS["batch_size"].fault("half") == fault
