"""A member's metrics have the same bits alone and in any stack."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.metrics import Answers, Task, measure, metrics_of
from tests.engine.metrics.answered import answers_of

TASKS: list[Task] = ["binary", "multiclass", "regression"]


def alone(answers: Answers, row: int) -> Answers:
    """The answers of one member."""
    one = slice(row, row + 1)
    y, scale, mean = answers.y, answers.scale, answers.mean
    return Answers(answers.output, y, answers.loss[one], answers.misses[one], answers.logits[one], mean, scale)


@pytest.mark.parametrize("task", TASKS)
@settings(max_examples=25)
@given(members=st.integers(2, 5), rows=st.sampled_from([1, 2, 3, 17, 200]), seed=st.integers(0, 99), ties=st.booleans())
def test_a_member_has_the_same_bits_alone_and_in_company(
    task: Task, members: int, rows: int, seed: int, ties: bool
) -> None:
    rng = np.random.default_rng(seed)
    outputs = 12 if task == "multiclass" else 1
    logits = 3.0 * rng.standard_normal((members, outputs, rows))
    y = rng.integers(0, max(outputs, 2), rows) if task != "regression" else rng.standard_normal(rows)
    answers = answers_of(task, np.round(logits) if ties else logits, y, mean=3.0, scale=0.7)
    together = measure(answers, metrics_of(task))
    for row in range(members):
        for name, value in measure(alone(answers, row), metrics_of(task)).items():
            assert np.array_equal(value, together[name][row : row + 1], equal_nan=True), name
