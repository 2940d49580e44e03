"""Tests of what is said of the machine that trained a model."""

import pytest

from app.trainer.machine import made_with
from engine import subnormals


def test_a_machine_without_a_mode_for_subnormals_says_what_it_does_instead(monkeypatch: pytest.MonkeyPatch) -> None:
    with_mode = made_with()
    monkeypatch.setattr(subnormals, "flush_mode", lambda: None)

    assert set(with_mode) == {"processor", "kernels", "numpy", "python"}
    assert made_with() == {**with_mode, "subnormals": "cleared after each epoch"}
