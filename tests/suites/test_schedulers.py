"""What must hold for every scheduler."""

import pytest

from app.schedulers import SCHEDULERS

every_scheduler = pytest.mark.parametrize("kind", SCHEDULERS)


@every_scheduler
@pytest.mark.parametrize("epochs", [1, 2, 20, 1_000_000])
def test_the_first_segment_starts_at_0_and_stays_within_the_epochs(kind: str, epochs: int) -> None:
    first, last = SCHEDULERS[kind].first_segment(epochs)
    assert first == 0
    assert 1 <= last <= epochs


@every_scheduler
def test_the_same_epochs_give_the_same_segment(kind: str) -> None:
    assert SCHEDULERS[kind].first_segment(27) == SCHEDULERS[kind].first_segment(27)
