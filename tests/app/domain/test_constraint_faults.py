"""Tests of what is wrong with constraints, as the request is told."""

import pytest

from app.domain.constraint_faults import constraint_faults
from app.domain.drafts import SweepDraft
from app.domain.space import ChoiceParameter, IntParameter, Parameter
from app.services.sweep_checks import draft_faults

PARAMETERS: dict[str, Parameter] = {
    "batch_size": IntParameter(1, 512),
    "epochs": IntParameter(1, 100),
    "activation": ChoiceParameter(("relu", "tanh")),
}


@pytest.mark.parametrize(
    ("text", "character", "said"),
    [
        ("batch_size <", 13, "cannot be read"),
        ("batch_size < epoch", 14, 'Did you mean "epochs"'),
        ("1 < activation", 5, "not always a number"),
        ("1 < optimizer", 5, "not always a number"),
    ],
)
def test_a_fault_points_at_the_constraint_and_the_character(text: str, character: int, said: str) -> None:
    (fault,) = constraint_faults(["epochs > 1", text], PARAMETERS, {"optimizer": "adam"})
    assert fault.pointer == "/constraints/1"
    assert f"at character {character}," in fault.detail
    assert said in fault.detail


def test_a_name_that_could_not_be_read_is_no_second_fault() -> None:
    assert list(constraint_faults(["l2 > 0"], PARAMETERS, {}, {"l2"})) == []


@pytest.mark.parametrize(("text", "refused"), [("batch_size + epochs <= 3", True), ("batch_size <= 4 * epochs", False)])
def test_a_space_that_constraints_leave_nearly_empty_is_refused_with_the_share_found(text: str, refused: bool) -> None:
    draft = SweepDraft({}, parameters=PARAMETERS, constraints=(text,))
    said = [fault.detail for fault in draft_faults(draft, None) if fault.pointer == "/constraints"]
    assert len(said) == refused
    assert all("Of 2,000 points" in detail and "%" in detail for detail in said)
