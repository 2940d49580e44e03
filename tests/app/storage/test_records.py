"""Tests of records: a spec outlives its stored form, that of older versions too."""

import json
from dataclasses import replace
from typing import Any

from app.domain.space import ChoiceParameter, FloatParameter, IntParameter, Space
from app.storage.records import spec_from_json, spec_to_json
from tests.app.storage.world import spec

NEW_FIELDS = ("zero_probability", "ordered", "threshold")


def stored(one: Any) -> dict[str, Any]:
    written: dict[str, Any] = json.loads(json.dumps(spec_to_json(one)))
    return written


def test_a_space_reads_back_as_it_was_written() -> None:
    space = Space(
        {
            "l2": FloatParameter(1e-5, 1.0, "log", zero_probability=0.25),
            "decay_rate": FloatParameter(-1.0, 1.0, "symmetric_log", threshold=0.01),
            "decay_every": IntParameter(1, 9, "log", zero_probability=0.5),
            "batch_size": ChoiceParameter((32, 64), ordered=True),
        },
        ("batch_size <= 40 * decay_every",),
    )
    one = replace(spec(3), space=space)
    assert spec_from_json(stored(one)) == replace(one, space=space)


def test_a_spec_from_before_zeros_order_and_constraints_draws_as_it_did() -> None:
    old = stored(spec(3))
    del old["constraints"]
    for parameter in old["space"].values():
        for name in NEW_FIELDS:
            parameter.pop(name, None)
    read = spec_from_json(old)
    assert read.space == spec(3).space
    rows = [[0.1, 0.2, 0.3], [0.9, 0.8, 0.1]]
    for rules in (1, 2):
        assert read.space.points(rows, read.fixed, rules) == spec(3).space.points(rows, read.fixed, rules)
