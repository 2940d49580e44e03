"""Tests of the estimators' constructor parameters."""

import re
from dataclasses import fields
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone

from engine.estimators import StackedMLPClassifier, StackedMLPRegressor
from engine.hyperparameters import HYPERPARAMETERS
from engine.spec import Knobs, MemberSpec, Structure

X, Y = np.eye(4), np.array([0, 1, 0, 1])

GIVEN_BY_FIT = {"inputs", "outputs", "loss", "structure", "rules", "knobs", "seed", "objective"}
ONLY_FOR_IMAGES, ONLY_FOR_CLASSES = {"augment"}, {"class_weight"}


def test_every_field_of_a_spec_is_a_parameter_or_given_by_fit() -> None:
    spec = {entry.name for kind in (Structure, Knobs, MemberSpec) for entry in fields(kind)}

    assert spec - GIVEN_BY_FIT - ONLY_FOR_IMAGES <= set(StackedMLPClassifier().get_params())


REFUSED: list[tuple[str, list[Any]]] = [
    ("hidden_units", [64, [0], [1.5], [True], "64"]),
    ("activation", ["gelu", None]),
    ("initializer", ["zeros"]),
    ("optimizer", ["adamw"]),
    ("learning_rate", [0, -0.1, np.nan, np.inf, "0.1", True, None, 1e-46, 1e39, 10**400]),
    ("beta1", [-0.1, 1.0]),
    ("beta2", [-0.1, 1.0, 1.0 - 1e-9]),
    ("epsilon", [0.0, 1e-46, 1.1]),
    ("batch_size", [0, 1.5, "half", True]),
    ("epochs", [0, 1.0]),
    ("l1", [-1]),
    ("l2", [-1, 1e-50]),
    ("keep_prob", [0.0, 0.001, 1.1]),
    ("input_keep_prob", [0.0, 1.1]),
    ("batch_norm", [0, "no"]),
    ("batch_norm_beta", [1.0]),
    ("decay", ["cosine"]),
    ("decay_rate", [0.0]),
    ("decay_every", [0.0]),
    ("decay_by", ["step"]),
    ("warmup_epochs", [-1]),
    ("clip_norm", [-1]),
    ("class_weight", ["none", "even", 2.0, {0: 0.0}, {1: "9"}, {0: 1e-60}, [1.0, 2.0], True]),
    ("normalize_inputs", [1, "yes"]),
    ("patience", [0, 2.5]),
    ("min_delta", [-0.1]),
    ("dev_fraction", [-0.1, 1.0]),
    ("members", [0]),
    ("random_state", [-1, 0.5, "seed", True]),
]


def test_every_parameter_has_its_row_here() -> None:
    assert {name for name, _ in REFUSED} == set(StackedMLPClassifier().get_params())
    assert set(StackedMLPClassifier().get_params()) - set(StackedMLPRegressor().get_params()) == ONLY_FOR_CLASSES


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in REFUSED for value in values])
def test_a_value_against_its_rule_is_refused_by_fit_with_the_rule(name: str, value: Any) -> None:
    estimator = StackedMLPClassifier(**{name: value})
    with pytest.raises(ValueError, match=f"^{name} is .*, but it must be "):
        estimator.fit(X, Y)


def test_all_faults_are_told_together() -> None:
    estimator = StackedMLPRegressor(learning_rate=-1.0, epochs=0)
    rule = "a whole number from 1 to 1,000,000"
    told = f"learning_rate is -1.0, but it must be a number above 0. epochs is 0, but it must be {rule}."
    with pytest.raises(ValueError, match=f"^{re.escape(told)}$"):
        estimator.fit(X, Y)


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ({"batch_size": 1, "batch_norm": True}, "batch_size is 1 where batch_norm is true: batch norm brings every"),
        ({"decay": "staircase", "decay_rate": 1.5}, "decay_rate is 1.5 where decay is staircase: the learning rate"),
    ],
)
def test_values_that_make_no_sense_together_are_refused(parameters: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(told)}"):
        StackedMLPClassifier(**parameters).fit(X, Y)


def test_numbers_of_numpy_are_as_good_as_those_of_python() -> None:
    own = StackedMLPClassifier(hidden_units=[8], learning_rate=0.01, batch_size=2, epochs=3, random_state=4)
    numpy = StackedMLPClassifier(
        hidden_units=np.array([8]),  # type: ignore[arg-type]  # as a distribution draws it
        learning_rate=np.float64(0.01),
        batch_size=np.int64(2),  # type: ignore[arg-type]  # as a distribution draws it
        epochs=np.int64(3),  # type: ignore[arg-type]  # as a distribution draws it
        random_state=np.int64(4),  # type: ignore[arg-type]  # as a distribution draws it
    )

    assert np.array_equal(own.fit(X, Y).weights_, numpy.fit(X, Y).weights_)


def test_every_hyperparameter_is_a_parameter_with_the_default_of_its_second_column() -> None:
    estimator = StackedMLPClassifier()

    for name, row in HYPERPARAMETERS.items():
        if name not in ONLY_FOR_IMAGES | ONLY_FOR_CLASSES:
            assert getattr(estimator, name) == row.estimator_default
    assert estimator.class_weight is None  # as scikit-learn says it
    other = {
        name: row.estimator_default for name, row in HYPERPARAMETERS.items() if row.default != row.estimator_default
    }
    assert other == {"batch_size": 32, "epochs": 200}


def test_a_clone_has_the_parameters_and_nothing_of_the_fit() -> None:
    fitted = StackedMLPClassifier(hidden_units=(3,), epochs=2, random_state=0).fit(X, Y)
    copy = clone(fitted)

    assert copy.get_params() == fitted.get_params()
    assert not hasattr(copy, "weights_")


def test_the_docstring_lists_every_parameter_with_its_rule_and_default() -> None:
    text = str(StackedMLPClassifier.__doc__)

    assert "learning_rate : a number above 0, default=0.001\n    alpha, the size of a step." in text
    assert all(f"\n{name} : " in text for name in StackedMLPClassifier().get_params())
