"""Tests of when a sweep that could not be planned is tried again."""

from app.services.troubles import LONGEST_PAUSE, Troubles


def due(troubles: Troubles, seconds: int) -> list[int]:
    """Return the seconds at which the sweep is tried again, each time without success."""
    tried = list[int]()
    for second in range(seconds):
        for sweep in troubles.due():
            troubles.note(sweep, f"at {second}")
            tried.append(second)
    return tried


def test_it_is_tried_again_after_pauses_that_double_up_to_the_longest() -> None:
    troubles = Troubles()
    troubles.note("swp_1", "no process")
    assert due(troubles, 200) == [0, 2, 6, 14, 30, 62, 62 + LONGEST_PAUSE, 62 + 2 * LONGEST_PAUSE]
    assert troubles.why("swp_1") == "at 182"


def test_once_it_is_over_nothing_is_told_and_a_new_one_begins_with_a_short_pause() -> None:
    troubles = Troubles()
    troubles.note("swp_1", "no process")
    due(troubles, 20)
    troubles.over("swp_1")
    assert (troubles.why("swp_1"), troubles.due()) == (None, [])
    troubles.note("swp_1", "no process")
    assert due(troubles, 5) == [0, 2]
