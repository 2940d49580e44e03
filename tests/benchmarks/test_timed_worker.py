"""The worker that tells what its time goes into times methods that are there."""

import pytest

from benchmarks.timed_worker import PHASES


@pytest.mark.parametrize(("phase", "owner", "method"), PHASES)
def test_each_phase_is_a_method_of_the_code_as_it_is(phase: str, owner: type, method: str) -> None:
    assert callable(getattr(owner, method, None)), f"{phase} is timed as {owner.__name__}.{method}"
