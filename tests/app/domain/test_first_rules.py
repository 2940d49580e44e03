"""Tests of draws under the first rules: sweeps that began with them end as they would have."""

import json
from pathlib import Path

from app.domain.space import ChoiceParameter, FloatParameter, IntParameter, Space
from app.samplers.random import RandomSampler

SPACE = Space(
    {
        "linear": FloatParameter(-2.0, 2.0),
        "log": FloatParameter(1e-4, 1.0, "log"),
        "reverse_log": FloatParameter(0.9, 0.9999, "reverse_log"),
        "linear_step": FloatParameter(0.0, 1.0, step=0.1),
        "log_step": FloatParameter(0.1, 0.8, "log", step=0.1),
        "reverse_log_step": FloatParameter(0.1, 0.9, "reverse_log", step=0.1),
        "odd_step": FloatParameter(0.05, 0.97, step=0.15),
        "wide_step": FloatParameter(1.0, 1000.0, "log", step=7.5),
        "int": IntParameter(3, 60),
        "int_step": IntParameter(2, 9, step=2),
        "int_log": IntParameter(1, 999, "log"),
        "int_log_step": IntParameter(16, 64, "log", 16),
        "int_log_odd": IntParameter(5, 100, "log", 9),
        "choice": ChoiceParameter(("sgd", "adam", True, [64, 32])),
        "weighted": ChoiceParameter((1, 2, 3), weights=(1.0, 0.0, 2.5)),
        "on_one": FloatParameter(0.0, 1.0, when={"choice": [1]}),
        "on_list": IntParameter(0, 9, when={"choice": [[64, 32]], "weighted": [1.0, 3]}),
        "on_step": FloatParameter(
            0.0, 1.0, step=0.25, when={"linear_step": [0.1, 0.2, 0.30000000000000004, 0.6000000000000001, 0.8, 0.9]}
        ),
        "on_chain": IntParameter(1, 4, when={"on_step": [0.25, 0.5], "fixed": [1]}),
    }
)


def test_the_draws_stay_what_they_were_before_there_were_other_rules() -> None:
    """The table was drawn by the code from before: 40 trials of each kind of axis, 1 standing for true among them."""
    table = json.loads((Path(__file__).parent / "draws_under_rules_1.json").read_text())
    proposed = RandomSampler().propose(SPACE, 7, range(len(table)), ())
    drawn = SPACE.points(proposed.tolist(), {"fixed": True}, 1)
    assert drawn == table
    assert len({name for point in table for name in point}) == len(SPACE)
    assert len(table) == 40
