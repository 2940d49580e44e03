"""Tests of data sets as they are stored."""

import pytest

from app.preparation.datasets import builtin_names, prepare_builtin, prepared
from engine.data import load_builtin


@pytest.mark.parametrize("name", builtin_names())
def test_a_builtin_is_the_same_each_time_it_is_prepared(name: str) -> None:
    assert prepare_builtin(name) == prepared(load_builtin(name))
